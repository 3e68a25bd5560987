"""The result of a run: distributions with their errors, and the folder they are kept in."""

from .cells import Probability
from .forecast import Forecast
from .provenance import forecast_of
from .store import check_target, open_run, save

__all__ = ["Forecast", "Probability", "check_target", "forecast_of", "open_run", "save"]
