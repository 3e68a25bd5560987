"""Forecasts at dates of the past, scored against what followed and against naive rivals."""

from stackcast.backtest.run import Backtest, backtest
from stackcast.backtest.table import by_horizon, by_series, headline, records

__all__ = ["Backtest", "backtest", "by_horizon", "by_series", "headline", "records"]
