"""Draws of parameters: every family of quantile, truncation, correlation, independence of names.

Values are compared with scipy at the very uniforms they were drawn from. Statistics use fixed seeds; correct
code fails each with probability below 1e-5.
"""

import math

import numpy as np
import pytest
from scipy import special, stats

from stackcast.engine import draws, philox
from stackcast.engine.draws import (
    CorrelationGroup,
    DrawPlan,
    PriorDraw,
    Quantile,
    check_streams,
    draw_values,
    round_bits,
)
from stackcast.engine.sampling import Sampling
from stackcast.engine.shaping import QUANTILE_KINDS, TABLE_KNOTS, TABLE_LIMIT, transform
from stackcast.errors import ModelError

COUNT = 100_000
SEED = 2024


def drawn(quantile, count=COUNT, first=0, seed=SEED):
    """(uniforms, values) of one prior: a uniform on the same stream shows what the value was made from."""
    plan = DrawPlan((PriorDraw("u", "prior:x", Quantile("uniform", 0.0, 1.0)), PriorDraw("x", "prior:x", quantile)))
    values = draw_values(plan, seed, first, count)
    return values["u"], values["x"]


SCORES = np.linspace(-TABLE_LIMIT, TABLE_LIMIT, TABLE_KNOTS)
PPFS = {
    "normal": (Quantile("normal", 3.0, 2.0), stats.norm(3.0, 2.0).ppf),
    "lognormal": (Quantile("lognormal", 1.0, 0.7), stats.lognorm(0.7, scale=math.e).ppf),
    "uniform": (Quantile("uniform", -2.0, 5.0), stats.uniform(-2.0, 7.0).ppf),
    "triangular": (Quantile("triangular", 1.0, 2.0, 5.0), stats.triang(0.25, 1.0, 4.0).ppf),
    "mode at the low end": (Quantile("triangular", 1.0, 1.0, 5.0), stats.triang(0.0, 1.0, 4.0).ppf),
    "mode at the high end": (Quantile("triangular", 1.0, 5.0, 5.0), stats.triang(1.0, 1.0, 4.0).ppf),
    "constant": (Quantile("constant", 4.25), lambda u: np.full_like(u, 4.25)),
}


@pytest.mark.parametrize("name", PPFS)
def test_values_are_the_quantiles_of_their_uniforms(name):
    quantile, ppf = PPFS[name]
    u, x = drawn(quantile)
    np.testing.assert_allclose(x, ppf(u), rtol=1e-13, atol=1e-13)


TRUNCATED = {
    "normal": (3.0, 2.0, stats.norm(3.0, 2.0)),
    "lognormal": (1.0, 0.7, stats.lognorm(0.7, scale=math.e)),
    "uniform": (-2.0, 5.0, stats.uniform(-2.0, 7.0)),
}


@pytest.mark.parametrize("cut", [(0.1, 0.6), (0.0, 0.3), (0.9, 1.0), (0.5, 0.5 + 1e-9)])
@pytest.mark.parametrize("kind", TRUNCATED)
def test_truncation_is_the_conditional_distribution(kind, cut):
    a, b, distribution = TRUNCATED[kind]
    u, x = drawn(Quantile(kind, a, b, u_low=cut[0], u_high=cut[1]))
    low, high = distribution.ppf(cut)
    assert x.min() >= low - 1e-12
    assert x.max() <= high + 1e-12
    np.testing.assert_allclose(x, distribution.ppf(cut[0] + u * (cut[1] - cut[0])), rtol=1e-11, atol=1e-11)
    assert len(np.unique(x)) > 0.98 * COUNT  # no pile-up at a bound


@pytest.mark.parametrize("kind", ["normal", "lognormal", "table"])
def test_truncation_far_in_the_right_tail_never_leaves_the_interval(kind):
    # So close to 1, low + u width rounds to 1 itself once in 4,500 draws: its score would be infinite.
    knots = SCORES.copy() if kind == "table" else None
    _, x = drawn(Quantile(kind, 0.0, 1.0, u_low=1.0 - 2.0**-40, knots=knots))
    assert np.isfinite(x).all()


@pytest.mark.parametrize(
    ("knots", "tolerance"),
    [(SCORES**3 + SCORES, 1e-5), (np.exp(0.5 * SCORES), 1e-6), (stats.gamma(3.0).ppf(special.ndtr(SCORES)), 1e-5)],
    ids=["cubic", "exponential", "gamma"],
)
def test_tables_are_interpolated_smoothly_and_monotonically(knots, tolerance):
    finite = np.isfinite(knots)
    knots = np.interp(SCORES, SCORES[finite], knots[finite])
    u, x = drawn(Quantile("table", knots=knots))
    z = special.ndtri(u)
    np.testing.assert_allclose(x, np.interp(z, SCORES, knots), rtol=tolerance * 10, atol=tolerance)
    order = np.argsort(u)
    assert (np.diff(x[order]) >= 0.0).all()


