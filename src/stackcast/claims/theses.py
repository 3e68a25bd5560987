"""Claims of essays, kept in files: each with its statement in words and its expression.

A file names the essay and lists claims. ``{year}`` in statement and expression stands for each of ``years`` in turn;
``{any}``, ``{any+1}`` ... stand for each year from the first to the last of ``any``, and the claim holds where the
expression does for one of them. ``each`` makes a claim for every entry of a table. ``condition`` restricts the claim
itself, ``given`` adds variants. ``against`` says what the run changes that ``other(...)`` in the expression speaks of.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..engine.assembly import build
from ..errors import ClaimError, OutsideRun, ScenarioError, StackcastError, outside
from ..scenario.layers import shipped_folders
from .against import Against, changed, read_against
from .answers import Answer
from .asking import ask
from .catalogue import Catalogue, catalogue_of
from .check import check
from .terms import KINDS, Columns

if TYPE_CHECKING:
    from ..scenario import Scenario

Progress = Callable[[int, int], None]
FOLDER = "theses"
_KINDS: dict[str, type] = {
    "id": str, "statement": str, "expression": str, "condition": str, "years": list, "any": list, "given": list,
    "each": dict, "against": dict,
}  # fmt: skip
_NAMES = {str: "text", list: "list", dict: "table"}
_NEEDED = ("id", "statement", "expression")
_HOLE = re.compile(r"\{(year|any)([+-][0-9]+)?\}")
_EACH = "{each}"


@dataclass(frozen=True)
class Thesis:
    """One claim for one year (or none) and one condition (or none); ``against`` is set where it compares two runs."""

    id: str
    essay: str
    statement: str
    year: int | None
    condition: str | None
    expression: str
    file: str
    against: Against | None = None
    general: str = ""
    """The statement of any year."""


@dataclass(frozen=True)
class Verdict:
    """What a run says to a thesis: its probability and Monte Carlo error.

    Both are None where the condition is too rare, or where a date of the claim is ``outside`` the run.
    """

    thesis: Thesis
    answer: Answer
    outside: bool = False

    @property
    def probability(self) -> float | None:
        """Probability of the claim, under its condition."""
        return self.answer.value

    @property
    def mcse(self) -> float | None:
        """Monte Carlo error of the probability."""
        return self.answer.mcse

    @property
    def reason(self) -> str | None:
        """Why there is no probability; None where there is one."""
        return self.answer.note or None

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        said = self.answer.as_dict()
        return {
            "id": self.thesis.id, "essay": self.thesis.essay, "statement": self.thesis.statement,
            "year": self.thesis.year, "condition": self.thesis.condition, "expression": self.thesis.expression,
            "against": None if self.thesis.against is None else str(self.thesis.against),
            "probability": said["value"], "mcse": said["mcse"], "n": said["n"], "n_condition": said["n_condition"],
            "n_undefined": said["n_undefined"], "reason": self.reason,
        }  # fmt: skip


def by_claim(verdicts: Sequence[Verdict]) -> dict[tuple[str, str | None], dict[int | None, Verdict]]:
    """(id, condition) -> year -> verdict, in their order; a claim without years has the year None."""
    found: dict[tuple[str, str | None], dict[int | None, Verdict]] = {}
    for verdict in verdicts:
        thesis = verdict.thesis
        found.setdefault((thesis.id, thesis.condition), {})[thesis.year] = verdict
    return found


def judge(
    scenario: Scenario,
    theses: Sequence[Thesis],
    trajectories: int,
    seed: int,
    threads: int = 1,
    progress: Progress | None = None,
) -> list[Verdict]:
    """What a run of the scenario says to every thesis: those with a date outside the run get the reason alone.

    A run in which no thesis can be judged is an error.
    """
    catalogue = catalogue_of(build(scenario))
    reasons = [_check(catalogue, thesis) for thesis in theses]
    asked = [thesis for thesis, reason in zip(theses, reasons, strict=True) if not reason]
    if theses and not asked:
        raise StackcastError(f"{scenario.path}: no claim can be judged: {theses[0].id}: {reasons[0]}")
    apart = {thesis.against: _other(scenario, thesis) for thesis in asked if thesis.against is not None}
    others = [None if thesis.against is None else apart[thesis.against] for thesis in asked]
    texts = [thesis.expression for thesis in asked]
    answers = iter(ask(scenario, texts, trajectories, seed, threads, progress, others=others))
    return [
        Verdict(thesis, _unjudged(thesis, reason, trajectories), outside=True)
        if reason
        else Verdict(thesis, next(answers))
        for thesis, reason in zip(theses, reasons, strict=True)
    ]


def _unjudged(thesis: Thesis, reason: str, trajectories: int) -> Answer:
    return Answer(thesis.expression, "probability", None, None, trajectories, 0, note=reason)


def _check(catalogue: Catalogue, thesis: Thesis) -> str:
    """Why a date of the claim is outside the run, or nothing.

    An expression that does not fit the scenario otherwise is an error that says which file and claim it is from.
    """
    where, paired = f"{thesis.file}: {thesis.id}", thesis.against is not None
    try:
        claim = check(thesis.expression, catalogue, Columns(), paired)
    except OutsideRun as problem:
        return problem.reason
    except ClaimError as problem:
        raise StackcastError(f"{where}: {problem}") from None
    if claim.kind != "truth":
        raise StackcastError(f"{where}: {KINDS[claim.kind]}: allowed: a condition (true or false)")
    if paired and not claim.paired:
        raise StackcastError(f"{where}: against: goes with other(...) in the expression")
    return outside(_quarter(claim.until), catalogue.span(yearly=False)) if claim.until > catalogue.end else ""


def _quarter(date: float) -> str:
    return f"{int(date)}Q{int(date % 1 * 4) + 1}"


def _other(scenario: Scenario, thesis: Thesis) -> Scenario:
    assert thesis.against is not None
    try:
        return changed(scenario, thesis.against)
    except StackcastError as problem:
        raise StackcastError(f"{thesis.file}: {thesis.id}: {problem}") from None


def folder_of(scenario: Scenario) -> Path:
    """The folder ``theses`` beside the scenario's file, else that of the scenarios that come with stackcast."""
    places = [Path(scenario.path).parent, *shipped_folders()]
    for place in places:
        if (place / FOLDER).is_dir():
            return place / FOLDER
    allowed = "allowed: a folder of claims there, or named with --claims"
    raise StackcastError(f"{places[0] / FOLDER}: no such folder: {allowed}")


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
    except OSError as problem:
        raise ScenarioError(file, "", None, f"cannot be read: {problem.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise ScenarioError(file, "", None, f"not TOML: {problem}") from None
    essay, claims = document.pop("essay", None), document.pop("claims", None)
    if not isinstance(essay, str) or not isinstance(claims, list) or document:
        raise ScenarioError(file, "", None, 'allowed: essay = "..." and a list of [[claims]], nothing else')
    known: set[str] = set()
    for claim in claims:
        found = list(_expanded(file, essay, _checked(file, claim)))
        names = {thesis.id for thesis in found}
        if names & known:
            raise ScenarioError(file, "claims.id", min(names & known), "used twice: allowed: once")
        known |= names
        yield from found


def _checked(file: Path, claim: Any) -> dict[str, Any]:
    if not isinstance(claim, Mapping):
        raise ScenarioError(file, "claims", claim, "allowed: tables, [[claims]]")
    name = claim.get("id", "?")
    for key, value in claim.items():
        if key not in _KINDS:
            raise ScenarioError(file, f"claims.{name}.{key}", value, f"unknown: allowed: {', '.join(_KINDS)}")
        if not isinstance(value, _KINDS[key]):
            raise ScenarioError(file, f"claims.{name}.{key}", value, f"allowed: a {_NAMES[_KINDS[key]]}")
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
    if not all(isinstance(text, str) and text for text in claim.get("each", {"": "x"}).values()):
        raise ScenarioError(file, f"claims.{name}.each", claim["each"], "allowed: a table of texts")
    if ("each" in claim) != (_EACH in claim["expression"]):
        raise ScenarioError(file, f"claims.{name}.each", None, f"goes with {_EACH} in the expression")
    used = {hole[1] for hole in _HOLE.finditer(claim["expression"])}
    for key, hole in (("years", "year"), ("any", "any")):
        if (key in claim) != (hole in used):
            raise ScenarioError(file, f"claims.{name}.{key}", None, f"goes with {{{hole}}} in the expression")
    if "|" in claim["expression"] and ("any" in claim or "condition" in claim):
        raise ScenarioError(file, f"claims.{name}.expression", None, "has a |: allowed: the key condition instead")


def _expanded(file: Path, essay: str, claim: Mapping[str, Any]) -> Iterator[Thesis]:
    """One thesis for every entry of ``each``, year and variant."""
    against = read_against(str(file), f"claims.{claim['id']}.against", claim["against"]) if "against" in claim else None
    for key, text in claim.get("each", {"": ""}).items():
        name = f"{claim['id']}-{key}" if key else claim["id"]
        for year in claim.get("years", [None]):
            general = claim["statement"].replace(_EACH, key)
            words = _of_year(general, year)
            body, conditions = _body(claim, text, year)
            for given in (None, *claim.get("given", [])):
                condition = given and _of_year(given, year)
                expression = _joined(body, [*conditions, condition] if condition else conditions)
                anytime = " ".join(_HOLE.sub("the year", general).split())
                yield Thesis(name, essay, words, year, condition, expression, str(file), against, anytime)


def _body(claim: Mapping[str, Any], text: str, year: int | None) -> tuple[str, list[str]]:
    """The expression and the claim's own conditions, every hole filled."""
    body = _of_year(claim["expression"].replace(_EACH, text), year)
    if "any" in claim:
        first, last = claim["any"]
        body = " or ".join(f"({_filled(body, 'any', y)})" for y in range(first, last + 1))
    body, _, inner = (part.strip() for part in body.partition("|"))
    own = _of_year(claim.get("condition", "").replace(_EACH, text), year)
    return body, [part for part in (inner, own) if part]


def _joined(body: str, conditions: Sequence[str]) -> str:
    if not conditions:
        return body
    return f"{body} | " + (" and ".join(f"({part})" for part in conditions) if len(conditions) > 1 else conditions[0])


def _of_year(text: str, year: int | None) -> str:
    """On one line, the year filled in."""
    return " ".join((text if year is None else _filled(text, "year", year)).split())


def _filled(text: str, name: str, year: int) -> str:
    return _HOLE.sub(lambda hole: str(year + int(hole[2] or 0)) if hole[1] == name else hole[0], text)
