"""A limit of every essay's world in which the answer is known: a closed form, or what a figure must come to.

Priors are held in the mechanisms' units and may leave the domain of scenarios: these are limits, not worlds.
"""

from __future__ import annotations

import numpy as np

from tests.feedbacks.paired import ERRORS, errors_from_none, figures, history, holding

NEVER = 0.0
CALM = {
    "supply_shock_hazard": NEVER, "bust_probability": NEVER, "scaling_break_hazard": NEVER, "sales_noise": NEVER
}  # fmt: skip
SITES_ENOUGH = {"power_start": 1e6, "power_headroom": 1e9}
DEMAND_FIXED = {
    "growth_inertia": 0.0, "products_pace": 0.0, "builds_pace": 0.0, "adoption_innovation": 0.0, "churn": 0.0,
    "demand_noise": 0.0, "price_elasticity": 1.0, "sales_noise": 0.0,
}  # fmt: skip
CAPACITY_FIXED = {
    "packaging_growth": 0.0, "memory_growth": 0.0, "logic_growth": 0.0, "capacity_response": 0.0,
}  # fmt: skip


def test_without_rivals_and_with_all_capital_in_chips_one_designer_takes_the_margin_of_all_capital():
    """Essay A: its gross profit is capital spending times its margin, and what it pays the fabs is the rest's part."""
    share = 0.8
    held = {"rival_share_start": 0.0, "rival_long": 0.0, "chips_share_of_capital": 1.0, "foundry_cost_share": share}
    rows = history(
        holding(held),
        ["capital_spending", "leader_margin", "chip_price", "leader_price", "gross_profit_chips", "revenue_foundry"],
    )
    spent = rows["capital_spending"]
    np.testing.assert_allclose(rows["chip_price"], rows["leader_price"], rtol=1e-12)
    np.testing.assert_allclose(rows["gross_profit_chips"], spent * rows["leader_margin"], rtol=1e-9)
    np.testing.assert_allclose(rows["revenue_foundry"], spent * (1 - rows["leader_margin"]) * share, rtol=1e-9)


