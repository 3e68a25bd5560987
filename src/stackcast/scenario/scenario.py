"""A scenario as the rest of stackcast sees it, and how one is made from a file or from a stored run."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from stackcast.engine.declare import Mechanism
from stackcast.engine.draws import DrawPlan
from stackcast.engine.sampling import Sampling
from stackcast.errors import ScenarioError
from stackcast.scenario import correlate, draw, members, reading, select
from stackcast.scenario.check import check_document, locate, refuse
from stackcast.scenario.ensemble import Ensemble, open_ensemble
from stackcast.scenario.ensemble import restore as restore_ensemble
from stackcast.scenario.events import event_priors, quarter_date
from stackcast.scenario.feedbacks import Cut, cut_feedbacks
from stackcast.scenario.files import DrawFiles, restore
from stackcast.scenario.layers import Layers, load_layers
from stackcast.scenario.models import PRIORS, Document, Outputs, UserMechanism, family_of
from stackcast.scenario.priors import Prior
from stackcast.scenario.problem import Problem, nearest
from stackcast.scenario.resolved import digest, resolve

MAX_QUARTERS = 400
FIRST_QUARTER = 2023.0
"""Quarter whose state the shipped mechanisms start from."""


@dataclass(frozen=True, eq=False)
class Scenario:
    """What is simulated: mechanisms in order, priors in the mechanisms' units, and what is reported."""

    name: str
    path: Path
    description: str
    start: float
    quarters: int
    trajectories: int
    seed: int
    sample: int
    outputs: Outputs
    mechanisms: tuple[Mechanism, ...]
    switched_off: tuple[Mechanism, ...]
    priors: Mapping[str, Prior]
    plan: DrawPlan
    cut_feedbacks: tuple[str, ...]
    messages: tuple[str, ...]
    document: Mapping[str, Any] = field(repr=False)
    ensemble: Ensemble | None = None

    @property
    def discount_rate(self) -> float:
        """Yearly rate at which cumulated values are discounted."""
        return self.outputs.discount_rate

    @property
    def sampling(self) -> Sampling:
        """How trajectories are drawn."""
        return self.plan.sampling

    def sampled(self, sampling: Sampling) -> Scenario:
        """The scenario with its trajectories drawn in another way."""
        others = {key: value for key, value in self.document["run"].items() if key not in sampling.settings()}
        document = {**self.document, "run": others | ({} if sampling.plain else sampling.settings())}
        return replace(self, plan=replace(self.plan, sampling=sampling), document=document)

    def resolved(self) -> dict[str, Any]:
        """Everything that defines the scenario as plain, JSON-able data: files and code included."""
        return copy.deepcopy(dict(self.document))

    def hash(self) -> str:
        """First 12 hexadecimal digits of the SHA-256 of the resolved scenario."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        return digest(self.document)

    @classmethod
    def from_resolved(
        cls, resolved: Mapping[str, Any], allow_code: bool = False, path: str | Path = "resolved scenario",
        registry: Mapping[str, Mechanism] | None = None,
    ) -> Scenario:  # fmt: skip
        """The scenario ``resolved()`` came from; needs none of its files."""
        data = copy.deepcopy(dict(resolved))
        embedded = data.pop("embedded", {"files": {}, "code": {}})
        layers = Layers(path=Path(path), shown=str(path), data=data)
        try:
            files, code = restore(embedded["files"]), dict(embedded["code"])
            stored = _stored_ensemble(data, embedded)
        except Problem as problem:
            raise ScenarioError(path, "embedded.ensemble", problem.given, problem.allowed) from None
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            raise ScenarioError(path, "embedded", None, f"cannot be read: {problem}") from None
        reading.check_values(data, layers.shown)
        return _make(layers, allow_code, registry, files, code, stored)


def _stored_ensemble(data: Mapping[str, Any], embedded: Mapping[str, Any]) -> tuple[Ensemble, Mapping] | None:
    """The ensemble of a resolved scenario and how it is embedded."""
    label, found = data.get("ensemble"), embedded.get("ensemble")
    if label is None:
        return None
    if not isinstance(found, dict):
        raise Problem("ensemble", label, "its values are not in this resolved scenario")
    dict(found["tables"])
    return restore_ensemble(str(label), found), found


def load_scenario(
    path: str | Path, set: Iterable[str] = (), allow_code: bool = False,
    registry: Mapping[str, Mechanism] | None = None,
) -> Scenario:  # fmt: skip
    """Read a scenario file, the files it extends and ``set`` ("priors.open_lag.p95=24") on top.

    ``allow_code`` lets the scenario load mechanisms from Python files. ``registry`` stands in for the
    shipped mechanisms. Raises ``ScenarioError``, one line that names file, field, given and allowed.
    """
    settings = [set] if isinstance(set, str) else list(set)
    return _make(load_layers(Path(path), settings), allow_code, registry, None, None)


def _make(
    layers: Layers, allow_code: bool, registry: Mapping[str, Mechanism] | None, files: DrawFiles | None,
    code: Mapping[str, str] | None, stored: tuple[Ensemble, Mapping] | None = None,
) -> Scenario:  # fmt: skip
    """Check, resolve and assemble. What is ``stored`` with a run comes with it, else it is read."""
    document = check_document(layers)
    ensemble = stored[0] if stored else _ensemble(layers, document)
    document = _started(layers, document, ensemble)
    start, quarters = _horizon(layers, document)
    shipped = select.registry() if registry is None else registry
    code, labels = _code(layers, document, allow_code, code)
    try:
        selection = select.select(document.mechanisms, shipped, code, labels)
    except Problem as problem:
        raise locate(layers, ("mechanisms",), problem) from None
    models = {**document.priors, **_event_priors(layers, document)}
    needs = _needs(layers, selection, models)
    continued = _continued(layers, document, selection, needs, models, ensemble, stored)
    selection = continued.selection
    drawn = draw.resolve_priors(layers, models, needs, files, continued.columns)
    groups, repairs = _correlations(layers, document, drawn.priors, continued)
    priors, idle = members.leave_idle(continued, drawn.priors)
    cut = _cut(layers, document, priors)
    outputs, left_out = _outputs(layers, document.outputs, selection)
    plan = DrawPlan((*(prior.draw for prior in cut.priors.values()), *continued.state), groups, document.run.drawn)
    name = document.name or _stem(layers.path)
    return Scenario(
        name=name,
        path=layers.path,
        description=document.description,
        start=start,
        quarters=quarters,
        trajectories=document.run.trajectories,
        seed=document.run.seed,
        sample=document.run.sample,
        outputs=outputs,
        mechanisms=selection.running,
        switched_off=selection.switched_off,
        priors=cut.priors,
        plan=plan,
        cut_feedbacks=cut.names,
        messages=(
            *drawn.messages, *repairs, *left_out, *cut.messages, *idle,
            *(() if ensemble else _moved_dates(document, start, selection, drawn.priors)),
        ),
        document=resolve(layers, document, name, selection, drawn, labels, cut.names, continued),
        ensemble=ensemble,
    )  # fmt: skip


def _ensemble(layers: Layers, document: Document) -> Ensemble | None:
    if document.ensemble is None:
        return None
    try:
        return open_ensemble(layers.folder(("ensemble",)) / document.ensemble, document.ensemble)
    except Problem as problem:
        field = "" if problem.field in ("", "ensemble") else f"{problem.field}: "
        raise refuse(layers, ("ensemble",), document.ensemble, f"{field}{problem.allowed}") from None


def _started(layers: Layers, document: Document, ensemble: Ensemble | None) -> Document:
    """The document with the first quarter that its ensemble goes on from."""
    if ensemble is None or document.horizon.start == ensemble.start:
        return document
    place = ("horizon", "start")
    if "start" in layers.data.get("horizon", {}) and layers.rank(place) >= layers.rank(("ensemble",)):
        allowed = (
            f"must be {ensemble.start}, where the ensemble {ensemble.label} ends and a forecast begins; or leave it out"
        )
        raise refuse(layers, place, document.horizon.start, allowed)
    return document.model_copy(update={"horizon": document.horizon.model_copy(update={"start": ensemble.start})})


def _continued(
    layers: Layers, document: Document, selection: select.Selection, needs: dict[str, select.Need],
    models: Mapping[str, Any], ensemble: Ensemble | None, stored: tuple[Ensemble, Mapping] | None,
) -> members.Continued:  # fmt: skip
    """The selection as it goes on from an ensemble, if there is one."""
    if ensemble is None:
        return members.Continued(selection, {}, ())
    own = members.own_priors(layers, _event_priors(layers, document), stored[1] if stored else None)
    try:
        return members.continue_from(ensemble, selection, needs, models, own)
    except Problem as problem:
        raise locate(layers, (), problem) from None


def _horizon(layers: Layers, document: Document) -> tuple[float, int]:
    start, end = quarter_date(document.horizon.start), quarter_date(document.horizon.end)
    quarters = round((end - start) * 4) + 1
    if not 1 <= quarters <= MAX_QUARTERS:
        allowed = f"must lie 1 to {MAX_QUARTERS} quarters from horizon.start = {document.horizon.start}, which counts"
        raise refuse(layers, ("horizon", "end"), document.horizon.end, allowed)
    return start, quarters


def _code(
    layers: Layers, document: Document, allow_code: bool, stored: Mapping[str, str] | None
) -> tuple[dict[str, str], dict[str, str]]:
    """Sources and file names of the user's mechanisms; refused unless code is allowed."""
    code, labels = {}, {}
    for name, value in (document.mechanisms.__pydantic_extra__ or {}).items():
        if not isinstance(value, UserMechanism):
            continue
        place = ("mechanisms", name, "file")
        if not allow_code:
            allowed = "runs Python code from that file; allow it with --allow-code (allow_code=True)"
            raise refuse(layers, place, value.file, allowed)
        labels[name] = Path(value.file).name
        if stored is not None:
            if not isinstance(stored.get(name), str):
                raise refuse(layers, place, value.file, "its source is not in this resolved scenario")
            code[name] = stored[name]
            continue
        try:
            code[name] = select.read_code(layers.folder(place) / value.file, value.file)
        except Problem as problem:
            raise locate(layers, ("mechanisms", name), problem) from None
    return code, labels


