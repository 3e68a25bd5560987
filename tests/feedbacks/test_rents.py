"""The binding limit sets the rent: who owns what is short earns more, in the quarters in which it is short.

Each case makes one thing short and compares with the baseline on the same draws, in the trajectories in which that
thing binds in the short world and does not in the baseline.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from tests.feedbacks.paired import ERRORS, TRAJECTORIES, errors_from_none, figures, program

CHIPS, POWER, TEXT = 1, 2, 4


@dataclass(frozen=True)
class Short:
    """A thing made short, its number in ``binding_constraint``, when it is looked at, and whose rent rises."""

    what: str
    kind: int
    quarter: str
    settings: tuple[str, ...]
    signs: dict[str, int]

    def __str__(self) -> str:
        return self.what


CASES = (
    Short(
        "chips",
        CHIPS,
        "2025Q4",
        (
            "priors.capacity_response.value=0",
            "priors.packaging_growth.value=0.03",
            "priors.memory_growth.value=0.03",
        ),
        {"chip_margin": 1, "leader_margin": 1, "chip_price": 1},
    ),
    Short(
        "power",
        POWER,
        "2030Q4",
        ("priors.power_build_2026.value=1.5", "priors.power_growth.value=0", "priors.power_response.value=0"),
        {"rental_price": 1, "rental_margin": 1},
    ),
    Short(
        "text",
        TEXT,
        "2029Q4",
        ("priors.text_stock_start.value=10e12", "priors.synthetic_worth.value=0"),
        {"data_price_log": 1, "data_gross_margin": 1},
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_owner_of_what_is_short_earns_the_rent(case):
    binding = f"binding_constraint @ {case.quarter}"
    wanted = [binding, *(f"{row} @ {case.quarter}" for row in case.signs)]
    short, plenty = figures(program(*case.settings), wanted), figures(program(), wanted)
    only = (short[binding] == case.kind) & (plenty[binding] != case.kind)
    assert only.sum() > TRAJECTORIES / 20
    for row, sign in case.signs.items():
        difference = (short[f"{row} @ {case.quarter}"] - plenty[f"{row} @ {case.quarter}"])[only]
        assert sign * errors_from_none(difference) > ERRORS, row


def test_scarce_power_pays_the_cloud_more_than_the_chips():
    """The rent of sites is the cloud's, less the part that ``power_rent_share`` passes on to chips."""
    (case,) = (case for case in CASES if case.kind == POWER)
    wanted = [f"gross_margin_{layer} @ 2030" for layer in ("cloud", "chips")]
    short, plenty = figures(program(*case.settings), wanted), figures(program(), wanted)
    cloud, chips = (short[name] - plenty[name] for name in wanted)
    assert errors_from_none(np.clip(cloud, -2, 2)) > ERRORS
    assert errors_from_none(np.clip(cloud, -2, 2) - chips) > ERRORS


def test_what_binds_is_recorded_in_every_trajectory_and_quarter():
    quarters = [f"binding_constraint @ {year}Q{quarter}" for year in range(2023, 2036) for quarter in (1, 2, 3, 4)]
    found = np.stack(list(figures(program(), quarters).values()))
    assert set(np.unique(found)) <= {0.0, 1.0, 2.0, 3.0, 4.0}
    assert all((found == kind).any() for kind in (CHIPS, POWER, TEXT))
