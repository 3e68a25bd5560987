"""Power supply: gigawatts of AI sites and the rate at which they are added.

Sites are built ahead of what the fleet and its orders draw by a drawn headroom, no faster than the build rate. That
rate ramps up geometrically to its level at the end of 2025, then grows at a drawn pace and answers scarcity
with the delay that a site takes, within a limit (assumption; build times by Epoch AI).
"""

from __future__ import annotations

from stackcast.engine.declare import Loop, Mechanism, Row
from stackcast.engine.vecmath import exp, log

RAMP_ENDS = 2026.0
RAMP_QUARTERS = 12.0


def prepare_power(power_build_start, power_build_2026, power_build_time):
    """Growth of the build rate during the ramp, weight of one quarter's news in the build decision."""
    ramp = exp(log(power_build_2026 / power_build_start) / RAMP_QUARTERS) - 1.0
    return ramp, min(0.25 / power_build_time, 1.0)


def build_power(
    year,
    last_power_gw,
    last_power_rate,
    last_power_news,
    last_power_scarcity,
    last_power_wanted,
    power_headroom,
    power_ramp,
    power_news_weight,
    power_growth,
    power_response,
    power_response_limit,
):
    """Sites' capacity at the quarter's end: built at most at the build rate, and no further ahead than wanted."""
    news = last_power_news + power_news_weight * (last_power_scarcity - last_power_news)
    later = power_growth + min(power_response * news, power_response_limit)
    rate = last_power_rate * (1.0 + (power_ramp if year < RAMP_ENDS else later))
    room = max(power_headroom * last_power_wanted - last_power_gw, 0.0)
    return last_power_gw + min(rate, room), rate, news


POWER_SUPPLY = Mechanism(
    name="power_supply",
    doc="Power capacity of AI sites.",
    priors={
        "power_start": "GW",
        "power_build_start": "GW_per_quarter",
        "power_build_2026": "GW_per_quarter",
        "power_build_time": "years",
        "power_headroom": "1",
        "power_growth": "log_per_quarter",
        "power_response": "1",
        "power_response_limit": "log_per_quarter",
    },
    carries={
        "power_gw": "power_start",
        "power_rate": "power_build_start",
        "power_news": 0.0,
        "power_scarcity": None,
        "power_wanted": None,
    },
    writes={
        "power_ramp": Row("1", "price", "growth of the build rate a quarter until 2026"),
        "power_news_weight": Row("1", "price", "weight of one quarter in the scarcity that builders act on"),
        "power_gw": Row("GW", "stock", "power capacity of AI sites", "positive"),
        "power_rate": Row("GW", "flow", "capacity that can be added"),
        "power_news": Row("log", "stock", "power scarcity that builders act on"),
    },
    neutral={"power_gw": 1e6},
    loops=(
        Loop(prepare_power, ("power_ramp", "power_news_weight"), when="start"),
        Loop(build_power, ("power_gw", "power_rate", "power_news")),
    ),
)
