"""Claims of essays, kept in files: each with its statement in words and its expression.

A file names the essay and lists claims. ``{year}`` in statement and expression stands for each of ``years`` in turn;
``{any}``, ``{any+1}`` ... stand for each year from the first to the last of ``any``, and the claim holds where the
expression does for one of them. ``condition`` restricts the claim itself, ``given`` adds variants.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..engine.program import build
from ..errors import ClaimError, ScenarioError, StackcastError
from .answers import Answer
from .asking import ask
from .catalogue import Catalogue, catalogue_of
from .check import Columns, check

if TYPE_CHECKING:
    from ..scenario import Scenario

Progress = Callable[[int, int], None]
FOLDER = "theses"
_KINDS: dict[str, type] = {
    "id": str, "statement": str, "expression": str, "condition": str, "years": list, "any": list, "given": list,
}  # fmt: skip
_NEEDED = ("id", "statement", "expression")
_HOLE = re.compile(r"\{(year|any)([+-][0-9]+)?\}")


@dataclass(frozen=True)
class Thesis:
    """One claim for one year (or none) and one condition (or none)."""

    id: str
    essay: str
    statement: str
    year: int | None
    condition: str | None
    expression: str
    file: str


@dataclass(frozen=True)
class Verdict:
    """What a run says to a thesis: its probability and Monte Carlo error, None where the condition is too rare."""

    thesis: Thesis
    answer: Answer

    @property
    def probability(self) -> float | None:
        """Probability of the claim, under its condition."""
        return self.answer.value

    @property
    def mcse(self) -> float | None:
        """Monte Carlo error of the probability."""
        return self.answer.mcse

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        said = self.answer.as_dict()
        return {
            "id": self.thesis.id, "essay": self.thesis.essay, "statement": self.thesis.statement,
            "year": self.thesis.year, "condition": self.thesis.condition, "expression": self.thesis.expression,
            "probability": said["value"], "mcse": said["mcse"], "n": said["n"], "n_condition": said["n_condition"],
            "n_undefined": said["n_undefined"], "note": said["note"],
        }  # fmt: skip


def judge(
    scenario: Scenario,
    theses: Sequence[Thesis],
    trajectories: int,
    seed: int,
    threads: int = 1,
    progress: Progress | None = None,
) -> list[Verdict]:
    """The probability of every thesis in a run of the scenario."""
    catalogue = catalogue_of(build(scenario))
    for thesis in theses:
        _check(catalogue, thesis)
    answers = ask(scenario, [thesis.expression for thesis in theses], trajectories, seed, threads, progress)
    return [Verdict(thesis, answer) for thesis, answer in zip(theses, answers, strict=True)]


def _check(catalogue: Catalogue, thesis: Thesis) -> None:
    """Say which file and claim an expression is from, should it not fit the scenario."""
    try:
        claim = check(thesis.expression, catalogue, Columns())
    except ClaimError as problem:
        raise StackcastError(f"{thesis.file}: {thesis.id}: {problem}") from None
    if claim.kind != "truth":
        raise StackcastError(f"{thesis.file}: {thesis.id}: a {claim.kind}: allowed: a condition (true or false)")


def folder_of(scenario: Scenario) -> Path:
    """The folder ``theses`` beside the scenario's file, or configs/theses of the working directory."""
    places = (Path(scenario.path).parent / FOLDER, Path("configs") / FOLDER)
    for place in places:
        if place.is_dir():
            return place
    raise StackcastError(f"{places[0]}: no such folder: allowed: a folder of claims there, or named with --claims")


def read_theses(folder: str | Path) -> list[Thesis]:
    """All claims of a folder's files, in the order of the ids."""
    place = Path(folder)
    files = sorted(place.glob("*.toml")) if place.is_dir() else []
    if not files:
        raise StackcastError(f"{folder}: no claims: allowed: a folder with files such as linux_moment.toml")
    found = [thesis for file in files for thesis in _read(file)]
    owners: dict[str, str] = {}
    for thesis in found:
        if owners.setdefault(thesis.id, thesis.file) != thesis.file:
            raise ScenarioError(thesis.file, "id", thesis.id, f"used in {owners[thesis.id]} as well: allowed: once")
    return sorted(found, key=lambda thesis: thesis.id)


