"""Moats: steady states, limits, what builds them, what they do to margins."""

from __future__ import annotations

import math

import numpy as np
import pytest

from stackcast.mechanisms import moats
from tests.mechanisms.baseline import holding, program, rows, significant

NAMES = tuple(f"moat_{kind}" for kind in moats.KINDS)
BUILD, DECAY = 0.06, 0.04

# Values of last quarter's rows, and the drivers that they give.
HARDWARE = {"chip_scarcity": (0.6, 0.4), "rival_share": (0.3, 0.7), "hyperscaler_share": (0.8, 0.8)}
SOFTWARE = {"model_gap": (0.1, 0.25), "trial_share": (0.3, 0.7), "premium_kept": (0.9, 0.9)}


def step(body, states, drivers, build=BUILD, decay=DECAY):
    """One quarter of three moats."""
    return body(
        *(value for state, driver in zip(states, drivers, strict=True) for value in (state, build, decay, driver))
    )


@pytest.mark.parametrize(
    ("body", "sources"), [(moats.dig_hardware_moats, HARDWARE), (moats.dig_software_moats, SOFTWARE)]
)
def test_a_moat_settles_where_what_is_built_equals_what_is_lost(body, sources):
    states = (0.5, 0.5, 0.5)
    for _ in range(1500):
        states = step(body, states, [row for row, _ in sources.values()])
    expected = [BUILD * x / (BUILD * x + DECAY) for _, x in sources.values()]
    assert states == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("body", [moats.dig_hardware_moats, moats.dig_software_moats])
def test_no_moat_outlives_its_driver(body):
    none = (0.0, 1.0, 0.0)  # rivals, or customers on trial, have everything
    states = (0.9, 0.6, 0.3)
    for _ in range(20):
        states = step(body, states, none)
    assert states == pytest.approx([start * (1.0 - DECAY) ** 20 for start in (0.9, 0.6, 0.3)])


def test_without_decay_a_moat_fills_and_the_distance_falls_geometrically():
    states = (0.5, 0.5, 0.5)
    for _ in range(30):
        states = step(moats.dig_hardware_moats, states, (1.5, 0.0, 1.0), decay=0.0)
    assert states == pytest.approx([1.0 - 0.5 * (1.0 - BUILD) ** 30] * 3)


def test_a_gap_beyond_the_reference_builds_no_faster():
    assert step(moats.dig_software_moats, (0.5,) * 3, (0.4, 0.3, 0.9)) == step(
        moats.dig_software_moats, (0.5,) * 3, (4.0, 0.3, 0.9)
    )


@pytest.mark.parametrize("rates", [(1.0, 1.0), (1.0, 0.0), (0.0, 1.0)])
def test_moats_stay_between_nothing_and_one_at_any_rate(rates):
    for start in (0.0, 0.3, 1.0):
        states = step(moats.dig_hardware_moats, (start,) * 3, (1.5, 0.0, 1.0), *rates)
        assert all(0.0 <= state <= 1.0 for state in states)


def test_foundries_margin_takes_its_moat_within_limits():
    assert moats.price_foundry(0.5, 0.2, 0.5) == (0.5,)
    assert moats.price_foundry(0.5, 0.2, 0.9)[0] == pytest.approx(0.58)
    assert moats.price_foundry(0.5, 0.2, 0.1)[0] == pytest.approx(0.42)
    assert moats.price_foundry(0.89, 0.2, 1.0) == (0.9,)
    assert moats.price_foundry(0.06, 0.2, 0.0) == (0.05,)


def test_without_a_margin_moats_do_nothing():
    other = {f"{name}_{rate}": value for name in NAMES for rate, value in (("build", 0.3), ("decay", 0.0))}
    names = ("foundry_gross_margin", "foundry_margin", "chip_margin", "revenue_cloud", "gross_profit_apps", "end_spend")
    plain = rows(holding({"moat_margin": 0.0}), names, n=256)
    dug = rows(holding({"moat_margin": 0.0} | other), names, n=256)
    np.testing.assert_array_equal(plain["foundry_gross_margin"], plain["foundry_margin"])
    for name in names:
        np.testing.assert_array_equal(plain[name], dug[name])


def test_moats_start_from_the_middle_and_stay_shares():
    found = rows(program(), NAMES)
    for name in NAMES:
        assert abs(found[name][0] - 0.5).max() < 0.2
        assert found[name].min() >= 0.0
        assert found[name].max() <= 1.0


@pytest.mark.parametrize(
    ("moat", "prior", "low", "high", "sign"),
    [
        ("supply", "packaging_start", 1e5, 6e5, -1.0),
        ("ecosystem", "rival_long", 0.2, 0.7, -1.0),
        ("scale", "own_centre_long", 0.0, 0.4, -1.0),
        ("algorithms", "open_lag", 3.0, 14.0, 1.0),
        ("distribution", "trial_fraction", 0.3, 0.8, -1.0),
        ("pipeline", "data_erosion", 0.3, 1.0, -1.0),
    ],
)
def test_each_moat_follows_its_driver(moat, prior, low, high, sign):
    name = f"moat_{moat}"
    first, second = (rows(holding({prior: value}), (name,), n=256)[name][15] for value in (low, high))
    assert significant(second - first)
    assert sign * (second - first).mean() > 0.0


@pytest.mark.parametrize(
    ("moat", "margin", "revenue"),
    [
        ("supply", "gross_profit_foundry", "revenue_foundry"),
        ("ecosystem", "gross_profit_chips", "revenue_chips"),
        ("scale", "gross_profit_cloud", "revenue_cloud"),
        ("algorithms", "gross_profit_closed_models", "revenue_closed_models"),
        ("distribution", "gross_profit_apps", "revenue_apps"),
        ("pipeline", "gross_profit_data", "revenue_data"),
    ],
)
def test_a_moat_that_is_built_faster_raises_its_layers_margin(moat, margin, revenue):
    slow, fast = (
        rows(holding({f"moat_{moat}_build": build, "moat_margin": 0.2}), (margin, revenue), n=256)
        for build in (0.0, 0.3)
    )
    difference = fast[margin][15] / fast[revenue][15] - slow[margin][15] / slow[revenue][15]
    assert significant(difference)
    assert np.median(difference) > 0.0


def test_half_of_a_moat_is_gone_after_the_half_life_of_its_decay():
    quarters = round(math.log(2.0) / -math.log(1.0 - DECAY))
    states = (1.0, 1.0, 1.0)
    for _ in range(quarters):
        states = step(moats.dig_hardware_moats, states, (0.0, 1.0, 0.0))
    assert states[0] == pytest.approx(0.5, rel=0.02)
