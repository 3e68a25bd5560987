"""Conditioning a scenario on the record: guided runs, sequential Monte Carlo over the parameters, the ensemble."""

from stackcast.calibrate.calibration import Calibration, calibrate
from stackcast.calibrate.summary import Summary, summarise

__all__ = ["Calibration", "Summary", "calibrate", "summarise"]
