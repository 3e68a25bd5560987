"""The synthetic forecasts of tests/forecast."""

from __future__ import annotations

import importlib.util
from pathlib import Path

_SPEC = importlib.util.spec_from_file_location(
    "stackcast_forecast_fixtures", Path(__file__).parents[1] / "forecast" / "conftest.py"
)
_MODULE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MODULE)

synthetic, stack, small, market = _MODULE.synthetic, _MODULE.stack, _MODULE.small, _MODULE.market
