"""What a mechanism says about itself: the rows it reads, carries and writes, its priors and shocks.

A mechanism's equations are plain scalar functions. The names of a function's arguments say what it
gets; the engine compiles it into a loop over the lanes of a block.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

NEVER = 9999.0
"""Value of an event row while the event has not happened; afterwards the date of its quarter's start."""

MAX_INPUTS = 12
MAX_OUTPUTS = 6
LAST = "last_"
CLOCK = ("year", "discount_factor")
"""Rows the engine keeps: calendar date of the quarter's start, present-value factor of the year's middle."""

RECORD = ("observed", "error", "seen", "weighed")
"""Rows the engine keeps for every series that a mechanism observes: log of the figure, standard deviation of its
measurement, 1 where there is one, 1 where it counts as evidence."""

Kind = Literal["flow", "stock", "price", "event", "category"]
Report = Literal["money", "share", "ratio", "positive", "category", "event"]


def record_rows(series: str) -> tuple[str, ...]:
    """Names of the rows that hold a series of the record."""
    return tuple(f"{what}_{series}" for what in RECORD)


@dataclass(frozen=True)
class Row:
    """One named row of the block table.

    A ``flow`` is the amount of the quarter (a year is the sum), a ``stock`` or ``price`` the value at
    the quarter's end (a year is its end). ``report`` chooses the bins of a reported row; None keeps
    the row internal. ``metric`` and ``layer`` name a per-layer figure; else the metric is the row's name.
    """

    unit: str
    kind: Kind
    doc: str
    report: Report | None = None
    metric: str | None = None
    layer: str | None = None


@dataclass(frozen=True)
class Loop:
    """A scalar function run over all lanes; its argument names are rows, its result the rows ``writes``.

    ``when="start"`` runs once per trajectory on priors alone, before the first quarter.
    ``reads`` overrides the argument names.
    """

    body: Callable
    writes: tuple[str, ...]
    when: Literal["quarter", "start"] = "quarter"
    reads: tuple[str, ...] | None = None

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the values the body takes, in order."""
        if self.reads is not None:
            return self.reads
        return tuple(inspect.signature(getattr(self.body, "py_func", self.body)).parameters)

    @property
    def label(self) -> str:
        """Name of the body, for messages."""
        return getattr(self.body, "__name__", "loop")


@dataclass(frozen=True)
class Mechanism:
    """A named part of the model: declaration plus loops.

    ``priors`` maps each prior to the unit the equations work in; ``shocks`` maps each shock to
    "normal" or "uniform", fresh every quarter; ``reads`` are rows an earlier mechanism writes this
    quarter; ``carries`` are rows used at the end of last quarter (argument ``last_<row>``) with the
    constant or prior that starts them (None: its writer says); ``writes`` are its own rows;
    ``neutral`` is what those rows hold when a scenario switches the mechanism off. ``observes`` are series of the
    record whose figures its loops take (``observed_<series>`` and so on, see ``RECORD``); a free run has none.
    """

    name: str
    doc: str
    loops: tuple[Loop, ...]
    writes: Mapping[str, Row]
    priors: Mapping[str, str] = field(default_factory=dict)
    shocks: Mapping[str, str] = field(default_factory=dict)
    reads: tuple[str, ...] = ()
    carries: Mapping[str, float | str | None] = field(default_factory=dict)
    neutral: Mapping[str, float | str] = field(default_factory=dict)
    observes: tuple[str, ...] = ()
    cached: bool = True

    def __post_init__(self) -> None:
        for name in ("writes", "priors", "shocks", "carries", "neutral"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        object.__setattr__(self, "loops", tuple(self.loops))
        object.__setattr__(self, "reads", tuple(self.reads))
        object.__setattr__(self, "observes", tuple(self.observes))
