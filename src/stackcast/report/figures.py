"""The pictures of a report are those of the run folder."""

from ..forecast.figures import PICTURES, write_all

__all__ = ["PICTURES", "write_all"]
