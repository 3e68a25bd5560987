"""What a checked expression is made of."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from .evaluate import Step
from .scores import Score
from .tree import Place

Kind = Literal["number", "truth", "date"]
KINDS: dict[Kind, str] = {"number": "a number", "truth": "a condition (true or false)", "date": "a date"}


@dataclass(frozen=True)
class Term:
    """A checked part: what it is, how it is evaluated, and its value where it is the same in every trajectory."""

    kind: Kind
    step: Step
    place: Place
    constant: float | None = None
    shift: float = 0.0
    """Years that were added to a date."""
    score: Score | None = None
    """Of a condition, how near a trajectory is to meeting it."""


@dataclass(frozen=True)
class Claim:
    """A checked question: the kind of its answer, how answer and condition are evaluated, whether it compares runs.

    ``until`` is the last quarter that dates are compared with: in a run that ends before it, what is true of an event
    that has not happened would be unknown. ``score`` is how near a trajectory is to meeting a condition.
    """

    text: str
    kind: Kind
    step: Step
    condition: Step | None
    paired: bool = False
    until: float = -math.inf
    score: Score | None = None


class Columns:
    """Figures to observe, each (row, quarter) once per use with neighbouring dates."""

    def __init__(self) -> None:
        self.pairs: list[tuple[str, int]] = []
        self._known: dict[tuple[str, tuple[int, ...]], slice] = {}

    def take(self, row: str, steps: tuple[int, ...]) -> slice:
        """Where the figures of a row at these quarters will stand."""
        if (row, steps) not in self._known:
            self._known[row, steps] = slice(len(self.pairs), len(self.pairs) + len(steps))
            self.pairs += [(row, step) for step in steps]
        return self._known[row, steps]


@dataclass
class Time:
    """The dates that undated series get: none, one (``running`` false) or those of a call."""

    steps: tuple[int, ...] = ()
    dates: tuple[float, ...] = ()
    yearly: bool = True
    running: bool = False
    used: bool = field(default=False)