def test_a_table_passes_through_its_knots_and_stays_flat_beyond():
    knots = np.cumsum(np.random.default_rng(1).exponential(size=TABLE_KNOTS))
    row = np.concatenate([SCORES, [-9.0, 9.0, -40.0, 40.0]])
    span = np.array([0, TABLE_KNOTS, 1])
    transform(row, True, QUANTILE_KINDS["table"], np.array([0.0, 0.0, 0.0, 0.0, 1.0]), knots, span)
    np.testing.assert_allclose(row[:-4], knots, rtol=1e-12)
    assert row[-4:].tolist() == [knots[0], knots[-1], knots[0], knots[-1]]


def test_a_constant_piece_of_a_table_stays_constant():
    knots = np.where(SCORES < 0.0, 1.0, 2.0)
    _, x = drawn(Quantile("table", knots=knots))
    assert ((x >= 1.0) & (x <= 2.0)).all()
    assert abs((x == 1.0).mean() - 0.5) < 0.01


def test_steps_have_their_probabilities():
    values, probabilities = np.array([10.0, 20.0, 40.0]), np.array([0.2, 0.7, 1.0])
    u, x = drawn(Quantile("steps", knots=np.stack([values, probabilities])))
    np.testing.assert_array_equal(x, values[np.searchsorted(probabilities, u, side="right")])


def test_one_step_is_a_constant():
    _, x = drawn(Quantile("steps", knots=np.array([[7.0], [1.0]])), count=500)
    assert (x == 7.0).all()


def test_columns_of_a_file_are_drawn_jointly_and_evenly():
    table = np.random.default_rng(5).normal(size=(37, 2))
    plan = DrawPlan(
        tuple(
            PriorDraw(name, "file:pairs", Quantile("member", knots=table[:, k].copy())) for k, name in enumerate("ab")
        )
    )
    values = draw_values(plan, SEED, 0, COUNT)
    rows = {tuple(row): k for k, row in enumerate(table)}
    picked = np.array([rows[pair] for pair in zip(values["a"], values["b"], strict=True)])
    assert stats.chisquare(np.bincount(picked, minlength=37)).pvalue > 1e-5


@pytest.mark.parametrize("kind", ["independent", "sobol"])
def test_members_side_by_side_are_those_of_each_column_alone(kind):
    """Columns drawn jointly lie member after member; what stands between them, or is longer, does not."""
    generator = np.random.default_rng(6)
    columns = {name: generator.normal(size=size) for name, size in zip("abcde", (37, 37, 37, 12, 37), strict=True)}
    listed = {name: PriorDraw(name, "file:x", Quantile("member", knots=column)) for name, column in columns.items()}
    other = PriorDraw("u", "file:x", Quantile("uniform", 0.0, 1.0))
    apart = PriorDraw("y", "file:y", Quantile("member", knots=columns["a"]))
    priors = (listed["a"], listed["b"], other, listed["c"], apart, listed["d"], listed["e"])
    values = draw_values(DrawPlan(priors, sampling=Sampling(kind)), SEED, 100, 1000)
    for name, column in columns.items():
        np.testing.assert_array_equal(values[name], column[(values["u"] * column.size).astype(int)])
    assert not np.array_equal(values["y"], values["a"])


def test_a_million_draws_pass_kolmogorov_and_smirnov():
    _, x = drawn(Quantile("lognormal", 0.3, 1.2), count=1_000_000)
    assert stats.kstest(x, stats.lognorm(1.2, scale=math.exp(0.3)).cdf).pvalue > 1e-5


CORRELATION = np.array([[1.0, 0.8, -0.3], [0.8, 1.0, 0.1], [-0.3, 0.1, 1.0]])


def correlated(quantiles, matrix=CORRELATION, extra=(), count=COUNT):
    names = tuple("abc"[: len(quantiles)])
    priors = tuple(PriorDraw(n, f"prior:{n}", q) for n, q in zip(names, quantiles, strict=True))
    group = CorrelationGroup(names, np.linalg.cholesky(matrix[: len(names), : len(names)]))
    return draw_values(DrawPlan((*priors, *extra), (group,)), SEED, 0, count)


def test_correlated_scores_reach_the_correlation_matrix():
    values = correlated([Quantile("normal", 0.0, 1.0)] * 3, count=1_000_000)
    # Standard error of a correlation at most 1e-3: five of them.
    np.testing.assert_allclose(np.corrcoef([values[n] for n in "abc"]), CORRELATION, atol=5e-3)


