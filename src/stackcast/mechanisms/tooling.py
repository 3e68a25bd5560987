"""Tooling: point solutions against platforms, enterprises' readiness, what slower progress does to spending.

Platforms gain by preferential attachment and lose to new point tools, which come as fast as the frontier moves;
readiness of enterprises saturates, faster on platforms (assumptions, after the account of a stack of ten point tools
by Radical Ventures 2023). When progress slows, spending moves from experiments to optimisation. Clouds give tools away
with the platform: what they do not charge for is lost to tooling, while its costs stay.
"""

from __future__ import annotations

from stackcast.engine.declare import Loop, Mechanism, Row
from stackcast.laws import dynamics

_concentration = dynamics.concentration.kernel
_saturation = dynamics.saturation.kernel

# Orders of magnitude of effective compute a month: 0.67 a year of compute and 0.43 of algorithms.
REFERENCE_PACE = 0.09
# What clouds give away is already in the shares observed in 2023-25 (assumption: the middle of the prior).
PRICE_OBSERVED = 0.85
HIGHEST_SPEND_SHARE = 0.6
HIGHEST_COST_SHARE = 0.6


def bundle_tools(
    last_pace, last_platform_share, platform_bundling, platform_unbundling, app_experiments, slowdown_experiments
):
    """Slowdown of the frontier in [0, 1], platforms' share of tooling, applications' experiments over revenue."""
    slowdown = min(max(1.0 - last_pace / REFERENCE_PACE, 0.0), 1.0)
    platforms = _concentration(last_platform_share, platform_bundling, platform_unbundling * (1.0 - slowdown), 0.0)
    experiments = app_experiments * (1.0 - slowdown_experiments * slowdown)
    return slowdown, platforms, experiments


def ready_enterprises(year, last_readiness, readiness_pace, readiness_platforms, platform_share, readiness_jump_from):
    """Share of enterprises able to build; all of them from a date that a scenario may set."""
    grown = _saturation(last_readiness, readiness_pace * (1.0 + readiness_platforms * platform_share))
    return (1.0 if year >= readiness_jump_from else min(grown, 1.0),)


def price_tools(
    last_hyperscaler_share,
    tooling_giveaway,
    tooling_share,
    slowdown_tooling,
    slowdown,
    tooling_other_cost,
    platform_saving,
    platform_share,
):
    """Tooling's share of builds, and its costs outside the stack over revenue."""
    price = (1.0 - tooling_giveaway * last_hyperscaler_share) / PRICE_OBSERVED
    spend = tooling_share * (1.0 + slowdown_tooling * slowdown) * price
    cost = tooling_other_cost * (1.0 - platform_saving * platform_share) / price
    return min(spend, HIGHEST_SPEND_SHARE), min(cost, HIGHEST_COST_SHARE)


TOOLING = Mechanism(
    name="tooling",
    doc="Point tools against platforms, enterprises' readiness, tooling's price and costs.",
    priors={
        "platform_share_start": "1",
        "platform_bundling": "per_quarter",
        "platform_unbundling": "per_quarter",
        "app_experiments": "1",
        "slowdown_experiments": "1",
        "readiness_start": "1",
        "readiness_pace": "1",
        "readiness_platforms": "1",
        "readiness_jump_from": "calendar_year",
        "tooling_giveaway": "1",
        "tooling_share": "1",
        "slowdown_tooling": "1",
        "tooling_other_cost": "1",
        "platform_saving": "1",
    },
    carries={
        "pace": REFERENCE_PACE,
        "platform_share": "platform_share_start",
        "readiness": "readiness_start",
        "hyperscaler_share": None,
    },
    writes={
        "slowdown": Row("1", "price", "how far the frontier's pace is below that of 2019-25", "share"),
        "platform_share": Row("1", "stock", "platforms' share of tooling", "share"),
        "app_experiment_rate": Row("1", "price", "applications' experiments over revenue"),
        "readiness": Row("1", "stock", "share of enterprises ready to build", "share"),
        "tooling_spend_share": Row("1", "price", "tooling's share of spend on builds", "share"),
        "tooling_cost_share": Row("1", "price", "tooling's costs outside the stack over revenue"),
    },
    neutral={
        "slowdown": 0.0,
        "platform_share": "platform_share_start",
        "app_experiment_rate": "app_experiments",
        "readiness": "readiness_start",
        "tooling_spend_share": "tooling_share",
        "tooling_cost_share": "tooling_other_cost",
    },
    loops=(
        Loop(bundle_tools, ("slowdown", "platform_share", "app_experiment_rate")),
        Loop(ready_enterprises, ("readiness",)),
        Loop(price_tools, ("tooling_spend_share", "tooling_cost_share")),
    ),
)
