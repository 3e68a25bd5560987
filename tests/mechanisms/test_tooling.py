"""Platforms against point tools, readiness, tooling's price: closed forms, limits, signs."""

from __future__ import annotations

import numpy as np
import pytest

from stackcast.mechanisms import tooling
from tests.mechanisms.baseline import holding, program, rows, significant

REFERENCE = tooling.REFERENCE_PACE


def bundle(pace=REFERENCE, share=0.2, bundling=0.08, unbundling=0.02):
    return tooling.bundle_tools(pace, share, bundling, unbundling, 0.1, 0.5)


@pytest.mark.parametrize(("pace", "slowdown"), [(0.09, 0.0), (0.2, 0.0), (0.045, 0.5), (0.0, 1.0)])
def test_slowdown_is_the_part_of_the_reference_pace_that_is_missing(pace, slowdown):
    found, _, experiments = bundle(pace)
    assert found == pytest.approx(slowdown)
    assert experiments == pytest.approx(0.1 * (1.0 - 0.5 * slowdown))


@pytest.mark.parametrize(("pace", "unbundling"), [(REFERENCE, 0.02), (0.5 * REFERENCE, 0.02), (0.0, 0.02)])
def test_platforms_settle_where_bundling_equals_unbundling(pace, unbundling):
    share = 0.2
    for _ in range(3000):
        _, share, _ = bundle(pace, share, 0.08, unbundling)
    assert share == pytest.approx(1.0 - unbundling * pace / REFERENCE / 0.08)


def test_platforms_vanish_where_unbundling_is_faster():
    share = 0.5
    for _ in range(3000):
        _, share, _ = bundle(share=share, bundling=0.02, unbundling=0.05)
    assert share == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_platforms_share_stays_a_share_at_any_rate(share):
    for bundling in (0.0, 1.0):
        for unbundling in (0.0, 1.0):
            assert 0.0 <= bundle(share=share, bundling=bundling, unbundling=unbundling)[1] <= 1.0


def ready(readiness, pace=0.05, platforms=0.0, share=0.4, year=2026.0, jump=9999.0):
    return tooling.ready_enterprises(year, readiness, pace, platforms, share, jump)[0]


@pytest.mark.parametrize("quarters", [1, 7, 52])
def test_readiness_after_some_quarters(quarters):
    plain = fast = 0.4
    for _ in range(quarters):
        plain, fast = ready(plain), ready(fast, platforms=1.5)
    assert plain == pytest.approx(1.0 - 0.6 * 0.95**quarters)
    assert fast == pytest.approx(1.0 - 0.6 * (1.0 - 0.05 * 1.6) ** quarters)


def test_readiness_never_passes_one_and_jumps_at_its_date():
    assert ready(0.9, pace=0.9, platforms=2.0, share=1.0) == 1.0
    assert ready(0.3, year=2026.75, jump=2027.0) < 1.0
    assert ready(0.3, year=2027.0, jump=2027.0) == 1.0


def price(hyperscalers=0.75, giveaway=0.2, slowdown=0.0, platforms=0.0):
    return tooling.price_tools(hyperscalers, giveaway, 0.18, 0.5, slowdown, 0.08, 0.4, platforms)


def test_shares_are_their_priors_where_clouds_give_away_what_was_observed():
    assert price() == (pytest.approx(0.18), pytest.approx(0.08))


def test_without_giveaway_hyperscalers_do_not_matter():
    assert price(0.2, giveaway=0.0) == price(0.95, giveaway=0.0)
    assert price(giveaway=0.0)[0] == pytest.approx(0.18 / 0.85)


def test_fewer_hyperscalers_give_less_away():
    spend, cost = price(0.5)
    factor = (1.0 - 0.2 * 0.5) / 0.85
    assert spend == pytest.approx(0.18 * factor)
    assert cost == pytest.approx(0.08 / factor)


def test_a_larger_giveaway_lowers_spend_on_tools_and_raises_their_costs():
    spends, costs = zip(*(price(giveaway=part) for part in (0.0, 0.1, 0.3)), strict=True)
    assert sorted(spends, reverse=True) == list(spends)
    assert sorted(costs) == list(costs)


def test_slowdown_raises_tooling_and_platforms_save_costs():
    assert price(slowdown=1.0)[0] == pytest.approx(0.18 * 1.5)
    assert price(platforms=0.5)[1] == pytest.approx(0.08 * 0.8)


def test_shares_of_spend_and_costs_are_limited():
    spend, cost = tooling.price_tools(0.0, 0.9, 0.5, 2.0, 1.0, 0.08, 0.0, 0.0)
    assert spend == 0.6
    assert cost < 0.08
    assert tooling.price_tools(1.0, 0.9, 0.18, 0.0, 0.0, 0.9, 0.0, 0.0)[1] == 0.6


def test_in_the_baseline_enterprises_are_never_ready_at_once():
    found = rows(program(), ("readiness",))
    assert found["readiness"].max() < 1.0
    jumped = rows(holding({"readiness_jump_from": 2027.0}), ("readiness", "builds_log"))
    assert (jumped["readiness"][16:] == 1.0).all()
    np.testing.assert_array_equal(jumped["readiness"][:16], found["readiness"][:16])


def test_enterprises_that_are_ready_build_more():
    names = ("builds_log",)
    plain = rows(program(), names)["builds_log"]
    jumped = rows(holding({"readiness_jump_from": 2025.0}), names)["builds_log"]
    np.testing.assert_array_equal(plain[:8], jumped[:8])
    assert (jumped[9] >= plain[9]).all()
    assert (jumped[19] > plain[19]).mean() > 0.95


def test_slower_progress_bundles_tools_and_moves_spend_to_them():
    names = ("slowdown", "platform_share", "tooling_spend_share", "app_experiment_rate")
    held = {"scaling_break_factor": 0.2, "slowdown_tooling": 1.0, "tooling_giveaway": 0.0}
    fast, slow = (rows(holding(held | {"scaling_break_hazard": hazard}), names) for hazard in (0.0, 1.0))
    for name, sign in zip(names, (1.0, 1.0, 1.0, -1.0), strict=True):
        difference = sign * (slow[name][31] - fast[name][31])
        assert significant(difference)
        assert difference.mean() > 0.0


def test_without_responses_a_slowdown_moves_no_spend():
    names = ("tooling_spend_share", "app_experiment_rate", "tooling_share", "app_experiments")
    held = {"slowdown_tooling": 0.0, "slowdown_experiments": 0.0, "tooling_giveaway": 0.0}
    found = rows(holding(held), names)
    np.testing.assert_allclose(found["tooling_spend_share"], found["tooling_share"] / 0.85, rtol=1e-15)
    np.testing.assert_array_equal(found["app_experiment_rate"], found["app_experiments"])


def test_readiness_is_faster_on_platforms():
    held = {"readiness_platforms": 2.0}
    few, many = (
        rows(holding(held | {"platform_share_start": share}), ("readiness", "platform_share")) for share in (0.1, 0.5)
    )
    assert (many["readiness"][11] > few["readiness"][11]).all()
