"""A cohort's pass rate four ways: the judge's own, people's sample alone, Rogan-Gladen, PPI++. Errors by simulation."""

import argparse
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: the arrays are small

import numpy as np

from examiner.stats.cohort import prediction_powered_mean, rogan_gladen

TRUTH, UNLABELLED = 0.60, 2000


def cohort(rng, n, sensitivity, specificity):
    passed = rng.random(n + UNLABELLED) < TRUTH
    judged = np.where(passed, rng.random(len(passed)) < sensitivity, rng.random(len(passed)) >= specificity)
    return passed[:n].astype(float), judged[:n].astype(float), judged[n:].astype(float)


def rmse(values):
    return np.sqrt(np.mean((np.array(values) - TRUTH) ** 2)) if values else float("nan")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    rng = np.random.default_rng(chosen.seed)
    print("sens spec    n   naive  people  Rogan-Gladen (refused)  PPI++ (90 % interval covers)")
    for sensitivity, specificity in ((0.95, 0.70), (0.90, 0.90), (0.70, 0.60)):
        for n in (50, 100):
            naive, people, corrected, powered, covered = [], [], [], [], 0
            for _ in range(chosen.times):
                y, f, rest = cohort(rng, n, sensitivity, specificity)
                naive.append(rest.mean())
                people.append(y.mean())
                rg, ppi = rogan_gladen(y, f, rest), prediction_powered_mean(y, f, rest)
                corrected += [rg.value] if rg.value is not None else []
                powered.append(ppi.value)
                covered += ppi.lower <= TRUTH <= ppi.upper
            refused = 1 - len(corrected) / chosen.times
            print(
                f"{sensitivity:.2f} {specificity:.2f} {n:4}   {rmse(naive):.3f}   {rmse(people):.3f}   "
                f"{rmse(corrected):.3f} ({refused:4.0%})             {rmse(powered):.3f} ({covered / chosen.times:.3f})"
            )


if __name__ == "__main__":
    main()
