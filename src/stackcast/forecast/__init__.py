"""The result of a run: distributions with their errors, and the folder they are kept in.

Names are imported when first used: who draws a run's pictures needs neither the compiler nor pandas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import lazily

if TYPE_CHECKING:
    from .cells import Probability
    from .forecast import Forecast
    from .provenance import forecast_of
    from .store import check_target, open_run, save

__all__ = ["Forecast", "Probability", "check_target", "forecast_of", "open_run", "save"]

_HOME = {
    "Forecast": "forecast",
    "Probability": "cells",
    "check_target": "store",
    "forecast_of": "provenance",
    "open_run": "store",
    "save": "store",
}

__getattr__, __dir__ = lazily(__name__, _HOME)
