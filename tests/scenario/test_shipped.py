"""The shipped mechanisms and the baseline, as scenarios change them."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackcast.engine.assembly import build
from stackcast.engine.driver import simulate
from stackcast.errors import ModelError, ScenarioError
from stackcast.mechanisms import MECHANISMS
from stackcast.mechanisms.domains import DOMAINS
from stackcast.scenario import load_scenario

BASELINE = Path(__file__).parents[2] / "configs" / "baseline.toml"


def baseline(*settings: str):
    return load_scenario(BASELINE, set=settings)


@pytest.mark.parametrize("name", [name for name in MECHANISMS if name != "audit"])
def test_every_mechanism_can_be_off(name):
    result = simulate(build(baseline(f"mechanisms.{name}=false")), 256, 1, threads=1, sample=0)
    layers = {cell.layer for cell in result.aggregates.cells}
    assert layers == {""} if name == "ledger" else "chips" in layers


def test_a_prior_that_holds_a_row_keeps_the_unit_it_is_declared_in():
    prior = baseline("mechanisms.capital=false").priors["capital_start"]
    assert prior.unit == "USD_bn_per_quarter"
    assert prior.used_by == ("ledger", "capital")


@pytest.mark.parametrize("metric", ["shares", "exhaustion", "gross_margin"])
def test_quarterly_takes_metrics_that_exist_by_quarter(metric):
    with pytest.raises(ScenarioError) as caught:
        baseline(f'outputs.quarterly=["{metric}"]')
    text = str(caught.value)
    assert text.startswith(f"--set: outputs.quarterly = {metric}: ")
    assert "allowed are api_share, backlog, " in text
    assert ("is an event" in text) == (metric == "exhaustion")
    assert ("did you mean 'share'?" in text) == (metric == "shares")


def test_what_an_absent_mechanism_reports_is_left_out_with_a_message():
    scenario = baseline("mechanisms.ledger=false")
    assert scenario.outputs.quarterly == ["binding_constraint"]
    assert scenario.messages == (
        "outputs.quarterly: share not reported: written by a mechanism that is off (ledger, audit)",
    )


def test_a_program_that_does_not_fit_names_the_scenario():
    order = ["ledger", *(name for name in MECHANISMS if name not in ("ledger", "audit"))]
    with pytest.raises(ModelError, match=r"baseline\.toml: mechanism 'ledger': reads '\w+' before"):
        build(baseline(f"mechanisms.order={order}"))


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("priors.hardware_life.value=-5", "priors.hardware_life = -5.0: must be >= 1"),
        ("priors.token_price_start.value=0", "priors.token_price_start = 0.0: must be > 0"),
        ("priors.open_margin.max=1.2", "priors.open_margin = 1.2: upper end must be >= 0 and < 1"),
        ("priors.tooling_share.high=0.7", "priors.tooling_share = 0.7: upper end must be > 0 and <= 0.5"),
        ("priors.scaling_family.values=[0, 1, 2, 4]", "priors.scaling_family = 4.0: must be >= 0 and <= 3"),
        ("priors.normal_utilisation.high=1.5", "upper end must be > 0 and <= 1"),
        ("priors.scaling_alpha.sd=0.2", "% quantile must be > 0"),
        ("priors.products_start.value=-1", "priors.products_start = -0.25: must be > 0 in USD_bn_per_quarter"),
    ],
)
def test_a_value_without_meaning_is_refused(setting, said):
    with pytest.raises(ScenarioError) as caught:
        baseline(setting)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unbounded_prior_is_judged_by_all_but_one_draw_in_a_thousand():
    free = 'unit = "1", source = "assumption"'
    baseline(f'priors.run_budget_share={{dist = "lognormal", interval = [0.1, 0.3], level = 0.9, {free}}}')
    with pytest.raises(ScenarioError, match=r"priors\.run_budget_share = 1\.\d+: 99\.9 % quantile must be > 0"):
        baseline(f'priors.run_budget_share={{dist = "lognormal", interval = [0.1, 0.6], level = 0.9, {free}}}')


def test_a_bounded_prior_may_touch_an_open_end():
    baseline("priors.open_token_share={dist = 'uniform', min = 0, max = 1, unit = '1', source = 'assumption'}")
    baseline("priors.demand_shape={dist = 'gamma', shape = 2, scale = 0.2, unit = '1', source = 'assumption'}")
    baseline("priors.data_share={dist = 'beta', alpha = 2, beta = 8, max = 0.5, unit = '1', source = 'assumption'}")


def test_every_domain_is_one_of_a_prior_that_is_used():
    used = {name for name, prior in baseline().priors.items() if prior.used_by}
    assert set(DOMAINS) <= used


def test_another_first_quarter_says_that_the_state_is_that_of_2023():
    assert not baseline().messages
    (line,) = baseline("horizon.start=2025Q1").messages
    assert line.startswith("horizon.start = 2025Q1: starting values are those of 2023Q1 (")
    assert "capital: optimism_start, " in line
    assert line.endswith("so the dates move and the state does not")
    assert "\n" not in line


def test_a_changed_number_is_not_its_sources_any_more():
    prior = baseline("priors.hardware_life.interval=[3, 5]").priors["hardware_life"]
    assert prior.source.startswith("assumption: changed from interval = [4, 6.5] (was: Epoch AI")
    assert prior.assumption
    assert not baseline().priors["hardware_life"].assumption
