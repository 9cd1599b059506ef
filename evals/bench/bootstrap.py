"""10,000 bootstrap resamples of QWK and Spearman together at n = 500: ours against a loop over two libraries.

The loop runs on fewer resamples and is scaled; pass `--full` to run it whole. Prints the ratio of one run.
"""

import argparse
import os
import platform
import statistics
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: threads cost more than they save here

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
    loop(human, judge, 0, 5)
    rounds = 5
    part = (RESAMPLES if chosen.full else RESAMPLES // 10) // rounds
    mine, theirs, slow = [], [], []
    for run in range(rounds):  # in turns, so that a busy machine slows both alike
        start = time.perf_counter()
        fast = ours(human, judge, run)
        mine.append(time.perf_counter() - start)
        start = time.perf_counter()
        slow.append(loop(human, judge, run, part))
        theirs.append((time.perf_counter() - start) * RESAMPLES / part)
    slow = np.concatenate(slow, axis=1)
    ratio = statistics.median(b / a for a, b in zip(mine, theirs, strict=True))
    for name, a, b in zip(("QWK", "Spearman"), fast, slow, strict=True):
        low, high = np.quantile(a, [0.05, 0.95]), np.quantile(b, [0.05, 0.95])
        print(f"{name:9} 5 % and 95 %: ours {low[0]:.3f} {low[1]:.3f}, loop {high[0]:.3f} {high[1]:.3f}")
    scaled = "" if chosen.full else f" (scaled from {part * rounds:,})"
    print(f"n = {N}, {RESAMPLES:,} resamples, {LEVELS[1] + 1} levels, {os.cpu_count()} cores")
    print(
        f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}, scikit-learn {sklearn.__version__}"
    )
    print(
        f"loop {statistics.median(theirs):.2f} s{scaled}, ours {statistics.median(mine):.4f} s: "
        f"{ratio:.0f} times faster (median of {rounds} rounds)"
    )


if __name__ == "__main__":
    main()
