"""Which output of a program a target means; what the program does not have is refused before anything is drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..errors import StackcastError, shorten
from ..forecast.cells import COUNTED, DATED
from ..forecast.labels import category_name
from ..forecast.lookup import find_cell, index_cells, pick, unknown
from .target import MEAN, Condition, Target

_SIGNS = {">": "above", "<": "below"}


def find(target: Target, program: Any, option: str = "until") -> Target:
    """The target with the number of its output in a program (its cells, start, quarters).

    Raises StackcastError: one line with the option, the target, what is unknown in it and what is allowed.
    """
    try:
        number, condition = _find(target, program)
    except StackcastError as problem:
        raise StackcastError(f"{option} = {shorten(target.text)}: {problem}") from None
    return replace(target, cell=number, condition=condition)


def _find(target: Target, program: Any) -> tuple[int, Condition | None]:
    index = index_cells(program.cells)
    layers = pick(index, target.metric, "metric")
    kind = program.cells[next(iter(next(iter(layers.values())).values()))].scale.kind
    if kind == DATED:
        condition = _of_event(target, program)
        return find_cell(index, target.metric, target.layer, None), condition
    number = find_cell(index, target.metric, target.layer, target.period)
    if kind == COUNTED:
        return number, _of_category(target, program.cells[number].scale.above)
    return number, _of_figure(target)


def _of_event(target: Target, program: Any) -> Condition | None:
    """An event has a date, with quantiles, and a probability by any year or quarter of the run."""
    name = target.metric
    if target.period is not None:
        raise StackcastError(f"{name} is an event: allowed: no date after @, but {name} <= {target.period}")
    if target.condition is None and target.statistic != MEAN:
        if target.relative:
            raise StackcastError(f"{name} is a date, which has no relative error: allowed: se(...), in years")
        return None
    sign, limit = target.condition or ("", "")
    sign, _, unit = sign.partition(" ")
    if sign not in ("<", "<=") or not isinstance(limit, float):
        raise StackcastError(f"{name} is an event: allowed: {name} <= 2030, {name} < 2030Q3, p50({name})")
    last = program.start + 0.25 * (program.quarters - 1)
    if not unit:
        years = {f"{year}": year for year in range(int(program.start), int(last) + 1)}
        pick(years, f"{limit:.15g}", f"{name}: year")
    elif not program.start <= limit <= last:
        raise StackcastError(f"{name}: quarter: outside the run: allowed: {program.date(0)} to {_last(program)}")
    return "before", limit + ((0.25 if unit else 1.0) if sign == "<=" else 0.0)


def _last(program: Any) -> str:
    return str(program.date(program.quarters - 1))


def _of_category(target: Target, codes: int) -> Condition:
    """A category has a probability for each of its names, or numbers where it has no names."""
    name = target.metric
    known = [category_name(name, code) for code in range(codes)]
    named = [entry for entry in known if not entry.isdigit()] or known
    sign, limit = target.condition or ("", "")
    if sign != "==":
        raise StackcastError(f"{name} is a category: allowed: {name} == {named[0]}")
    given = category_name(name, int(limit)) if isinstance(limit, float) and limit == int(limit) else str(limit)
    if given not in known:
        raise StackcastError(unknown(given, named, f"{name}: category"))
    return "equals", given


def _of_figure(target: Target) -> Condition | None:
    if target.condition is None:
        return None
    sign, limit = target.condition
    if sign not in _SIGNS or not isinstance(limit, float):
        raise StackcastError(f"{target.metric} is a number: allowed: > or < and a number")
    return _SIGNS[sign], limit
