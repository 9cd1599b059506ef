"""Against independent implementations, and against brute force where there is none."""

import math

import krippendorff
import numpy as np
import pytest
import scipy.stats
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import aggregate_raters, cohens_kappa
from statsmodels.stats.inter_rater import fleiss_kappa as their_fleiss
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from examiner.stats import measures
from examiner.stats.alpha import METRICS, krippendorff_alpha
from examiner.stats.alt_test import alt_test, benjamini_yekutieli
from examiner.stats.bias import sd_ratio, smd
from examiner.stats.bootstrap import percentile, resample
from examiner.stats.catalogue import STATISTICS, meta
from examiner.stats.cells import cells_of
from examiner.stats.chance import fleiss_kappa, gwet
from examiner.stats.correlation import kendall, pearson, spearman
from examiner.stats.icc import icc
from examiner.stats.intervals import clopper_pearson, wilson
from examiner.stats.kappa import kappa, kappa_of_table
from examiner.stats.latent import BALANCED, SKEWED, correlation_for, probabilities, true_qwk
from examiner.stats.levels import crosstab, half_up, weights
from examiner.stats.power import draw, lower_bound, qwk_with_se, smd_with_se, spearman_of
from examiner.stats.raters import degradation, human_agreement
from examiner.stats.reliability import conditional_sem
from examiner.stats.within import within_question_qwk

SEEDS = range(12)


def pair(seed, levels=4):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(12, 80))
    truth = rng.normal(size=n)
    cut = np.quantile(truth, np.linspace(0, 1, levels + 1)[1:-1])
    return tuple(np.searchsorted(cut, truth + 0.6 * rng.normal(size=n)) for _ in range(2))


