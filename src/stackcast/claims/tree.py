"""The tree of an expression: what was written, with the place where it stands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Where in the text something stands, and what it is."""

    start: int
    text: str


@dataclass(frozen=True)
class Moment:
    """A year, or a quarter of it (1 to 4)."""

    year: int
    quarter: int | None
    place: Place


@dataclass(frozen=True)
class Number:
    value: float
    place: Place


@dataclass(frozen=True)
class Quarter:
    """A quarter as a date to compare with."""

    moment: Moment
    place: Place


@dataclass(frozen=True)
class Never:
    place: Place


@dataclass(frozen=True)
class Series:
    """A metric, an event, or (bare, in a comparison) the name of a category."""

    metric: str
    layers: tuple[Place, ...]
    place: Place


@dataclass(frozen=True)
class Call:
    """``first``, ``max``, ``min``, ``sum`` or ``mean`` of an expression over dates, ``first``, ``max`` or ``min`` of a
    list, or ``other`` of an expression."""

    name: str
    bodies: tuple[Node, ...]
    over: tuple[Moment, Moment] | None
    place: Place
    depth: int = 0


@dataclass(frozen=True)
class Group:
    """An expression in parentheses."""

    body: Node
    place: Place
    depth: int = 0


@dataclass(frozen=True)
class Dated:
    """An expression whose undated series are those of a date."""

    body: Node
    moment: Moment
    place: Place
    depth: int = 0


@dataclass(frozen=True)
class Minus:
    body: Node
    place: Place
    depth: int = 0


@dataclass(frozen=True)
class Not:
    body: Node
    place: Place
    depth: int = 0


@dataclass(frozen=True)
class Chain:
    """Operands of one binding strength, from left to right: + and -, * and /, and, or.

    ``operators`` has one entry less than ``operands``: a long sum is flat, not deep.
    """

    operators: tuple[Place, ...]
    operands: tuple[Node, ...]
    place: Place
    depth: int = 0


@dataclass(frozen=True)
class Compare:
    operator: Place
    left: Node
    right: Node
    place: Place
    depth: int = 0


Node = Number | Quarter | Never | Series | Call | Group | Dated | Minus | Not | Chain | Compare


@dataclass(frozen=True)
class Question:
    """An expression and the condition it is asked under."""

    body: Node
    condition: Node | None


def written(series: Series) -> str:
    """A series as it is written."""
    return f"{series.metric}[{' + '.join(layer.text for layer in series.layers)}]" if series.layers else series.metric
