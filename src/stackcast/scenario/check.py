"""Validation of a merged scenario: the first thing wrong with it, as one line."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError

from stackcast.errors import ScenarioError
from stackcast.scenario.layers import Layers
from stackcast.scenario.models import (
    COMPONENTS,
    PRIORS,
    VINTAGES,
    Correlation,
    Document,
    EventSetting,
    Horizon,
    Mechanisms,
    Outputs,
    Run,
    UserMechanism,
    family_of,
)
from stackcast.scenario.problem import Problem, nearest, unknown

_SECTIONS: dict[str, type[BaseModel]] = {"horizon": Horizon, "run": Run, "outputs": Outputs, "mechanisms": Mechanisms}
# Names that pydantic gives the members of a union, in the paths of its errors.
_LABELS = {"percentiles", "EventSetting", "UserMechanism", "dict[str,Correlation]"}
# Arrays whose items are distributions.
_FAMILIES = {"components": COMPONENTS, "vintages": VINTAGES}
_OTHERS = {"bool", "literal[False]", "list[Correlation]"}
_TABLES_OF_TABLES = {"priors": "a table with dist, unit and source", "correlations": "a table with between and rank"}


def refuse(layers: Layers, place: tuple, given: object, allowed: str) -> ScenarioError:
    """The error for a value at this path, naming the file that gave it."""
    parts = tuple(str(part) for part in place)
    return ScenarioError(layers.origin(parts), ".".join(parts), given, allowed)


def locate(layers: Layers, place: tuple[str, ...], problem: Problem) -> ScenarioError:
    """The error for a problem inside the table at ``place``."""
    inner = tuple(problem.field.split(".")) if problem.field else ()
    return refuse(layers, place + inner, problem.given, problem.allowed)


def check_document(layers: Layers) -> Document:
    """The validated scenario; ``ScenarioError`` names file, field, given and allowed."""
    _check_tables(layers)
    try:
        return Document.model_validate(layers.data)
    except ValidationError as problem:
        raise _translate(layers, problem) from None


def _check_tables(layers: Layers) -> None:
    """What the models would say in many words: unknown families, and values where tables belong."""
    for section in ("priors", "correlations", "events", "mechanisms", "feedbacks", "horizon", "run", "outputs"):
        tables = layers.data.get(section, {})
        if not isinstance(tables, dict):
            raise refuse(layers, (section,), tables, f"must be a table, [{section}]")
        for name, value in tables.items():
            if section in _TABLES_OF_TABLES and not isinstance(value, dict):
                raise refuse(layers, (section, name), value, f"must be {_TABLES_OF_TABLES[section]}")
    for name, prior in layers.data.get("priors", {}).items():
        _check_family(layers, ("priors", name), prior, PRIORS)
        _check_vintages(layers, ("priors", name, "vintages"), prior.get("vintages", []))
    for name, value in layers.data.get("events", {}).items():
        if value is not False and not isinstance(value, dict):
            raise refuse(layers, ("events", name), value, 'must be false, {from = "2027Q1"} or {at = "2027Q1"}')
    for name, value in layers.data.get("mechanisms", {}).items():
        if name != "order" and not isinstance(value, bool | dict):
            raise refuse(layers, ("mechanisms", name), value, 'must be true, false or a table with file = "..."')
    for name, value in layers.data.get("feedbacks", {}).items():
        if not isinstance(value, bool):
            raise refuse(layers, ("feedbacks", name), value, "must be true or false")


def _check_vintages(layers: Layers, place: tuple, vintages: object) -> None:
    allowed = "must be an array of tables with until, a shape and source: [{ until = 2024-06-30, ... }]"
    if not isinstance(vintages, list):
        raise refuse(layers, place, vintages, allowed)
    for k, vintage in enumerate(vintages):
        if not isinstance(vintage, dict):
            raise refuse(layers, (*place, k), vintage, allowed)
        _check_family(layers, (*place, k), vintage, VINTAGES)


def _check_family(layers: Layers, place: tuple, prior: dict, families: dict[str, type[BaseModel]]) -> None:
    dist = prior.get("dist", "constant" if "value" in prior else None)
    if dist is None:
        raise refuse(layers, (*place, "dist"), None, f"is missing; one of {', '.join(families)}")
    if not isinstance(dist, str) or dist not in families:
        guess = nearest(str(dist), families)
        hint = f"did you mean {guess!r}? " if guess else ""
        raise refuse(layers, (*place, "dist"), dist, f"{hint}must be one of {', '.join(families)}")
    if "percentiles" in prior:
        allowed = "unknown key; write percentiles as p5 = ..., p95 = ..."
        raise refuse(layers, (*place, "percentiles"), prior["percentiles"], allowed)
    parts = prior.get("components")
    if dist == "mixture" and isinstance(parts, list):
        for k, part in enumerate(parts):
            if not isinstance(part, dict):
                raise refuse(layers, (*place, "components", k), part, "must be a table with dist")
            _check_family(layers, (*place, "components", k), part, COMPONENTS)


def _translate(layers: Layers, problem: ValidationError) -> ScenarioError:
    """The first of pydantic's complaints; a mistyped key before what is missing because of it."""
    errors = problem.errors(include_url=False, include_context=True)
    # A table given where a table or true/false is allowed: what is wrong is inside the table.
    errors = [error for error in errors if not _OTHERS & set(error["loc"])] or errors
    first = min(errors, key=lambda error: error["type"] != "extra_forbidden")
    place = _place(first["loc"])
    kind, given = first["type"], first["input"]
    if kind == "extra_forbidden":
        return refuse(layers, place, given, unknown(str(place[-1]), _known_keys(layers.data, place[:-1])))
    if kind == "missing":
        return refuse(layers, place, None, "is missing")
    if "[key]" in first["loc"]:
        place = first["loc"][: first["loc"].index("[key]")]
        return refuse(layers, place, None, "a name is letters, digits and _, starting with a letter")
    return refuse(layers, place, given, _words(kind, first))