def test_correlation_leaves_every_marginal_as_it_was():
    quantiles = [Quantile("lognormal", 1.0, 0.7), Quantile("uniform", -2.0, 5.0), Quantile("triangular", 1.0, 2.0, 5.0)]
    values = correlated(quantiles)
    for name, (_, distribution) in zip(
        "abc",
        [(0, stats.lognorm(0.7, scale=math.e)), (0, stats.uniform(-2.0, 7.0)), (0, stats.triang(0.25, 1.0, 4.0))],
        strict=True,
    ):
        assert stats.kstest(values[name], distribution.cdf).pvalue > 1e-5
    # Spearman's rho of a Gaussian copula is 6/pi asin(r/2).
    rho = stats.spearmanr(values["a"], values["b"]).statistic
    assert rho == pytest.approx(6.0 / math.pi * math.asin(0.4), abs=0.01)


def test_truncated_members_of_a_group_keep_margins_and_rank():
    # Truncation is monotone in the score, so that ranks and their correlation stay.
    cut = Quantile("lognormal", 0.0, 1.0, u_low=0.2, u_high=0.7)
    values = correlated([cut, Quantile("normal", 0.0, 1.0)])
    whole = correlated([Quantile("lognormal", 0.0, 1.0), Quantile("normal", 0.0, 1.0)])
    assert (np.argsort(values["a"]) == np.argsort(whole["a"])).all()
    u = (stats.lognorm(1.0).cdf(values["a"]) - 0.2) / 0.5
    assert stats.kstest(u, "uniform").pvalue > 1e-5


def test_other_families_join_a_group_through_their_scores():
    knots = np.exp(0.5 * SCORES)
    discrete = Quantile("steps", knots=np.array([[1.0, 2.0], [0.3, 1.0]]))
    values = correlated([Quantile("table", knots=knots), discrete, Quantile("constant", 2.0)])
    assert stats.kstest(np.log(values["a"]) / 0.5, "norm").pvalue > 1e-5
    assert abs((values["b"] == 1.0).mean() - 0.3) < 5 * math.sqrt(0.21 / COUNT)
    assert stats.pointbiserialr(values["b"] == 2.0, np.log(values["a"])).statistic > 0.5
    assert (values["c"] == 2.0).all()


def test_members_of_a_group_need_not_stand_side_by_side():
    middle = PriorDraw("m", "prior:m", Quantile("normal", 0.0, 1.0))
    base = correlated([Quantile("normal", 0.0, 1.0)] * 3, extra=(middle,))
    priors = tuple(PriorDraw(n, f"prior:{n}", Quantile("normal", 0.0, 1.0)) for n in "camb")
    group = CorrelationGroup(tuple("abc"), np.linalg.cholesky(CORRELATION))
    moved = draw_values(DrawPlan(priors, (group,)), SEED, 0, COUNT)
    for name in "abcm":
        np.testing.assert_array_equal(base[name], moved[name])


def test_another_prior_changes_no_draw():
    quantiles = [Quantile("normal", 0.0, 1.0)] * 3
    extra = PriorDraw("unused", "prior:unused", Quantile("uniform", 0.0, 1.0))
    plain, more = correlated(quantiles), correlated(quantiles, extra=(extra,))
    for name in "abc":
        np.testing.assert_array_equal(plain[name], more[name])


def test_draws_depend_on_trajectory_and_seed_alone():
    _, x = drawn(Quantile("normal", 0.0, 1.0), count=1000)
    _, later = drawn(Quantile("normal", 0.0, 1.0), count=400, first=600)
    np.testing.assert_array_equal(later, x[600:])
    for seed in (SEED + 1, SEED + 2**32, 2**64 - 1):
        assert not np.isin(drawn(Quantile("normal", 0.0, 1.0), count=1000, seed=seed)[1], x).any()


def test_names_are_independent_of_each_other():
    plan = DrawPlan(tuple(PriorDraw(f"p{k}", f"prior:p{k}", Quantile("normal", 0.0, 1.0)) for k in range(20)))
    matrix = np.corrcoef(list(draw_values(plan, SEED, 0, COUNT).values()))
    # 190 correlations with standard error 3.2e-3: six of them.
    assert np.abs(matrix - np.eye(20)).max() < 0.019


def test_two_names_on_one_stream_are_refused(monkeypatch):
    monkeypatch.setattr(draws, "stream_of", lambda name: len(name))
    with pytest.raises(ModelError, match=r"'prior:ab' and 'prior:cd' share a random stream"):
        check_streams(["prior:ab", "shock:abc", "prior:cd"])
    check_streams(["prior:ab", "prior:ab", "shock:abc"])  # one name twice is one draw


def test_no_two_of_many_ordinary_names_collide():
    check_streams([f"prior:parameter_{k}" for k in range(300)])
    assert len({philox.stream_of(f"prior:parameter_{k}") for k in range(300)}) == 300


def test_rounding_keeps_so_many_bits():
    x = np.array([math.pi, -1e-300, 3.0, 0.0, 1e300])
    rounded = round_bits(x, 36)
    np.testing.assert_allclose(rounded, x, rtol=2.0**-36)
    assert round_bits(math.pi * (1.0 + 2.0**-52), 36) == rounded[0]
    assert rounded[2:4].tolist() == [3.0, 0.0]
