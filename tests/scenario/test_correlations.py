"""Rank correlations are reached whatever the distributions; impossible ones are repaired and reported."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats as st

from stackcast.engine.draws import draw_values
from stackcast.errors import ScenarioError
from stackcast.scenario import correlate, maths

COUNT = 60_000

FOUR = """
[priors]
a = { dist = "lognormal", p5 = 1, p95 = 30, unit = "1", source = "s" }
b = { dist = "beta", alpha = 0.5, beta = 2, unit = "1", source = "s" }
c = { dist = "normal", mean = 0, sd = 1, low = 0.5, unit = "1", source = "s" }
d = { dist = "mixture", weights = [1, 1], unit = "1", source = "s", components = [
    { dist = "uniform", min = 0, max = 1 }, { dist = "gamma", shape = 2, scale = 3 }] }
free = { dist = "normal", mean = 0, sd = 1, unit = "1", source = "s" }
"""


def drawn(scenario, seed=11):
    return draw_values(scenario.plan, seed, 0, COUNT)


def spearman(values, a, b) -> float:
    return st.spearmanr(values[a], values[b]).statistic


@pytest.mark.parametrize("rank", [-1.0, -0.95, -0.3, 0.2, 0.5, 0.99, 1.0])
def test_the_rank_correlation_of_a_pair_is_reached(files, rank):
    scenario = files.load(FOUR + f'[correlations.x]\nbetween = ["a", "b"]\nrank = {rank}\nsource = "s"')
    values = drawn(scenario)
    # Five standard errors of a rank correlation, (1 - r^2) / sqrt(n), and the 12 digits of a perfect one.
    assert spearman(values, "a", "b") == pytest.approx(rank, abs=5 * (1 - rank * rank) / math.sqrt(COUNT) * 1.1 + 1e-9)
    assert abs(spearman(values, "a", "free")) < 5 / math.sqrt(COUNT)


def test_correlating_leaves_the_distributions_alone(files):
    plain = drawn(files.load(FOUR))
    tied = drawn(files.load(FOUR + '[correlations.x]\nbetween = ["a", "b", "c", "d"]\nrank = 0.6\nsource = "s"'))
    for name in "abcd":
        assert st.ks_2samp(plain[name], tied[name]).pvalue > 1e-6
    assert np.array_equal(plain["free"], tied["free"])
    assert np.array_equal(plain["a"], tied["a"])


MATRIX = [[1.0], [0.5, 1.0], [-0.4, 0.1, 1.0], [0.3, 0.0, -0.2, 1.0]]


@pytest.mark.parametrize("full", [False, True])
def test_a_matrix_of_rank_correlations_is_reached(files, full):
    lower = np.array([row + [0.0] * (4 - len(row)) for row in MATRIX])
    matrix = (lower + np.tril(lower, -1).T).tolist() if full else MATRIX
    text = f'[correlations.x]\nbetween = ["d", "b", "a", "c"]\nmatrix = {matrix}\nsource = "s"'
    values = drawn(files.load(FOUR + text))
    names = ["d", "b", "a", "c"]
    for i in range(4):
        for j in range(i):
            assert spearman(values, names[i], names[j]) == pytest.approx(MATRIX[i][j], abs=5 / math.sqrt(COUNT))


def test_correlations_of_normal_scores_are_used_as_given(files):
    text = FOUR + '[correlations.x]\nbetween = ["a", "free"]\nrank = 0.8\nkind = "pearson_of_scores"\nsource = "s"'
    values = drawn(files.load(text))
    assert np.corrcoef(np.log(values["a"]), values["free"])[0, 1] == pytest.approx(0.8, abs=0.01)


def test_pairs_in_several_tables_make_one_group_and_separate_ones_stay_apart(files):
    text = (
        '[correlations.x]\nbetween = ["d", "b"]\nrank = 0.5\nsource = "s"\n'
        '[correlations.y]\nbetween = ["b", "a"]\nrank = 0.5\nsource = "s"\n'
        '[correlations.z]\nbetween = ["c", "free"]\nrank = 0.5\nsource = "s"\n'
    )
    plan = files.load(FOUR + text).plan
    assert [group.names for group in plan.correlations] == [("a", "b", "d"), ("c", "free")]


def test_a_rank_of_zero_ties_nothing(files):
    scenario = files.load(FOUR + '[correlations.x]\nbetween = ["a", "b"]\nrank = 0\nsource = "s"')
    assert scenario.plan.correlations == ()


def test_the_order_of_a_files_tables_changes_no_draw(files):
    correlation = '[correlations.x]\nbetween = ["a", "b"]\nrank = 0.5\nsource = "s"\n'
    lines = FOUR.strip().split("\n")
    turned = "\n".join([lines[0], lines[-1], *lines[1:-1]]) + "\n"
    one, two = (
        drawn(files.load(FOUR + correlation)),
        drawn(files.load(turned + correlation.replace('"a", "b"', '"b", "a"'))),
    )
    assert all(np.array_equal(one[name], two[name]) for name in one)


def test_a_matrix_nobody_can_have_is_repaired_and_the_change_reported(files):
    text = '[correlations.x]\nbetween = ["a", "b", "c"]\nmatrix = [[1], [0.9, 1], [-0.9, 0.9, 1]]\nsource = "s"'
    scenario = files.load(FOUR + text)
    (message,) = scenario.messages
    assert "contradict one another" in message
    assert "largest change of a rank correlation" in message
    assert "0.900 to" in message
    values = drawn(scenario)
    # The three pull equally hard, so that all give way equally: to half as much, at an angle of 60 degrees.
    assert abs(spearman(values, "a", "b")) == pytest.approx(maths_rank(0.5), abs=0.02)


def maths_rank(score: float) -> float:
    return 6 / math.pi * math.asin(score / 2)


def test_the_repair_is_the_nearest_correlation_matrix():
    # Higham 2002, section 4: the nearest correlation matrix to this one, to four digits.
    given = [[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]]
    expected = [[1.0, 0.7607, 0.1573], [0.7607, 1.0, 0.7607], [0.1573, 0.7607, 1.0]]
    np.testing.assert_allclose(correlate.nearest_correlation(given), expected, atol=5e-5)


def test_a_possible_matrix_is_not_touched(files):
    text = '[correlations.x]\nbetween = ["a", "b", "c"]\nmatrix = [[1], [1, 1], [-1, -1, 1]]\nsource = "s"'
    scenario = files.load(FOUR + text)
    assert scenario.messages == ()
    assert spearman(drawn(scenario), "a", "c") == pytest.approx(-1.0, abs=1e-9)


def test_plain_cholesky_equals_numpy():
    rng = np.random.default_rng(1)
    for size in (1, 2, 5, 9):
        root = rng.standard_normal((size, size + 2))
        cov = root @ root.T
        scale = np.sqrt(np.diag(cov))
        matrix = cov / np.outer(scale, scale)
        np.testing.assert_allclose(maths.cholesky(matrix.tolist()), np.linalg.cholesky(matrix), atol=1e-12)
    assert maths.cholesky([[1.0, 2.0], [2.0, 1.0]]) is None


@pytest.mark.parametrize("rank", [-1.0, -0.7, 0.0, 0.3, 0.999, 1.0])
def test_score_correlation_is_pearsons_formula(rank):
    assert maths.score_correlation(rank) == pytest.approx(2 * math.sin(math.pi * rank / 6), abs=1e-15)


def test_columns_of_one_file_are_drawn_from_the_same_row_and_refuse_other_correlations(files):
    rows = [(k, k * k, 100 - k) for k in range(50)]
    files.write("u,v,w\n" + "\n".join(",".join(map(str, row)) for row in rows), "draws.csv")
    text = """
