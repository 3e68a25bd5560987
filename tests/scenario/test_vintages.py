"""What a prior was at a date: its vintages, and wider where there is none."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import numpy as np
import pytest

from stackcast.engine.assembly import build
from stackcast.engine.draws import draw_values
from stackcast.errors import ScenarioError, StackcastError
from stackcast.mechanisms.domains import DOMAINS
from stackcast.scenario import Scenario, json_schema, load_scenario
from stackcast.scenario.ensemble import write_ensemble
from stackcast.scenario.vintage import as_known, value_at

BASELINE = Path(__file__).resolve().parents[2] / "configs" / "baseline.toml"
TEXT = """
[priors.lag]
dist = "lognormal"
interval = [5, 22]
level = 0.9
unit = "months"
source = "now"
as_of = 2025-06-30
vintages = [
    { until = 2023-06-30, dist = "uniform", min = 2, max = 40, source = "first" },
    { until = 2024-06-30, dist = "lognormal", p5 = 6, p95 = 30, source = "second", note = "a note" },
]
"""


def day(text):
    return datetime.date.fromisoformat(text)


def known(files, body, cutoff="2024-12-31", widen=True, unit="1"):
    scenario = files.load(f'[priors]\nx = {{ {body}, unit = "{unit}", source = "s" }}')
    return scenario.priors["x"].draw.quantile, as_known(scenario, day(cutoff), widen)


@pytest.mark.parametrize(
    ("cutoff", "kind", "source"),
    [
        ("2025-12-31", "current", "now"),
        ("2025-06-30", "current", "now"),
        ("2025-06-29", "vintage", "second"),
        ("2024-06-30", "vintage", "second"),
        ("2024-06-29", "vintage", "first"),
        ("2023-06-30", "vintage", "first"),
        ("2023-06-29", "widened", "now"),
    ],
)
def test_the_newest_vintage_not_later_than_the_cutoff_is_used(files, cutoff, kind, source):
    found = as_known(files.load(TEXT), day(cutoff))
    prior = found.scenario.priors["lag"]
    assert prior.source == source
    assert found.counts == {**dict.fromkeys(found.counts, 0), kind: 1}
    assert getattr(found, kind) == ("lag",)
    assert found.scenario.plan.priors == (prior.draw,)
    assert prior.draw.stream == "prior:lag"
    if kind == "vintage":
        assert prior.as_of <= day(cutoff)


def test_a_vintage_is_in_the_unit_of_its_prior_and_drawn_in_the_mechanisms(files):
    text = files.base.replace(
        'source = "a paper" }',
        'source = "a paper", as_of = 2025-01-01, vintages = [{ until = 2023-12-31, value = 0.2, source = "v" }] }',
    )
    scenario = files.load(text, registry=files.registry)
    (vintage,) = scenario.priors["growth"].vintages
    assert vintage.quantile.a == pytest.approx(0.2e6 / 4)
    drawn = draw_values(as_known(scenario, day("2024-01-01")).scenario.plan, 1, 0, 10)
    assert np.all(drawn["growth"] == vintage.quantile.a)


def test_what_is_older_than_2023_is_timeless(files):
    assert known(files, 'dist = "uniform", min = 1, max = 2, as_of = 2022-12-31')[1].timeless == ("x",)
    assert known(files, 'dist = "uniform", min = 1, max = 2, as_of = 2023-01-01')[1].current == ("x",)
    late = known(files, 'dist = "uniform", min = 1, max = 2, as_of = 2022-12-31', cutoff="2021-01-01")[1]
    assert late.widened == ("x",)


def test_a_prior_without_a_date_is_not_known(files):
    assert known(files, 'dist = "uniform", min = 1, max = 2')[1].widened == ("x",)


@pytest.mark.parametrize(
    "body",
    [
        "value = 3",
        'dist = "discrete", values = [0, 1], weights = [1, 2]',
        'dist = "empirical", file = "d.csv", column = "u"',
    ],
)
def test_what_has_no_interval_is_not_widened(files, body):
    files.write("u\n1\n2\n3", "d.csv")
    before, found = known(files, body)
    assert found.unwidened == ("x",)
    assert found.scenario.priors["x"].draw.quantile is before


@pytest.mark.parametrize(
    ("body", "logs"),
    [
        ('dist = "normal", mean = 3, sd = 2', False),
        ('dist = "lognormal", p5 = 1, p95 = 4', True),
        ('dist = "uniform", min = 1, max = 2', False),
        ('dist = "triangular", min = 1, mode = 1.5, max = 4', False),
        ('dist = "gamma", shape = 3, mean = 2', True),
        ('dist = "student_t", df = 5, p5 = -1, p95 = 2', False),
        ('dist = "pert", min = 1, mode = 2, max = 4', True),
    ],
)
def test_an_interval_is_doubled_about_its_middle(files, body, logs):
    before, found = known(files, body)
    after = found.scenario.priors["x"].draw.quantile
    scale = np.log if logs else (lambda value: value)
    middle = 0.5 * (before.a + before.c) if before.kind == "triangular" else value_at(before, 0.5)
    for level in (0.05, 0.25, 0.75, 0.95):
        old, new = scale(value_at(before, level)), scale(value_at(after, level))
        assert new - scale(middle) == pytest.approx(2 * (old - scale(middle)), rel=1e-6)


@pytest.mark.parametrize(
    "body",
    [
        'dist = "normal", mean = 0.6, sd = 0.3, low = 0.2, high = 1.1',
        'dist = "lognormal", p5 = 0.4, p95 = 0.8, low = 0.2, high = 1.1',
        'dist = "uniform", interval = [0.4, 0.8], level = 0.5, low = 0.2, high = 1.1',
        'dist = "triangular", min = 0, mode = 0.5, max = 2, low = 0.2, high = 1.1',
        'dist = "gamma", shape = 3, mean = 0.6, low = 0.2, high = 1.1',
        'dist = "student_t", df = 3, loc = 0.6, scale = 0.3, low = 0.2, high = 1.1',
    ],
)
def test_a_truncated_prior_keeps_its_bounds(files, body):
    found = known(files, body)[1]
    drawn = draw_values(found.scenario.plan, 1, 0, 20_000)["x"]
    assert drawn.min() >= 0.2
    assert drawn.max() <= 1.1
    # Nothing piles up on a bound, and both ends are reached.
    assert len(np.unique(drawn)) > 19_990
    assert drawn.min() < 0.21
    assert drawn.max() > 1.08


def test_bounds_that_stand_in_for_the_ends_are_no_truncation(files):
    _, found = known(files, 'dist = "uniform", low = 1, high = 2')
    quantile = found.scenario.priors["x"].draw.quantile
    assert (quantile.a, quantile.b) == (0.5, 2.5)


@pytest.fixture(scope="module")
def baseline():
    return load_scenario(BASELINE)


def test_no_widened_prior_of_the_baseline_leaves_its_domain(baseline):
    found = as_known(baseline, day("2021-12-31"))
    assert not found.current
    assert len(found.widened) > 150
    drawn = draw_values(found.scenario.plan, 1, 0, 20_000)
    narrow = draw_values(baseline.plan, 1, 0, 20_000)
    for name in found.widened:
        if name in DOMAINS:
            domain = DOMAINS[name]
            assert drawn[name].min() >= domain.low, name
            assert drawn[name].max() <= domain.high, name
            assert not (domain.open_low and drawn[name].min() == domain.low), name
            assert not (domain.open_high and drawn[name].max() == domain.high), name
        wide, was = (np.subtract(*np.quantile(values[name], [0.95, 0.05])) for values in (drawn, narrow))
        assert wide > 0.99 * was, name
    assert np.array_equal(drawn["scaling_family"], narrow["scaling_family"])
    assert "scaling_family" in found.unwidened


def test_a_widened_baseline_runs(baseline):
    from stackcast.engine.driver import simulate

    scenario = as_known(baseline, day("2024-06-30")).scenario
    simulate(build(scenario), 2000, 1, threads=2)


def test_without_widening_the_same_priors_are_named_and_left(baseline):
    wide, plain = (as_known(baseline, day("2024-06-30"), widen) for widen in (True, False))
    assert plain.counts == wide.counts
    assert sum(wide.counts.values()) == len(baseline.priors)
    for name in plain.widened:
        assert plain.scenario.priors[name] is baseline.priors[name]
    assert plain.scenario.plan.correlations == wide.scenario.plan.correlations == baseline.plan.correlations


def test_a_resolved_scenario_keeps_its_vintages(files):
    scenario = files.load(TEXT)
    again = Scenario.from_resolved(json.loads(json.dumps(scenario.resolved())), registry={})
    assert again.hash() == scenario.hash()
    assert len(again.priors["lag"].vintages) == 2
    assert files.load(TEXT.replace("p5 = 6", "p5 = 7")).hash() != scenario.hash()
    cutoff = day("2024-08-01")
    assert as_known(again, cutoff).scenario.plan == as_known(scenario, cutoff).scenario.plan


@pytest.mark.parametrize("setting", ["priors.lag.value=3", "priors.lag.interval=[5, 30]", "priors.lag={value = 3}"])
def test_changed_numbers_have_no_vintages(files, setting):
    assert files.load(TEXT, set=[setting]).priors["lag"].vintages == ()


def test_a_replaced_prior_loses_its_vintages_and_one_that_says_more_keeps_them(files):
    files.write(TEXT, "base.toml")

    def top(text):
        return len(files.load(f'extends = "base.toml"\n[priors.lag]\n{text}', "top.toml").priors["lag"].vintages)

    assert top('note = "kept"') == 2
    assert top('dist = "uniform"\nmin = 1\nmax = 2\nunit = "months"\nsource = "s"') == 0
    assert top("value = 3") == 0
    assert top("value = 3\nvintages = [{ until = 2023-06-30, value = 4, source = 's' }]") == 1
    assert top("vintages = []") == 0


def test_one_vintage_can_be_set(files):
    scenario = files.load(TEXT, set=["priors.lag.vintages.0.max=50"])
    assert scenario.priors["lag"].vintages[0].quantile.b == 50.0
    assert scenario.priors["lag"].source == "now"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("2024-06-30", "2023-06-30", "priors.lag.vintages.1.until = 2023-06-30: must be later than 2023-06-30"),
        ("2024-06-30", "2025-06-30", "priors.lag.vintages.1.until = 2025-06-30: must be before as_of = 2025-06-30"),
        ("as_of = 2025-06-30", "", "priors.lag.as_of: is missing: a prior with vintages says when"),
        ('dist = "uniform", min', 'dist = "unifrom", min', "vintages.0.dist = unifrom: did you mean 'uniform'?"),
        ('dist = "uniform", min', 'dist = "empirical", min', "vintages.0.dist = empirical: must be one of"),
        ('dist = "uniform", min', "min", "priors.lag.vintages.0.dist: is missing; one of lognormal"),
        ("min = 2", "mim = 2", "priors.lag.vintages.0.mim = 2: unknown key; did you mean 'min'?"),
        ("min = 2, ", "", "priors.lag.vintages.0.min: is missing: a uniform by its own parameters needs min, max"),
        ("max = 40", 'max = "x"', "priors.lag.vintages.0.max = x: must be a valid number"),
        (', source = "first"', "", "priors.lag.vintages.0.source: is missing"),
        ("until = 2023-06-30", 'until = "x"', "priors.lag.vintages.0.until = x: must be a valid date"),
        ("p95 = 30", "p95 = 3", "priors.lag.vintages.1.p95 = 3"),
        ("vintages = [", "vintages = [3,", "priors.lag.vintages.0 = 3: must be an array of tables with until"),
        ("as_of =", 'unit2 = "a"\nas_of =', "priors.lag.unit2"),
    ],
)
def test_a_faulty_vintage_is_one_line_that_says_where(files, old, new, said):
    with pytest.raises(ScenarioError) as caught:
        files.load(TEXT.replace(old, new, 1))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_vintage_without_meaning_is_refused():
    text = "priors.normal_utilisation.vintages=[{until = 2023-06-30, value = 1.5, source = 's'}]"
    with pytest.raises(ScenarioError, match=r"normal_utilisation\.vintages\.0 = 1\.5: must be > 0 and <= 1"):
        load_scenario(BASELINE, set=[text])


def test_the_schema_knows_vintages():
    import tomllib

    jsonschema = pytest.importorskip("jsonschema")
    check = jsonschema.Draft202012Validator(json_schema())
    data = json.loads(json.dumps(tomllib.loads(TEXT), default=str))
    assert check.is_valid(data)
    data["priors"]["lag"]["vintages"][0]["mim"] = 3
    assert not check.is_valid(data)


def test_a_scenario_with_an_ensemble_has_no_earlier_priors(files):
    write_ensemble(files.folder / "e.parquet", {"lag": np.ones(3)}, {}, "2026Q1", {})
    files.write(TEXT, "base.toml")
    scenario = files.load('extends = "base.toml"\nensemble = "e.parquet"', "top.toml")
    with pytest.raises(StackcastError, match=r"ensemble = e\.parquet: its priors are fitted"):
        as_known(scenario, day("2024-01-01"))