def _read(file: Path) -> Iterator[Thesis]:
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise ScenarioError(file, "", None, f"not TOML: {problem}") from None
    essay, claims = document.pop("essay", None), document.pop("claims", None)
    if not isinstance(essay, str) or not isinstance(claims, list) or document:
        raise ScenarioError(file, "", None, 'allowed: essay = "..." and a list of [[claims]], nothing else')
    known: set[str] = set()
    for claim in claims:
        checked = _checked(file, claim)
        if checked["id"] in known:
            raise ScenarioError(file, "claims.id", checked["id"], "used twice: allowed: once")
        known.add(checked["id"])
        yield from _expanded(file, essay, checked)


def _checked(file: Path, claim: Any) -> dict[str, Any]:
    if not isinstance(claim, Mapping):
        raise ScenarioError(file, "claims", claim, "allowed: tables, [[claims]]")
    name = claim.get("id", "?")
    for key, value in claim.items():
        if key not in _KINDS:
            raise ScenarioError(file, f"claims.{name}.{key}", value, f"unknown: allowed: {', '.join(_KINDS)}")
        if not isinstance(value, _KINDS[key]):
            raise ScenarioError(file, f"claims.{name}.{key}", value, f"allowed: a {_KINDS[key].__name__}")
    for key in _NEEDED:
        if not claim.get(key):
            raise ScenarioError(file, f"claims.{name}.{key}", None, "is missing")
    for key in ("years", "any"):
        years = claim.get(key, [])
        whole = all(isinstance(year, int) and not isinstance(year, bool) for year in years)
        if not whole or (key in claim and (not years or (key == "any" and (len(years) != 2 or years[0] > years[1])))):
            allowed = "the first and the last year" if key == "any" else "a list of years"
            raise ScenarioError(file, f"claims.{name}.{key}", years, f"allowed: {allowed}")
    _check_texts(file, name, claim)
    return dict(claim)


def _check_texts(file: Path, name: str, claim: Mapping[str, Any]) -> None:
    """Conditions are texts, and a place-holder is used exactly where its years are given."""
    for text in claim.get("given", []):
        if not isinstance(text, str):
            raise ScenarioError(file, f"claims.{name}.given", text, "allowed: a list of conditions")
    used = {hole[1] for hole in _HOLE.finditer(claim["expression"])}
    for key, hole in (("years", "year"), ("any", "any")):
        if (key in claim) != (hole in used):
            raise ScenarioError(file, f"claims.{name}.{key}", None, f"goes with {{{hole}}} in the expression")
    if "|" in claim["expression"] and ("any" in claim or "condition" in claim):
        raise ScenarioError(file, f"claims.{name}.expression", None, "has a |: allowed: the key condition instead")


def _expanded(file: Path, essay: str, claim: Mapping[str, Any]) -> Iterator[Thesis]:
    for year in claim.get("years", [None]):
        body, own = _of_year(claim["expression"], year), claim.get("condition")
        if "any" in claim:
            first, last = claim["any"]
            body = " or ".join(f"({_filled(body, 'any', y)})" for y in range(first, last + 1))
        body, _, inner = (part.strip() for part in " ".join(body.split()).partition("|"))
        conditions = [part for part in (inner, own) if part]
        statement = " ".join(_of_year(claim["statement"], year).split())
        for given in (None, *claim.get("given", [])):
            every = [*conditions, given] if given else conditions
            joined = " and ".join(f"({part})" for part in every) if len(every) > 1 else "".join(every)
            expression = f"{body} | {joined}" if joined else body
            yield Thesis(claim["id"], essay, statement, year, given, expression, str(file))


def _of_year(text: str, year: int | None) -> str:
    return text if year is None else _filled(text, "year", year)


def _filled(text: str, name: str, year: int) -> str:
    return _HOLE.sub(lambda hole: str(year + int(hole[2] or 0)) if hole[1] == name else hole[0], text)
