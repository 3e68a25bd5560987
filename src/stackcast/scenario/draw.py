"""All priors of a scenario, resolved to draws in the mechanisms' units."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stackcast.engine.draws import PriorDraw
from stackcast.engine.philox import stream_of
from stackcast.errors import ScenarioError
from stackcast.scenario import quantiles
from stackcast.scenario.check import locate
from stackcast.scenario.domain import check_domain, check_members, converted
from stackcast.scenario.ensemble import STREAM as ENSEMBLE_STREAM
from stackcast.scenario.files import DrawFile, DrawFiles
from stackcast.scenario.layers import Layers
from stackcast.scenario.priors import (
    Prior,
    Vintage,
    build_quantile,
    check_vintages,
    convert_to,
    cut_to,
    kept_rows,
)
from stackcast.scenario.problem import Problem
from stackcast.scenario.select import Need
from stackcast.scenario.units import Conversion

PRIOR_STREAM = "prior:"
FILE_STREAM = "file:"


@dataclass(frozen=True)
class Drawn:
    """Resolved priors, the files of draws they use (prior -> label of its table) and remarks on inexact fits."""

    priors: dict[str, Prior]
    files: DrawFiles
    labels: dict[str, str]
    messages: tuple[str, ...]


def resolve_priors(
    layers: Layers, models: Mapping[str, Any], needs: Mapping[str, Need], stored: DrawFiles | None,
    ensemble: Mapping[str, np.ndarray],
) -> Drawn:  # fmt: skip
    """Every prior with its draw; ``stored`` holds the tables of a stored run, else files are read.

    Priors that ``ensemble`` has a column of are drawn from its members.
    """
    files = DrawFiles() if stored is None else stored
    tables = {
        name: _table(layers, name, model, files, stored is not None)
        for name, model in models.items()
        if model.dist == "empirical" and name not in ensemble
    }
    joint = _joint_groups(models, tables)
    found: dict[str, Prior] = {}
    messages: list[str] = []
    for name, model in models.items():
        need, message = needs.get(name), None
        try:
            if name in ensemble:
                draw = _member(name, ensemble[name], need)
            else:
                draw, message = _resolve(name, model, need, tables.get(name), joint)
                _check_meaning(name, model, need, draw)
            vintages = _vintages(name, model, need)
            found[name] = _describe(name, model, need, draw, vintages)
        except Problem as problem:
            raise locate(layers, ("priors", name), problem) from None
        if name in ensemble:
            found[name] = replace(found[name], dist="ensemble")
        if message:
            messages.append(f"priors.{name}: {message}")
    _check_streams(layers, found)
    return Drawn(found, files, {name: table.label for name, table in tables.items()}, tuple(messages))


def _table(layers: Layers, name: str, model: Any, files: DrawFiles, stored: bool) -> DrawFile:
    place = ("priors", name)
    try:
        table = files.stored(model.file) if stored else files.open(model.file, layers.folder((*place, "file")))
        table.column(model.column)
    except Problem as problem:
        raise locate(layers, place, problem) from None
    return table


def _joint_groups(models: Mapping[str, Any], tables: Mapping[str, DrawFile]) -> dict[str, list[str]]:
    """File label -> the priors drawn from the same row of it; a single column is drawn by itself."""
    groups: dict[str, list[str]] = {}
    for name, table in tables.items():
        if models[name].joint:
            groups.setdefault(table.label, []).append(name)
    return {label: [models[name] for name in names] for label, names in groups.items() if len(names) > 1}


def _resolve(
    name: str, model: Any, need: Need | None, table: DrawFile | None, joint: Mapping[str, list]
) -> tuple[PriorDraw, str | None]:
    convert = convert_to(model, need.unit if need else None, need.users[0] if need else "")
    if table is not None:
        return _from_file(name, model, table, joint, convert), None
    quantile, message = build_quantile(model, convert)
    return PriorDraw(name, PRIOR_STREAM + name, quantile), message


def _member(name: str, column: np.ndarray, need: Need | None) -> PriorDraw:
    """A prior of an ensemble: its column is in the mechanism's unit, and all columns take the same row."""
    check_members(name, need.unit if need else "", column)
    return PriorDraw(name, ENSEMBLE_STREAM, quantiles.members(column, Conversion()))


def _vintages(name: str, model: Any, need: Need | None) -> tuple[Vintage, ...]:
    check_vintages(model)
    convert = convert_to(model, need.unit if need else None, need.users[0] if need else "")
    found = []
    for k, vintage in enumerate(model.vintages):
        try:
            quantile, _ = build_quantile(vintage, convert)
            if need is not None:
                check_domain(name, need.unit, vintage, quantile, convert)
        except Problem as problem:
            place = f"vintages.{k}.{problem.field}" if problem.field else f"vintages.{k}"
            raise Problem(place, problem.given, problem.allowed) from None
        found.append(Vintage(vintage.until, vintage.dist, vintage.source, vintage.note, quantile))
    return tuple(found)


def _check_meaning(name: str, model: Any, need: Need | None, draw: PriorDraw) -> None:
    """A prior nobody uses may be anything."""
    if need is not None:
        check_domain(name, need.unit, model, draw.quantile, convert_to(model, need.unit, need.users[0]))


def _from_file(name: str, model: Any, table: DrawFile, joint: Mapping[str, list], convert: Conversion) -> PriorDraw:
    together = joint.get(table.label) if model.joint else None
    column = table.column(model.column)[kept_rows(table, together or [model])]
    if together:
        return PriorDraw(name, FILE_STREAM + table.label, quantiles.members(column, convert))
    # Sorted, the map from u to a draw rises, so that a single column can be correlated like any prior.
    column = column.copy()
    column.sort()
    return PriorDraw(name, PRIOR_STREAM + name, quantiles.members(column, convert))


def _describe(
    name: str, model: Any, need: Need | None, draw: PriorDraw, vintages: tuple[Vintage, ...]
) -> Prior:  # fmt: skip
    convert = convert_to(model, need.unit if need else None, need.users[0] if need else "")
    low, high = cut_to(model)
    return Prior(
        name=name, dist=model.dist, unit=need.unit if need else model.unit, given_unit=model.unit, source=model.source,
        as_of=model.as_of, note=model.note, used_by=need.users if need else (), draw=draw,
        low=-math.inf if low is None else converted(low, convert),
        high=math.inf if high is None else converted(high, convert), vintages=vintages,
    )  # fmt: skip


def _check_streams(layers: Layers, priors: Mapping[str, Prior]) -> None:
    """Two names on one random stream would be the same dice."""
    seen: dict[int, str] = {}
    for name, prior in priors.items():
        stream = prior.draw.stream
        other = seen.setdefault(int(stream_of(stream)), stream)
        if other != stream:
            raise ScenarioError(
                layers.shown, f"priors.{name}", stream, f"shares a random stream with {other}: rename it"
            )
