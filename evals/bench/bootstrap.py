"""10,000 bootstrap resamples of QWK and Spearman together at n = 500: ours against a loop over two libraries.

The loop runs on fewer resamples and is scaled; pass `--full` to run it whole. Prints the ratio of one run.
"""

import argparse
import os
import platform
import statistics
import time

import numpy as np
import scipy
import sklearn
from scipy.stats import spearmanr
from sklearn.metrics import cohen_kappa_score

from examiner.stats.bootstrap import resample
from examiner.stats.cells import cells_of
from examiner.stats.measures import qwk, spearman

N, RESAMPLES, LEVELS = 500, 10_000, (0, 5)


def data(seed):
    rng = np.random.default_rng(seed)
    latent = rng.multivariate_normal([0, 0], [[1, 0.88], [0.88, 1]], size=N)
    cuts = np.array([-1.4, -0.6, 0.0, 0.6, 1.4])
    return np.searchsorted(cuts, latent[:, 0]), np.searchsorted(cuts, latent[:, 1])


def ours(human, judge, seed):
    cells = cells_of(human, judge, LEVELS)
    counts = resample(cells.member, len(cells.counts), np.random.default_rng(seed), RESAMPLES)
    return qwk(cells, counts), spearman(cells, counts)


def loop(human, judge, seed, resamples):
    rng = np.random.default_rng(seed)
    labels = list(range(LEVELS[0], LEVELS[1] + 1))
    out = np.empty((2, resamples))
    for b in range(resamples):
        rows = rng.integers(N, size=N)
        out[0, b] = cohen_kappa_score(human[rows], judge[rows], weights="quadratic", labels=labels)
        out[1, b] = spearmanr(human[rows], judge[rows]).statistic
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="run the loop on all resamples instead of a tenth")
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    human, judge = data(chosen.seed)
    ours(human, judge, 0)  # the first call of either side pays for imports
    times = []
    for run in range(5):
        start = time.perf_counter()
        fast = ours(human, judge, run)
        times.append(time.perf_counter() - start)
    part = RESAMPLES if chosen.full else RESAMPLES // 10
    loop(human, judge, 0, 5)
    start = time.perf_counter()
    slow = loop(human, judge, 0, part)
    whole = (time.perf_counter() - start) * RESAMPLES / part
    mine = statistics.median(times)
    for name, a, b in zip(("QWK", "Spearman"), fast, slow, strict=True):
        low, high = np.quantile(a, [0.05, 0.95]), np.quantile(b, [0.05, 0.95])
        print(f"{name:9} 5 % and 95 %: ours {low[0]:.3f} {low[1]:.3f}, loop {high[0]:.3f} {high[1]:.3f}")
    scaled = "" if chosen.full else f" (scaled from {part:,})"
    print(f"n = {N}, {RESAMPLES:,} resamples, {LEVELS[1] + 1} levels, {os.cpu_count()} cores")
    print(
        f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}, scikit-learn {sklearn.__version__}"
    )
    print(f"loop {whole:.2f} s{scaled}, ours {mine:.4f} s (median of 5): {whole / mine:.0f} times faster")


if __name__ == "__main__":
    main()
