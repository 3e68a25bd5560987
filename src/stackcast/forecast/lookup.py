"""Finding an output by metric, layer and period; what cannot be found is answered with the nearest known name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

from ..errors import StackcastError, shorten

_LISTED = 40

Index = dict[str, dict[str, dict[str, int]]]


def index_cells(cells: Sequence[Any]) -> Index:
    """metric -> layer -> period -> number of the cell, in the order of the cells."""
    index: Index = {}
    for number, cell in enumerate(cells):
        index.setdefault(cell.metric, {}).setdefault(cell.layer, {})[cell.period] = number
    return index


def find_cell(index: Index, metric: str, layer: str | None, period: object) -> int:
    """Number of the one cell meant; a layer or period may be left out where there is only one."""
    layers = pick(index, metric, "metric")
    periods = _choose(layers, normal_layer(layer), f"{metric}: layer")
    where = f"{metric}: year" if not layer else f"{metric}, {layer}: year"
    return _choose(periods, normal_period(period), where)


def pick(known: dict[str, Any], name: object, field: str) -> Any:
    """known[name], or one line with the nearest known name and the allowed ones."""
    if name in known:
        return known[name]
    raise StackcastError(unknown(name, known, field))


def unknown(name: object, known: Iterable[str], field: str) -> str:
    """One line: the field, what was given, the nearest known name, what is allowed."""
    allowed = [entry or "market" for entry in known]
    near = get_close_matches(str(name), allowed, n=1, cutoff=0.5)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    listed = ", ".join(allowed[:_LISTED]) + (f" and {len(allowed) - _LISTED} more" if len(allowed) > _LISTED else "")
    return f"{field} = {shorten(name)}: unknown{hint}, allowed: {listed}"


def normal_layer(layer: str | None) -> str | None:
    """Market outputs carry no layer; `market` names that."""
    return "" if layer == "market" else layer


def normal_period(period: object) -> str | None:
    """2030, 2030.0 and "2030" are one year."""
    if period is None:
        return None
    if isinstance(period, str):
        return period.strip()
    number = float(period)  # type: ignore[arg-type]
    return str(int(number)) if number == int(number) else str(number)


def _choose(known: dict[str, Any], name: str | None, field: str) -> Any:
    if name is not None:
        return pick(known, name, field)
    if len(known) == 1:
        return next(iter(known.values()))
    if "" in known:
        return known[""]
    raise StackcastError(f"{field}: needed, allowed: {', '.join(list(known)[:_LISTED])}")
