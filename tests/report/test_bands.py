"""Plausibility bands: what a run says about published forecasts."""

from __future__ import annotations

import numpy as np
import pytest

from stackcast.report.bands import BANDS, standings


def _by_id(forecast):
    return {place.band.id: place.standing for place in standings(forecast)}


def _run(synthetic, **changes):
    """A run whose outputs lie inside every band, with some replaced."""
    n = 1000
    rng = np.random.default_rng(5)
    values = {
        "flop": 2e29 * np.exp(rng.normal(0.0, 0.5, n)),
        "fleet": 1e8 * np.exp(rng.normal(0.0, 0.5, n)),
        "limit": rng.choice(5, n),
        "text": np.full(n, 2028.5),
        "cost": np.full(n, 2.0),
        "chips": np.full(n, 0.75),
    } | changes
    draws = {
        synthetic.cell("frontier_flop", synthetic.POSITIVE, "", "2030", "FLOP"): values["flop"],
        synthetic.cell("fleet_h100e", synthetic.POSITIVE, "", "2030", "H100e"): values["fleet"],
        synthetic.cell("binding_constraint", synthetic.CATEGORY, "", "2029"): values["limit"],
        synthetic.cell("run_cost", synthetic.MONEY, "", "2027", "USD_bn"): values["cost"],
        synthetic.cell("exhaustion", synthetic.event_scale(synthetic.QUARTERS), "", "event", "year"): values["text"],
    }
    sample = {"share.chips.2024": values["chips"], "share.foundry.2024": np.full(n, 0.1)}
    return synthetic.forecast_from(draws, sample)


def test_every_band_names_its_source():
    assert [band.id for band in BANDS] == ["D1", "D2", "D3", "D4", "D5", "D6"]
    assert all(band.source and band.published for band in BANDS)


def test_a_run_inside_every_band_says_so(synthetic):
    assert {id_: standing.inside for id_, standing in _by_id(_run(synthetic)).items()} == dict.fromkeys(
        ("D1", "D2", "D3", "D4", "D5", "D6"), True
    )


@pytest.mark.parametrize(
    ("id_", "change"),
    [
        ("D1", {"flop": np.full(1000, 1e27)}),
        ("D2", {"limit": np.arange(1000) % 4}),
        ("D3", {"fleet": np.full(1000, 1e7)}),
        ("D4", {"text": np.full(1000, 9999.0)}),
        ("D5", {"cost": np.full(1000, 0.5)}),
        ("D6", {"chips": np.full(1000, 0.5)}),
    ],
)
def test_a_run_outside_a_band_says_so_of_that_one_alone(synthetic, id_, change):
    found = _by_id(_run(synthetic, **change))
    assert [key for key, standing in found.items() if standing.inside is False] == [id_]


def test_a_run_without_the_output_says_that(market):
    found = _by_id(market)
    assert found["D6"].inside is None
    assert found["D6"].text == "not an output of this run"
    assert "never" in found["D4"].text
