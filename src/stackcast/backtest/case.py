"""One forecast and what followed."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np

MONEY = "USD_bn"


@dataclass(frozen=True)
class Case:
    """A series at a cut-off and one later figure of it.

    ``draws`` (n) of the calibrated model and ``prior`` (n) of the same model without calibration, in the series' unit;
    ``history`` are the figures public at the cut-off, ``history_quarters`` and ``quarter`` positions in quarters from
    the middle of 2023Q1. All figures are positive.
    """

    cutoff: datetime.date
    series: str
    entity: str
    date: datetime.date
    horizon_quarters: int
    unit: str
    observed: float
    draws: np.ndarray
    prior: np.ndarray
    history_quarters: np.ndarray
    history: np.ndarray
    quarter: float

    @property
    def ahead(self) -> float:
        """Quarters from the last public figure."""
        return float(self.quarter - self.history_quarters[-1])
