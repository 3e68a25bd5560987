"""What chips cost and who sells them: the leader's price and margin, the rivals' entry.

Bodies of compute_supply. The price follows a trend computed from NVIDIA filings and Epoch AI chip counts and passes on
a small part of scarcity: in 2023 NVIDIA did not raise prices until the market cleared. Rivals (second designers,
clouds' own chips) enter where the leader's margin is high, slowly; they sell the same unit at the same cost with a
margin of their own, and never dearer than the leader (assumption).
"""

from __future__ import annotations

from stackcast.engine.vecmath import exp

MARGIN_DRIFTS_FROM = 2026.0
LOWEST_MARGIN = 0.02
HIGHEST_MARGIN = 0.95
HIGHEST_RIVAL_SHARE = 0.9
MIDDLE_MOAT = 0.5


def price_chips(
    chip_scarcity,
    power_scarcity,
    power_rent_share,
    last_chip_price_log,
    chip_price_trend,
    chip_price_response,
    chip_price_noise,
    chip_price_shock,
    chip_price_start,
):
    """The leader's price per H100e: trend, a part of scarcity, noise."""
    pressure = chip_scarcity + power_rent_share * power_scarcity
    drift = 0.25 * chip_price_response * pressure - chip_price_trend
    price_log = last_chip_price_log + drift + chip_price_noise * chip_price_shock
    return pressure, price_log, chip_price_start * exp(price_log)


def set_leader_margin(
    year,
    last_chip_margin_base,
    chip_margin_long,
    chip_margin_drift,
    chip_margin_response,
    chip_pressure,
    moat_margin,
    moat_ecosystem,
):
    """The leader's gross margin: a base that drifts to its long-run level, more when scarce or locked in."""
    drift = chip_margin_drift if year >= MARGIN_DRIFTS_FROM else 0.0
    base = last_chip_margin_base + drift * (chip_margin_long - last_chip_margin_base)
    margin = base + chip_margin_response * chip_pressure + moat_margin * (moat_ecosystem - MIDDLE_MOAT)
    return base, min(max(margin, LOWEST_MARGIN), HIGHEST_MARGIN)


def share_silicon(
    rival_long,
    rival_response,
    last_leader_margin,
    chip_margin_long,
    last_rival_share,
    rival_pace,
    leader_margin,
    rival_margin,
    leader_price,
):
    """Rivals' share of shipments; price and margin over all vendors, who make a unit at one cost."""
    target = min(rival_long * exp(rival_response * (last_leader_margin - chip_margin_long)), HIGHEST_RIVAL_SHARE)
    share = last_rival_share + rival_pace * (target - last_rival_share)
    relative = min((1.0 - leader_margin) / (1.0 - rival_margin), 1.0)
    average = 1.0 - share * (1.0 - relative)
    return share, leader_price * average, 1.0 - (1.0 - leader_margin) / average