def test_open_models_without_a_lag_and_buyers_who_see_only_prices_leave_no_premium():
    """Essay B: demand and supply fixed, lag zero, sensitivity s high: the brand b falls as b (1 - a)^t to 1 / s."""
    ratio, adjust, pricing, lag = 0.1, 0.25, 0.6, 1e-9
    held = DEMAND_FIXED | CAPACITY_FIXED | CALM | {
        "open_lag": lag, "open_lag_later": 1.0, "open_lag_noise": 0.0, "open_leap_hazard": NEVER,
        "open_price_ratio": ratio, "open_share_adjustment": adjust, "gap_pricing": pricing,
        "price_sensitivity": 1e9, "gap_preference": 0.0,
    }  # fmt: skip
    rows = history(holding(held), ["closed_premium", "equal_quality_premium", "spend_products", "shipments"])
    start = -np.log(ratio) - 0.4 * pricing
    brand = start * (1 - adjust) ** np.arange(1, 53)
    np.testing.assert_allclose(rows["closed_premium"], np.exp(brand)[:, None].repeat(256, 1) - 1, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(rows["equal_quality_premium"], rows["closed_premium"], rtol=1e-5, atol=1e-6)
    assert (rows["closed_premium"][-1] < 1e-5).all()
    np.testing.assert_allclose(rows["spend_products"], rows["spend_products"][:1].repeat(52, 0), rtol=1e-12)


def test_chips_whose_makers_do_not_grow_ship_what_they_could_at_the_start():
    """Essay C: capacity without growth or response: shipments are the smallest of the three starts in all quarters."""
    held = CAPACITY_FIXED | CALM | SITES_ENOUGH | {"backlog_start": 1e9, "order_cancellation": 0.0}
    held |= {"packaging_start": 2e5, "memory_start": 3e5, "logic_start": 1e6}
    rows = history(holding(held), ["shipments", "binding_constraint", "chip_scarcity", "fleet_h100e"])
    np.testing.assert_allclose(rows["shipments"], 2e5, rtol=1e-12)
    np.testing.assert_allclose(
        rows["chip_scarcity"], 1.5, rtol=1e-12
    )  # orders beyond e^1.5 times capacity count no more
    assert (rows["binding_constraint"] == 1).all()


def test_a_fleet_of_constant_shipments_comes_to_shipments_times_life():
    """Essay C: what enters a quarter is what leaves it when the fleet is shipments times four times the life."""
    life = 2.0
    held = (
        CAPACITY_FIXED | CALM | SITES_ENOUGH | {"backlog_start": 1e9, "order_cancellation": 0.0, "hardware_life": life}
    )
    held |= {"packaging_start": 2e5, "memory_start": 3e5, "logic_start": 1e6}
    fleet = history(holding(held), ["fleet_h100e"])["fleet_h100e"][-1]
    np.testing.assert_allclose(fleet, 2e5 * 4 * life, rtol=1e-3)


def test_platforms_without_unbundling_take_all_along_a_logistic():
    """Essay D: odds grow by 1 + b to 1 / (1 - b) a quarter, so the share is between two logistics and goes to 1."""
    start, bundling = 0.1, 0.1
    held = {
        "platform_share_start": start, "platform_bundling": bundling, "platform_unbundling": 0.0,
        "readiness_jump_from": 2023.0,
    }  # fmt: skip
    rows = history(holding(held), ["platform_share", "readiness"])
    share, quarters = rows["platform_share"], np.arange(1, 53)[:, None]
    odds, first = share / (1 - share), start / (1 - start)
    assert (odds >= first * (1 + bundling) ** quarters * (1 - 1e-9)).all()
    assert (odds <= first * (1 - bundling) ** -quarters * (1 + 1e-9)).all()
    assert (share[-1] > 0.93).all()
    assert (rows["readiness"] == 1.0).all()


def test_a_lab_whose_returns_are_gone_stands_still_and_buyers_turn_to_tools():
    """Essay E, returns: a break that leaves nothing: capability stays, pace halves away, tools get their full share.

    With nothing given away their price is 1 / 0.85 of the observed one, which holds a loss of 0.15.
    """
    tools, more = 0.2, 0.5
    held = {
        "scaling_break_hazard": 1e9, "scaling_break_from": 2026.0, "scaling_break_factor": 0.0, "tooling_share": tools,
        "slowdown_tooling": more, "tooling_giveaway": 0.0,
    }  # fmt: skip
    rows = history(holding(held), ["capability", "pace", "slowdown", "tooling_spend_share"])
    after = slice(12, None)  # 2026Q1 on
    np.testing.assert_array_equal(rows["capability"][after], rows["capability"][12:13].repeat(40, 0))
    np.testing.assert_allclose(rows["pace"][after], rows["pace"][11] * 0.75 ** np.arange(1, 41)[:, None], rtol=1e-9)
    np.testing.assert_allclose(rows["slowdown"][-1], 1.0, atol=1e-3)
    np.testing.assert_allclose(rows["tooling_spend_share"][-1], tools * (1 + more) / 0.85, rtol=1e-3)


def test_text_that_no_one_misses_costs_what_it_did_and_text_that_is_gone_has_its_price():
    """Essay E, data: without shortage the price is 1; its log goes to response times shortage, log 10 at most."""
    response, adjust, rent = 0.8, 0.3, 0.4
    held = {"data_response": response, "data_price_adjustment": adjust, "moat_margin": 0.0, "data_rent": rent,
            "data_margin": 0.4}  # fmt: skip
    plenty = history(holding(held | {"text_stock_start": 1e30}), ["data_price", "data_gross_margin", "exhaustion"])
    assert (plenty["data_price"] == 1.0).all()
    np.testing.assert_allclose(plenty["data_gross_margin"], 0.4, rtol=1e-12)
    assert (plenty["exhaustion"] == 9999.0).all()
    scarce = history(
        holding(held | {"text_stock_start": 1e12, "text_growth": 0.0}),
        ["data_price", "data_gross_margin", "text_shortage"],
    )
    log_price = np.zeros(256)
    for quarter in range(52):
        target = np.minimum(response * scarce["text_shortage"][quarter], np.log(10.0))
        log_price += adjust * (target - log_price)
        np.testing.assert_allclose(scarce["data_price"][quarter], np.exp(log_price), rtol=1e-9)
        np.testing.assert_allclose(
            scarce["data_gross_margin"][quarter], 0.4 + rent * (1 - np.exp(-log_price)), rtol=1e-9
        )


def test_without_new_sites_the_fleet_is_flat_and_hours_are_dearer():
    """Essay E, hardware: no new sites, no better chips: the fleet is what sites carry, shipments only replace."""
    sites, kw = 1.2, 2.3
    nothing = 1e-12
    held = CALM | {
        "power_start": sites, "power_build_start": nothing, "power_build_2026": nothing, "power_growth": 0.0,
        "power_response": 0.0, "kw_new_start": kw, "kw_decline": 0.0, "fleet_start": 0.3e6,
    }  # fmt: skip
    base = holding(CALM)
    limited = holding(held)
    rows = history(limited, ["fleet_h100e", "binding_constraint", "power_used", "shipments"])
    binds = rows["binding_constraint"] == 2
    assert (rows["power_used"] <= sites * (1 + 1e-9)).all()
    np.testing.assert_allclose(rows["fleet_h100e"][binds], sites * 1e6 / kw, rtol=1e-6)
    assert binds[12:].mean() > 0.95
    wanted = ["rental_price @ 2030Q4", "rental_margin @ 2030Q4"]
    here, there = figures(limited, wanted), figures(base, wanted)
    assert all(errors_from_none(here[name] - there[name]) > ERRORS for name in wanted)