[priors]
u = { dist = "empirical", file = "draws.csv", column = "u", unit = "1", source = "s" }
v = { dist = "empirical", file = "draws.csv", column = "v", unit = "1", source = "s" }
w = { dist = "empirical", file = "draws.csv", column = "w", joint = false, unit = "1", source = "s" }
x = { dist = "normal", mean = 0, sd = 1, unit = "1", source = "s" }
"""
    values = draw_values(files.load(text).plan, 1, 0, 5000)
    assert np.array_equal(values["u"] ** 2, values["v"])
    assert not np.array_equal(100 - values["u"], values["w"])
    assert len(np.unique(values["u"])) == 50
    with pytest.raises(ScenarioError, match="drawn jointly from a file"):
        files.load(text + '[correlations.x]\nbetween = ["u", "x"]\nrank = 0.5\nsource = "s"')
    tied = files.load(text + '[correlations.x]\nbetween = ["w", "x"]\nrank = 0.5\nsource = "s"')
    values = draw_values(tied.plan, 1, 0, COUNT)
    assert spearman(values, "w", "x") == pytest.approx(0.5, abs=0.02)


def test_truncating_one_joint_column_drops_whole_rows(files):
    files.write("u,v\n" + "\n".join(f"{k},{k * 10}" for k in range(20)), "draws.csv")
    text = """
[priors]
u = { dist = "empirical", file = "draws.csv", column = "u", unit = "1", source = "s", low = 5 }
v = { dist = "empirical", file = "draws.csv", column = "v", unit = "1", source = "s", high = 120 }
"""
    values = draw_values(files.load(text).plan, 1, 0, 2000)
    assert np.array_equal(values["u"] * 10, values["v"])
    assert (values["u"].min(), values["u"].max()) == (5.0, 12.0)


def test_parquet_and_csv_files_give_the_same_draws(files):
    import pandas as pd

    table = pd.DataFrame({"u": np.linspace(0, 1, 33), "v": np.linspace(5, 7, 33)})
    table.to_csv(files.folder / "draws.csv", index=False)
    table.to_parquet(files.folder / "draws.parquet")
    text = '[priors]\nu = {{ dist = "empirical", file = "draws.{}", column = "u", unit = "1", source = "s" }}'
    one, two = (draw_values(files.load(text.format(kind)).plan, 1, 0, 500)["u"] for kind in ("csv", "parquet"))
    assert np.array_equal(one, two)