def ratings(seed, missing=0.2):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 4, size=30)
    table = np.clip(truth[:, None] + rng.integers(-1, 2, size=(30, 4)), 0, 3).astype(float)
    table[rng.random(table.shape) < missing] = np.nan
    return table


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("power", "name"), [(0, None), (1, "linear"), (2, "quadratic")])
def test_kappa(seed, power, name):
    a, b = pair(seed)
    found = kappa(a, b, (0, 3), power=power)
    assert found.value == pytest.approx(cohen_kappa_score(a, b, weights=name, labels=range(4)), abs=1e-12)
    w = None if power == 0 else np.abs(np.subtract.outer(np.arange(4), np.arange(4))) ** power
    theirs = cohens_kappa(crosstab(a, b, (0, 3)), weights=w)
    assert found.se == pytest.approx(theirs.std_kappa, rel=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_correlations(seed):
    a, b = pair(seed)
    assert spearman(a, b).value == pytest.approx(scipy.stats.spearmanr(a, b).statistic, abs=1e-12)
    assert pearson(a, b).value == pytest.approx(scipy.stats.pearsonr(a, b).statistic, abs=1e-12)
    assert kendall(a, b).value == pytest.approx(scipy.stats.kendalltau(a, b).statistic, abs=1e-12)


def test_pearson_interval():
    a, b = pair(3)
    low, high = scipy.stats.pearsonr(a, b).confidence_interval(0.90)
    found = pearson(a, b)
    assert (found.lower, found.upper) == (pytest.approx(low, abs=1e-12), pytest.approx(high, abs=1e-12))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("metric", METRICS)
def test_alpha(seed, metric):
    table = ratings(seed)
    theirs = krippendorff.alpha(reliability_data=table.T, level_of_measurement=metric)
    assert krippendorff_alpha(table, metric).value == pytest.approx(theirs, abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("metric", METRICS)
def test_alpha_of_continuous_scores(metric):
    rng = np.random.default_rng(9)
    truth = rng.uniform(10, 90, size=400)
    table = np.abs(truth[:, None] + rng.normal(0, 8, size=(400, 3))).round(1)
    table[rng.random(table.shape) < 0.1] = np.nan
    found = krippendorff_alpha(table, metric)
    theirs = krippendorff.alpha(reliability_data=table.T, level_of_measurement=metric)
    assert found.value == pytest.approx(theirs, abs=1e-9)
    assert found.lower < found.value < found.upper


@pytest.mark.parametrize("metric", METRICS)
def test_alpha_jackknife(metric):
    table = ratings(5)
    kept = table[np.isfinite(table).sum(axis=1) >= 2]
    left_out = [krippendorff.alpha(np.delete(kept, i, axis=0).T, level_of_measurement=metric) for i in range(len(kept))]
    n = len(kept)
    se = math.sqrt((n - 1) / n * np.sum((np.array(left_out) - np.mean(left_out)) ** 2))
    assert krippendorff_alpha(table, metric).se == pytest.approx(se, rel=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_fleiss(seed):
    table = ratings(seed, missing=0)
    theirs = their_fleiss(aggregate_raters(table.astype(int), n_cat=4)[0])
    assert fleiss_kappa(table, (0, 3)).value == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("power", [0, 1, 2])
def test_gwet_by_counting_pairs(seed, power):
    table, w = ratings(seed), weights(4, power)
    rows = [[int(x) for x in row if not math.isnan(x)] for row in table]
    rows = [row for row in rows if row]
    agreed = [
        np.mean([w[x, y] for i, x in enumerate(row) for j, y in enumerate(row) if i != j])
        for row in rows
        if len(row) > 1
    ]
    share = np.mean([[row.count(k) / len(row) for k in range(4)] for row in rows], axis=0)
    chance = w.sum() / 12 * float(np.sum(share * (1 - share)))
    assert gwet(table, (0, 3), power=power).value == pytest.approx((np.mean(agreed) - chance) / (1 - chance), abs=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_icc_from_an_analysis_of_variance(seed):
    table = ratings(seed, missing=0)
    n, k = table.shape
    between = k * table.mean(axis=1).var(ddof=1)
    judges = n * table.mean(axis=0).var(ddof=1)
    within = np.mean([row.var(ddof=1) for row in table])
    error = (within * n * (k - 1) - judges * (k - 1)) / ((n - 1) * (k - 1))
    found = icc(table)
    assert found["1,1"].value == pytest.approx((between - within) / (between + (k - 1) * within))
    assert found["2,1"].value == pytest.approx(
        (between - error) / (between + (k - 1) * error + k * (judges - error) / n)
    )
    assert found["3,k"].value == pytest.approx((between - error) / between)


@pytest.mark.parametrize(("hits", "n"), [(0, 5), (3, 10), (60, 60), (17, 40)])
def test_proportions(hits, n):
    found = clopper_pearson(hits, n)
    low, high = proportion_confint(hits, n, alpha=0.1, method="beta")
    low, high = (0.0 if math.isnan(low) else low), (1.0 if math.isnan(high) else high)
    assert (found.lower, found.upper) == (pytest.approx(low, abs=1e-9), pytest.approx(high, abs=1e-9))
    assert wilson(hits, n) == pytest.approx(proportion_confint(hits, n, alpha=0.1, method="wilson"), abs=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_measures_of_counts_agree_with_plain_functions(seed):
    a, b = pair(seed)
    human = (a + np.roll(a, 1) * (np.arange(len(a)) % 2)) / 2  # unrounded means among them
    human, judge = np.minimum(human, 3), b.astype(float)
    cells = cells_of(human, judge, (0, 3))
    level = half_up(human)
    plain = {
        "qwk": kappa(level, judge, (0, 3), power=2),
        "kappa": kappa(level, judge, (0, 3)),
        "kappa_linear": kappa(level, judge, (0, 3), power=1),
        "ac1": gwet(np.column_stack([level, judge]), (0, 3)),
        "ac2": gwet(np.column_stack([level, judge]), (0, 3), power=2),
        "spearman": spearman(human, judge),
        "pearson": pearson(human, judge),
        "kendall_tau_b": kendall(human, judge),
        "smd": smd(judge, human),
        "sd_ratio": sd_ratio(judge, human),
    }
    for name, want in plain.items():
        assert float(STATISTICS[name](cells, cells.counts)) == pytest.approx(want.value, abs=1e-12), name
    assert float(measures.exact(cells, cells.counts)) == pytest.approx(np.mean(level == judge))
    assert float(measures.adjacent(cells, cells.counts)) == pytest.approx(np.mean(np.abs(level - judge) <= 1))


@pytest.mark.parametrize("clustered", [False, True])
def test_bootstrap_agrees_with_a_loop(clustered):
    rng = np.random.default_rng(11)
    a, b = (x.astype(float) for x in pair(4))
    n = len(a)
    groups = np.arange(n) // 3 if clustered else None
    cells = cells_of(a, b, (0, 3))
    ours = measures.qwk(cells, resample(cells.member, len(cells.counts), rng, 6000, groups))
    loop = []
    members = [np.nonzero(np.arange(n) // 3 == g)[0] for g in range(int((n - 1) // 3) + 1)]
    for _ in range(2000):
        if clustered:
            rows = np.concatenate([members[g] for g in rng.integers(len(members), size=len(members))])
        else:
            rows = rng.integers(n, size=n)
        loop.append(kappa_of_table(crosstab(a[rows], b[rows], (0, 3)), weights(4, 2)).value)
    for q in (0.05, 0.5, 0.95):
        assert np.quantile(ours, q) == pytest.approx(np.quantile(loop, q), abs=0.02)


def test_undefined_resamples_count_as_worst():
    draws = np.array([0.5] * 90 + [np.nan] * 10)
    found = percentile(0.5, draws)
    assert found.lower is None and found.upper is None and "10%" in found.why
    few = percentile(0.5, np.array([0.4] * 40 + [0.6] * 58 + [np.nan] * 2))
    assert (few.lower, few.upper) == (0.4, 0.6)


@pytest.mark.parametrize("function", [smd, sd_ratio])
def test_influence_standard_errors_match_resampling(function):
    rng = np.random.default_rng(2)
    human = rng.normal(size=400)
    judge = 0.7 * human + 0.5 * rng.normal(size=400) + 0.2
    draws = []
    for _ in range(1500):
        rows = rng.integers(400, size=400)
        draws.append(function(judge[rows], human[rows]).value)
    assert function(judge, human).se == pytest.approx(np.std(draws), rel=0.08)


def test_pairs_of_raters_by_hand():
    table = ratings(7)
    rng = np.random.default_rng(0)
    values, shared = [], []
    for i in range(4):
        for j in range(i + 1, 4):
            both = np.isfinite(table[:, [i, j]]).all(axis=1)
            values.append(
                cohen_kappa_score(*table[both][:, [i, j]].T.astype(int), weights="quadratic", labels=range(4))
            )
            shared.append(both.sum())
    q = np.average(values, weights=shared)
    k = 1 / np.mean(1 / np.isfinite(table).sum(axis=1))
    qwk, reliability = human_agreement(table, rng)
    assert qwk.value == pytest.approx(q, abs=1e-12)
    assert reliability.value == pytest.approx(k * q / (1 + (k - 1) * q), abs=1e-12)
    judge = np.nan_to_num(np.nanmax(table, axis=1))
    mine = []
    for i in range(4):
        both = np.isfinite(table[:, i]) & (np.isfinite(table).sum(axis=1) >= 2)
        mine.append(
            (
                both.sum(),
                cohen_kappa_score(
                    table[both, i].astype(int), judge[both].astype(int), weights="quadratic", labels=range(4)
                ),
            )
        )
    want = q - np.average([v for _, v in mine], weights=[n for n, _ in mine])
    assert degradation(table, judge, rng).value == pytest.approx(want, abs=1e-12)


def test_within_question_by_dealing_anew():
    rng = np.random.default_rng(5)
    questions = np.repeat(np.arange(8), 4)
    human = rng.integers(0, 4, size=32)
    judge = np.clip(human + rng.integers(-1, 2, size=32), 0, 3)
    observed = expected = 0.0
    for q in range(8):
        h, j = human[questions == q], judge[questions == q]
        observed += np.sum((h - j) ** 2)
        expected += sum((h[x] - j[y]) ** 2 for x in range(4) for y in range(4) if x != y) / 3
    found = within_question_qwk(human, judge, questions, rng)
    assert found.value == pytest.approx(1 - observed / expected, abs=1e-12)
    assert within_question_qwk(human, judge, np.arange(32), rng).value is None


def test_alt_test_by_its_recipe():
    rng = np.random.default_rng(8)
    truth = rng.integers(0, 4, size=60)
    people = np.clip(truth[:, None] + rng.integers(-1, 2, size=(60, 4)), 0, 3).astype(float)
    people[rng.random(people.shape) < 0.1] = np.nan
    judge = np.clip(truth + rng.integers(-1, 2, size=60), 0, 3).astype(float)
    p, advantages = [], []
    for rater in range(4):
        wins, losses = [], []
        for i in range(60):
            others = [people[i, o] for o in range(4) if o != rater and not math.isnan(people[i, o])]
            if math.isnan(people[i, rater]) or not others:
                continue
            far = [math.sqrt(np.mean([(x - o) ** 2 for o in others])) for x in (judge[i], people[i, rater])]
            wins.append(far[0] <= far[1] + 1e-12)
            losses.append(far[1] <= far[0] + 1e-12)
        difference = np.array(losses, dtype=float) - np.array(wins, dtype=float)
        p.append(scipy.stats.ttest_1samp(difference, 0.1, alternative="less").pvalue)
        advantages.append(np.mean(wins))
    rejected = multipletests(p, alpha=0.05, method="fdr_by")[0]
    found = alt_test(people, judge, epsilon=0.1)
    assert found.winning_rate == pytest.approx(np.mean(rejected))
    assert found.advantage_probability == pytest.approx(np.mean(advantages))
    assert found.passed == (np.mean(rejected) >= 0.5)
    assert alt_test(people[:, :2], judge) is None
    assert alt_test(people[:20], judge[:20]) is None


@pytest.mark.parametrize("seed", SEEDS)
def test_false_discovery_rate(seed):
    p = np.random.default_rng(seed).beta(0.4, 2, size=9)
    assert (
        benjamini_yekutieli(p, 0.05).astype(bool).tolist() == multipletests(p, alpha=0.05, method="fdr_by")[0].tolist()
    )


def test_conditional_sem_by_level():
    a, b = [0, 0, 1, 2, 3, 3], [0, 1, 1, 2, 3, 2]
    found = conditional_sem(a, b, (0, 3))
    assert found[0].value == 0.0
    assert found[1].value == pytest.approx(math.sqrt((0.5 + 0) / 2))  # the pair (0, 1) has the mean .5, rounded up
    assert found[3].value == pytest.approx(math.sqrt((0 + 0.5) / 2))
    assert conditional_sem([1], [1], (0, 3))[0].value is None


@pytest.mark.parametrize("margins", [BALANCED, SKEWED])
@pytest.mark.parametrize("qwk", [0.6, 0.8])
def test_the_latent_model_by_drawing(margins, qwk):
    r = correlation_for(qwk, margins)
    table = probabilities(r, margins)
    assert true_qwk(table) == pytest.approx(qwk, abs=1e-9)
    assert table.sum(axis=1) == pytest.approx(margins, abs=1e-9)
    rng = np.random.default_rng(1)
    z = rng.multivariate_normal([0, 0], [[1, r], [r, 1]], size=200_000)
    cuts = scipy.stats.norm.ppf(np.cumsum(margins)[:-1])
    drawn = crosstab(np.searchsorted(cuts, z[:, 0]), np.searchsorted(cuts, z[:, 1]), (0, 3)) / 200_000
    assert np.abs(drawn - table).max() < 0.004


def test_tables_at_once_agree_with_one_at_a_time():
    rng = np.random.default_rng(3)
    tables = draw(probabilities(0.8, BALANCED, shift=0.3), 60, 8, rng)
    value, se = qwk_with_se(tables)
    bias, bias_se = smd_with_se(tables)
    lower = lower_bound(value, se, scipy.stats.norm.ppf(0.95))
    for i, table in enumerate(tables):
        human = np.repeat(np.repeat(np.arange(4), 4), table.ravel().astype(int))
        judge = np.repeat(np.tile(np.arange(4), 4), table.ravel().astype(int))
        want = kappa(human, judge, (0, 3), power=2)
        assert (value[i], se[i], lower[i]) == pytest.approx((want.value, want.se, want.lower), abs=1e-10)
        want = smd(judge, human)
        assert (bias[i], bias_se[i]) == pytest.approx((want.value, want.se), abs=1e-10)
        assert spearman_of(tables)[i] == pytest.approx(scipy.stats.spearmanr(human, judge).statistic, abs=1e-12)


def test_the_catalogue_knows_every_statistic():
    assert list(STATISTICS) == [
        "qwk",
        "kappa",
        "kappa_linear",
        "ac1",
        "ac2",
        "spearman",
        "pearson",
        "kendall_tau_b",
        "smd",
        "sd_ratio",
        "exact",
        "adjacent",
    ]
    assert all(meta(name).title and meta(name).source and meta(name).undefined for name in STATISTICS)
