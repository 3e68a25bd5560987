"""Every family draws what scipy says it should, however its shape is given."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import scipy.stats as st

from stackcast.engine.draws import DrawPlan, draw_values
from stackcast.errors import ScenarioError

LEVELS = np.array([1e-6, 0.001, 0.025, 0.05, 0.3, 0.5, 0.7, 0.95, 0.975, 0.999, 1 - 1e-6])
COUNT = 40_000
# A Kolmogorov-Smirnov distance above this happens to correct code once in 1e6 tests of COUNT draws.
KS_LIMIT = math.sqrt(-0.5 * math.log(0.5e-6) / COUNT)


def draws(prior, count: int = COUNT, seed: int = 7) -> np.ndarray:
    return draw_values(DrawPlan((prior.draw,)), seed, 0, count)[prior.name]


def z90() -> float:
    return st.norm.ppf(0.95)


FAMILIES = {
    "lognormal": ("mu = 1.2, sigma = 0.4", st.lognorm(0.4, scale=math.exp(1.2))),
    "lognormal by median": ('dist = "lognormal", median = 3, sigma = 0.4', st.lognorm(0.4, scale=3)),
    "lognormal by percentiles": (
        'dist = "lognormal", p5 = 2, p95 = 8', st.lognorm(math.log(4) / (2 * z90()), scale=4),
    ),
    "lognormal by interval": (
        'dist = "lognormal", interval = [2, 8], level = 0.9', st.lognorm(math.log(4) / (2 * z90()), scale=4),
    ),
    "lognormal by quantiles": (
        'dist = "lognormal", quantiles = [[0.05, 2], [0.5, 4], [0.95, 8]]',
        st.lognorm(math.log(4) / (2 * z90()), scale=4),
    ),
    "normal": ("mean = -1, sd = 2", st.norm(-1, 2)),
    "normal by odd percentiles": ('dist = "normal", p10 = -3, p97_5 = 5',
        st.norm(-3 + 8 * 1.2815515655 / (1.2815515655 + 1.9599639845), 8 / (1.2815515655 + 1.9599639845))),
    "uniform": ("min = 2, max = 5", st.uniform(2, 3)),
    "uniform by low and high": ('dist = "uniform", low = 2, high = 5', st.uniform(2, 3)),
    "uniform by percentiles": ('dist = "uniform", p10 = 2, p90 = 10', st.uniform(1, 10)),
    "triangular": ("min = 1, mode = 2, max = 6", st.triang(0.2, 1, 5)),
    "triangular at its bound": ('dist = "triangular", min = 1, mode = 1, max = 6', st.triang(0, 1, 5)),
    "pert": ("min = 1, mode = 2, max = 6", st.beta(1.8, 4.2, 1, 5)),
    "beta": ("alpha = 2, beta = 5", st.beta(2, 5)),
    "beta on a range": ('dist = "beta", alpha = 2, beta = 5, min = 10, max = 30', st.beta(2, 5, 10, 20)),
    "gamma": ("shape = 2.5, scale = 4", st.gamma(2.5, scale=4)),
    "gamma by mean": ('dist = "gamma", shape = 2.5, mean = 10', st.gamma(2.5, scale=4)),
    "student_t": ("df = 3, loc = 1, scale = 2", st.t(3, 1, 2)),
    "mixture": (
        'components = [{dist = "normal", mean = 0, sd = 1}, {dist = "normal", mean = 0, sd = 1}], weights = [1, 3]',
        st.norm(0, 1),
    ),
}  # fmt: skip


def family_body(key: str) -> str:
    body = FAMILIES[key][0]
    return body if "dist" in body and "components" not in body else f'dist = "{key}", {body}'


@pytest.mark.parametrize("key", FAMILIES)
def test_draws_have_the_distribution_of_scipy(files, key):
    values = draws(files.prior(family_body(key)))
    distance = st.kstest(values, FAMILIES[key][1].cdf).statistic
    assert distance < KS_LIMIT


@pytest.mark.parametrize("key", ["beta", "beta on a range", "gamma", "pert", "student_t", "mixture"])
def test_tabulated_quantiles_are_those_of_scipy_far_into_the_tails(files, key):
    knots = files.prior(family_body(key)).draw.quantile.knots
    scores = np.linspace(-8.5, 8.5, knots.size)
    inside = np.abs(scores) < 6.5
    expected = np.where(
        scores < 0, FAMILIES[key][1].ppf(st.norm.cdf(scores)), FAMILIES[key][1].isf(st.norm.cdf(-scores))
    )
    np.testing.assert_allclose(knots[inside], expected[inside], rtol=2e-8, atol=1e-8 * np.ptp(expected[inside]))
    assert np.all(np.diff(knots) >= 0)


@pytest.mark.parametrize(
    ("body", "points"),
    [
        ('dist = "gamma", p5 = 2, p95 = 9', {0.05: 2, 0.95: 9}),
        ('dist = "gamma", p5 = 0.001, p95 = 9', {0.05: 0.001, 0.95: 9}),
        ('dist = "gamma", interval = [99, 101], level = 0.8', {0.1: 99, 0.9: 101}),
        ('dist = "beta", p5 = 0.1, p95 = 0.3', {0.05: 0.1, 0.95: 0.3}),
        ('dist = "beta", p5 = 0.01, p95 = 0.99', {0.05: 0.01, 0.95: 0.99}),
        ('dist = "beta", p5 = 0.9, p95 = 0.999', {0.05: 0.9, 0.95: 0.999}),
        ('dist = "beta", p5 = 3, p95 = 5, min = 1, max = 10', {0.05: 3, 0.95: 5}),
        ('dist = "triangular", p5 = 1, p95 = 9, mode = 3', {0.05: 1, 0.95: 9}),
        ('dist = "triangular", p5 = 1, p50 = 4, p95 = 9', {0.05: 1, 0.5: 4, 0.95: 9}),
        ('dist = "pert", p5 = 1, p95 = 9, mode = 3', {0.05: 1, 0.95: 9}),
        ('dist = "pert", p5 = 1, p50 = 4, p95 = 9, shape = 6', {0.05: 1, 0.5: 4, 0.95: 9}),
        ('dist = "pert", p10 = 1e12, p50 = 3e12, p90 = 6e12', {0.1: 1e12, 0.5: 3e12, 0.9: 6e12}),
        ('dist = "student_t", df = 4, p5 = -1, p95 = 5', {0.05: -1, 0.95: 5}),
        ('dist = "uniform", p25 = -1, p75 = 5', {0.25: -1, 0.75: 5}),
    ],
)  # fmt: skip
def test_given_quantiles_are_met(files, body, points):
    prior = files.prior(body)
    values = draws(prior, 200_000)
    for p, x in points.items():
        # Five standard errors of the share of draws below x: fails for correct code once in 2e6.
        assert abs(np.mean(values < x) - p) < 5 * math.sqrt(p * (1 - p) / values.size)


def test_more_quantiles_than_parameters_are_met_by_least_squares_and_remarked_on(files):
    scenario = files.load(
        '[priors]\nx = { dist = "lognormal", quantiles = [[0.05, 4.5], [0.5, 8.4], [0.95, 14.3]], unit = "months",'
        ' source = "s" }'
    )
    quantile = scenario.priors["x"].draw.quantile
    scores, logs = st.norm.ppf([0.05, 0.5, 0.95]), np.log([4.5, 8.4, 14.3])
    slope, intercept = np.polyfit(scores, logs, 1)
    assert (quantile.a, quantile.b) == pytest.approx((intercept, slope), rel=1e-12)
    assert "priors.x: least-squares lognormal: the value 8.4 at 0.5 is missed by 0.09" in scenario.messages[0]


def test_quantiles_that_contradict_the_family_are_refused(files):
    with pytest.raises(ScenarioError, match="no lognormal distribution comes near these"):
        files.prior('dist = "lognormal", p5 = 1.1, p50 = 3.5, p95 = 5.3')


TRUNCATED = {
    "lognormal": ('dist = "lognormal", mu = 0, sigma = 1, low = 0.5, high = 2', st.lognorm(1), 0.5, 2.0),
    "normal one side": ('dist = "normal", mean = 0, sd = 1, low = 0.25', st.norm(0, 1), 0.25, math.inf),
    "normal far tail": ('dist = "normal", mean = 0, sd = 1, low = 4', st.norm(0, 1), 4.0, math.inf),
    "uniform": ('dist = "uniform", min = 0, max = 10, high = 4', st.uniform(0, 10), 0.0, 4.0),
    "triangular": ('dist = "triangular", min = 0, mode = 3, max = 10, low = 2, high = 8',
        st.triang(0.3, 0, 10), 2.0, 8.0),
    "beta": ('dist = "beta", alpha = 2, beta = 3, low = 0.2, high = 0.5', st.beta(2, 3), 0.2, 0.5),
    "gamma": ('dist = "gamma", shape = 2, scale = 1, low = 1', st.gamma(2), 1.0, math.inf),
    "student_t": ('dist = "student_t", df = 3, loc = 0, scale = 1, low = -2, high = 1', st.t(3), -2.0, 1.0),
    "mixture": (
        'dist = "mixture", weights = [1], low = 0, high = 1,'
        ' components = [{dist = "normal", mean = 0, sd = 1, low = -9}]',
        st.norm(0, 1), 0.0, 1.0),
}  # fmt: skip


@pytest.mark.parametrize("key", TRUNCATED)
def test_truncation_keeps_the_shape_and_piles_nothing_up_on_the_bounds(files, key):
    body, whole, low, high = TRUNCATED[key]
    values = draws(files.prior(body))
    assert values.min() >= low
    assert values.max() <= high
    below, above = whole.cdf(low), whole.cdf(high)

    def cut(x):
        return (whole.cdf(x) - below) / (above - below)

    # Precision of the reference itself far out: one part in 1e11 of 3e-5.
    assert st.kstest(values, cut).statistic < KS_LIMIT
    bounds = [bound for bound in (low, high) if math.isfinite(bound)]
    assert sum(int(np.sum(values == bound)) for bound in bounds) <= 1


def test_discrete_values_appear_with_their_weights(files):
    values = draws(files.prior('dist = "discrete", values = [3, 1, 2], weights = [1, 2, 5]'))
    for value, p in ((3.0, 0.125), (1.0, 0.25), (2.0, 0.625)):
        assert abs(np.mean(values == value) - p) < 5 * math.sqrt(p * (1 - p) / COUNT)


def test_a_truncated_discrete_prior_keeps_only_the_values_inside(files):
    values = draws(
        files.prior('dist = "discrete", values = [1, 2, 3, 4], probabilities = [0.25, 0.25, 0.25, 0.25], low = 2')
    )
    assert set(values) == {2.0, 3.0, 4.0}


def test_a_mixture_has_the_weights_and_shapes_of_its_components(files):
    prior = files.prior(
        'dist = "mixture", weights = [0.3, 0.7], components = [{dist = "normal", p5 = -2, p95 = 0},'
        ' {dist = "lognormal", median = 5, sigma = 0.2, high = 6}]'
    )
    sd = 1 / z90()
    cap = st.lognorm(0.2, scale=5).cdf(6)

    def cdf(x):
        high = np.minimum(st.lognorm(0.2, scale=5).cdf(x) / cap, 1.0)
        return 0.3 * st.norm(-1, sd).cdf(x) + 0.7 * high

    assert st.kstest(draws(prior), cdf).statistic < KS_LIMIT


def test_a_constant_does_not_vary(files):
    assert set(draws(files.prior("value = 2.5"), 64)) == {2.5}


def test_units_are_converted_in_the_distribution(files):
    scenario = files.model()
    growth = scenario.priors["growth"]
    assert (growth.unit, growth.given_unit) == ("H100e_per_quarter", "million_H100e_per_year")
    values = draw_values(scenario.plan, 3, 0, COUNT)["growth"]
    expected = st.lognorm(math.log(4) / (2 * z90()), scale=0.2e6 / 4)
    assert st.kstest(values, expected.cdf).statistic < KS_LIMIT
    assert growth.draw.quantile.kind == "lognormal"


@pytest.mark.parametrize(
    "body",
    [
        'dist = "lognormal", p5 = 2.0, p95 = 2.9',
        'dist = "lognormal", p5 = 2.0, p95 = 2.9, low = 1.5, high = 4',
        'dist = "gamma", p5 = 2.0, p95 = 2.9',
        'dist = "uniform", min = 2.0, max = 2.9',
        'dist = "triangular", min = 2.0, mode = 2.4, max = 2.9',
        'dist = "discrete", values = [2.0, 2.9], weights = [1, 1]',
    ],
)
def test_a_growth_factor_is_drawn_as_the_rate_of_its_logarithm(files, body):
    as_factor = files.prior(body, unit="x_per_year")
    registry_unit = files.load(
        f'[priors]\ngrowth = {{ {body}, unit = "x_per_year", source = "s" }}',
        registry=log_growth_registry(files),
    ).priors["growth"]
    assert registry_unit.unit == "log_per_quarter"
    # The draws of both come from the same uniforms, so that they can be compared one by one.
    as_factor = replace(as_factor.draw, name="growth", stream="prior:growth")
    factors = draw_values(DrawPlan((as_factor,)), 5, 0, 2000)["growth"]
    rates = draw_values(DrawPlan((registry_unit.draw,)), 5, 0, 2000)["growth"]
    np.testing.assert_allclose(rates, np.log(factors) / 4, rtol=1e-6)


def log_growth_registry(files):
    fleet = replace(files.registry["fleet"], priors={"growth": "log_per_quarter"}, carries={"fleet": 1.0}, neutral={})
    return {"fleet": fleet}


def test_a_growth_factor_below_zero_is_refused(files):
    with pytest.raises(ScenarioError, match="growth factor must stay above 0"):
        files.load(
            '[priors]\ngrowth = { dist = "normal", mean = 1, sd = 1, unit = "x_per_year", source = "s" }',
            registry=log_growth_registry(files),
        )


def test_only_families_that_need_scipy_import_it(files):
    path = files.write(
        '[priors]\nx = { dist = "lognormal", p5 = 1, p95 = 3, low = 1, unit = "1", source = "s" }\n'
        'y = { dist = "triangular", min = 1, mode = 2, max = 3, high = 2.5, unit = "1", source = "s" }\n'
        'z = { dist = "uniform", p5 = 1, p95 = 3, unit = "1", source = "s" }\n'
    )
    code = (
        "import sys; from stackcast.scenario import load_scenario\n"
        f"load_scenario({str(path)!r}, registry={{}})\n"
        "assert not [m for m in sys.modules if m.startswith('scipy.s')], 'scipy was imported'"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