def _event_priors(layers: Layers, document: Document) -> dict[str, Any]:
    try:
        tables = event_priors(document.events, document.priors)
    except Problem as problem:
        raise locate(layers, ("events",), problem) from None
    return {
        name: PRIORS[family_of(table)].model_validate({"dist": "constant", **table}) for name, table in tables.items()
    }


def _needs(layers: Layers, selection: select.Selection, models: Mapping[str, Any]) -> dict[str, select.Need]:
    """What the mechanisms use, each of it a prior of the scenario."""
    try:
        needs = select.needs(selection)
    except Problem as problem:
        raise locate(layers, ("priors", str(problem.given)), problem) from None
    for name, need in needs.items():
        if name not in models:
            guess = nearest(name, set(models) - set(needs))
            hint = f" (there is {guess!r})" if guess else ""
            allowed = f"is missing: mechanism {need.users[0]!r} needs this prior in {need.unit!r}{hint}"
            raise refuse(layers, ("priors", name), None, allowed)
    return needs


def _correlations(layers: Layers, document: Document, priors: Mapping[str, Prior], continued: members.Continued):
    """Copula groups in alphabetical order, so that the order of a file's tables changes no draw."""
    order = {name: k for k, name in enumerate(sorted(priors))}
    assert isinstance(document.correlations, dict)
    for table, model in document.correlations.items():
        place = ("correlations", table)
        try:
            correlate.collect({table: model}, order)
            for name in model.between:
                if priors[name].draw.stream.startswith(draw.FILE_STREAM):
                    raise Problem("between", name, "is drawn jointly from a file and cannot be correlated as well")
        except Problem as problem:
            raise locate(layers, place, problem) from None
    try:
        pairs = correlate.collect(document.correlations, order)
        kept, messages = members.correlated(continued, pairs, priors)
        groups, repairs = correlate.correlation_groups(kept, order)
        return groups, (*messages, *repairs)
    except Problem as problem:
        raise locate(layers, ("correlations",), problem) from None


