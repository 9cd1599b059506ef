"""Two lower bounds of QWK side by side: closed form and percentile bootstrap, on the same simulated tables.

For each number of anchors, true QWK and margins: how often each bound holds, and how often it clears .60 and .70.
"""

import argparse
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: the matrices are small

import numpy as np

from examiner.stats.cells import cells_of
from examiner.stats.latent import BALANCED, SKEWED, correlation_for, probabilities
from examiner.stats.measures import qwk
from examiner.stats.power import draw, lower_bound, qwk_with_se
from examiner.stats.special import normal_quantile


def bootstrap_bounds(tables, n, resamples, rng, level):
    k = tables.shape[-1]
    cells = cells_of(np.repeat(np.arange(k), k), np.tile(np.arange(k), k), (0, k - 1))
    out = np.empty(len(tables))
    for i, counts in enumerate(tables.reshape(len(tables), k * k)):
        values = qwk(cells, rng.multinomial(n, counts / n, size=resamples).astype(float))
        values = np.where(np.isfinite(values), values, -np.inf)
        out[i] = np.partition(values, int(level * resamples))[int(level * resamples)]
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=1500)
    parser.add_argument("--resamples", type=int, default=600)
    parser.add_argument("--level", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    rng = np.random.default_rng(chosen.seed)
    print("margins   n    QWK   covers        >= .60        >= .70      (closed / bootstrap)")
    for name, margins in (("balanced", BALANCED), ("skewed", SKEWED)):
        for n in (20, 50, 100):
            for truth in (0.60, 0.80, 0.85, 0.90):
                tables = draw(probabilities(correlation_for(truth, margins), margins), n, chosen.tables, rng)
                closed = lower_bound(*qwk_with_se(tables), normal_quantile(1 - chosen.level))
                drawn = bootstrap_bounds(tables, n, chosen.resamples, rng, chosen.level)
                cells = [f"{np.mean(closed <= truth):.3f} / {np.mean(drawn <= truth):.3f}"]
                cells += [f"{np.mean(closed >= t):.2f} / {np.mean(drawn >= t):.2f}" for t in (0.60, 0.70)]
                print(f"{name:8} {n:4} {truth:6.2f}   {'   '.join(cells)}")


if __name__ == "__main__":
    main()