def _words(kind: str, error: Any) -> str:
    if kind == "string_pattern_mismatch" and r"Q[1-4]" in error["ctx"]["pattern"]:
        return 'must be a quarter such as "2027Q3"'
    if kind == "string_pattern_mismatch":
        return f"must match {error['ctx']['pattern']}"
    text = error["msg"].replace("Input should be", "must be").replace("should", "must")
    text = text.replace("valid dictionary or instance of", "table for").replace("a valid list", "an array")
    text = (
        text.replace(" after validation", "")
        .replace("a valid integer", "a whole number")
        .replace("a valid string", "a string in quotes")
    )
    return text[:1].lower() + text[1:]


def _place(loc: tuple) -> tuple:
    """Path of an error in the file: without the labels that pydantic adds for the members of a union."""
    return tuple(part for k, part in enumerate(loc) if part not in _LABELS and not _is_family(loc, k))


def _is_family(loc: tuple, k: int) -> bool:
    """Whether the part of a path only says which family was chosen."""
    in_prior = k == 2 and loc[0] == "priors"
    return in_prior or (k >= 2 and loc[k - 2] in _FAMILIES and isinstance(loc[k - 1], int))


def _known_keys(data: dict[str, Any], place: tuple) -> list[str]:
    """Keys allowed in the table at ``place``, percentiles spelled out."""
    fields = list(_model_at(data, place).model_fields)
    if "percentiles" in fields:
        fields[fields.index("percentiles")] = "p5"
        fields += ["p50", "p95"]
    return ["from" if name == "earliest" else name for name in fields]


def _model_at(data: dict[str, Any], place: tuple) -> type[BaseModel]:
    if not place:
        return Document
    section, depth = place[0], len(place)
    if section == "priors" and depth >= 2:
        table: Any = data
        for part in place:
            table = table[part]
        return (PRIORS if depth == 2 else _FAMILIES[place[-2]])[family_of(table)]
    if section == "correlations":
        return Correlation
    if depth > 1:
        return EventSetting if section == "events" else UserMechanism
    return _SECTIONS.get(section, Document)