def _cut(layers: Layers, document: Document, priors: Mapping[str, Prior]) -> Cut:
    try:
        return cut_feedbacks(document.feedbacks, priors)
    except Problem as problem:
        raise locate(layers, ("feedbacks",), problem) from None


def _outputs(layers: Layers, outputs: Outputs, selection: select.Selection) -> tuple[Outputs, tuple[str, ...]]:
    """The outputs this selection has, and a message where a metric went off with its mechanism."""
    from stackcast.engine.assembly import quarterly_metrics

    known = quarterly_metrics(selection.running)
    complete = quarterly_metrics((*selection.running, *selection.switched_off))
    for metric in outputs.quarterly:
        if metric not in complete:
            raise refuse(layers, ("outputs", "quarterly"), metric, _allowed_metrics(metric, known, selection))
    kept = [metric for metric in outputs.quarterly if metric in known]
    if len(kept) == len(outputs.quarterly):
        return outputs, ()
    gone = ", ".join(metric for metric in outputs.quarterly if metric not in known)
    off = ", ".join(mechanism.name for mechanism in selection.switched_off)
    message = f"outputs.quarterly: {gone} not reported: written by a mechanism that is off ({off})"
    return outputs.model_copy(update={"quarterly": kept}), (message,)


def _allowed_metrics(metric: str, known: Iterable[str], selection: select.Selection) -> str:
    events = {name for m in selection.running for name, row in m.writes.items() if row.report == "event"}
    guess = nearest(metric, known)
    hint = f"; did you mean {guess!r}?" if guess else ""
    what = "is an event, whose date is reported anyway" if metric in events else f"unknown metric{hint}"
    return f"{what}; allowed are {', '.join(sorted(known)) or 'none'}"


def _moved_dates(
    document: Document, start: float, selection: select.Selection, priors: Mapping[str, Prior]
) -> tuple[str, ...]:
    """The shipped mechanisms start from what was known of one quarter, whatever quarter a run starts in."""
    if start == FIRST_QUARTER:
        return ()
    shipped = {id(mechanism) for mechanism in select.registry().values()}
    found = {
        mechanism.name: [name for name in dict.fromkeys(mechanism.carries.values()) if name in priors]
        for mechanism in selection.running
        if id(mechanism) in shipped
    }
    if not found:
        return ()
    named = "; ".join(f"{name}: {', '.join(starts)}" for name, starts in found.items() if starts)
    return (
        f"horizon.start = {document.horizon.start}: starting values are those of 2023Q1 ({named or 'constants'}), "
        "so the dates move and the state does not",
    )


def _stem(path: Path) -> str:
    """A run folder's name from a file's."""
    text = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in path.stem).strip("-_")
    return text[:80] or "scenario"
