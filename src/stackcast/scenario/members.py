"""A scenario that goes on from an ensemble: which priors its members give, and the state its rows start from.

Every trajectory takes one member. A prior whose numbers the scenario gives at the line ``ensemble`` or later, an event
and a feedback that is cut stand above the ensemble. A carried row starts from its column, as if from a prior
``state_<row>``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stackcast.engine.declare import Loop, Mechanism
from stackcast.engine.draws import PriorDraw, Quantile
from stackcast.scenario import correlate
from stackcast.scenario import ensemble as files
from stackcast.scenario.ensemble import Ensemble
from stackcast.scenario.layers import Layers
from stackcast.scenario.priors import Prior
from stackcast.scenario.problem import Problem
from stackcast.scenario.resolved import canonical_text
from stackcast.scenario.select import Need, Selection, needs

STATE_PRIOR = "state_"


@dataclass(frozen=True)
class Continued:
    """What an ensemble makes of a scenario: mechanisms that start from its state, draws of parameters and state."""

    selection: Selection
    columns: Mapping[str, np.ndarray]
    state: tuple[PriorDraw, ...]
    ensemble: Ensemble | None = None
    own: frozenset[str] = frozenset()

    def embedded(self, priors: Mapping[str, Any]) -> dict[str, Any]:
        """JSON-able copy of the columns in use; ``priors`` are the tables of the resolved scenario."""
        assert self.ensemble is not None
        rows = {draw.name.removeprefix(STATE_PRIOR) for draw in self.state}
        used = replace(self.ensemble, state={row: self.ensemble.state[row] for row in sorted(rows)})
        return files.embed(used, {name: table_hash(priors.get(name)) for name in sorted(self.columns)})


def carried_rows(mechanisms: Iterable[Mechanism]) -> tuple[str, ...]:
    """Rows whose value passes from one quarter to the next: the state that an ensemble has to hold, sorted."""
    mechanisms = tuple(mechanisms)
    written = {row for mechanism in mechanisms for row in mechanism.writes}
    return tuple(sorted({row for mechanism in mechanisms for row in mechanism.carries} & written))


def table_hash(table: Any) -> str:
    """Of the table of a prior in a resolved scenario: a changed one is not the ensemble's any more."""
    return hashlib.sha256(canonical_text(table).encode()).hexdigest()[:12]


def own_priors(layers: Layers, events: Iterable[str], stored: Mapping[str, Any] | None) -> frozenset[str]:
    """Priors that stand above the ensemble; ``stored`` is the embedded ensemble of a resolved scenario."""
    if stored is None:
        return frozenset({*events, *layers.renewed(layers.rank(("ensemble",)))})
    tables = dict(stored["tables"])
    given = layers.data.get("priors", {})
    return frozenset({*events, *(name for name, table in given.items() if table_hash(table) != tables.get(name))})


def continue_from(
    found: Ensemble, selection: Selection, needed: Mapping[str, Need], priors: Iterable[str], own: frozenset[str]
) -> Continued:
    """The selection with its rows started from the ensemble; ``Problem`` names what the file lacks."""
    columns = {name: found.priors[name] for name in priors if name in found.priors and name not in own}
    for name, need in needed.items():
        if name not in own and name not in columns:
            raise Problem(
                "ensemble", found.label, f"has no column prior:{name}, which {need.users[0]} needs: give this prior "
                "in the scenario that names the ensemble, or calibrate again",
            )  # fmt: skip
    rows = carried_rows(selection.running)
    for row in rows:
        if row not in found.state:
            owner = next(m.name for m in selection.running if row in m.carries)
            raise Problem(
                "ensemble", found.label, f"has no column state:{row}, which mechanism {owner!r} starts from: "
                "switch it off, or calibrate with it",
            )  # fmt: skip
        if STATE_PRIOR + row in columns or any(STATE_PRIOR + row in m.writes for m in selection.running):
            raise Problem("ensemble", found.label, f"the name {STATE_PRIOR + row} is taken: rename it")
    running = _started(selection.running, selection.switched_off, set(rows))
    state = tuple(
        PriorDraw(STATE_PRIOR + row, files.STREAM, Quantile("member", knots=np.array(found.state[row]))) for row in rows
    )
    return Continued(replace(selection, running=running), columns, state, found, own)


def _kept(value):
    """A starting value that nobody takes any more."""
    return (value,)


def _started(
    running: Sequence[Mechanism], switched_off: Sequence[Mechanism], rows: set[str]
) -> tuple[Mechanism, ...]:  # fmt: skip
    """The mechanisms with ``rows`` started from the state; what only gave them their start is read by nobody else."""
    begun = [replace(m, carries=_from_state(m.carries, rows)) for m in running]
    used = _used((*begun, *switched_off)) | {start for m in begun for start in m.carries.values()}
    return tuple(_settled(before, after, used) for before, after in zip(running, begun, strict=True))


def _from_state(carries: Mapping[str, Any], rows: set[str]) -> dict[str, Any]:
    return {
        row: STATE_PRIOR + row if row in rows and start is not None else start for row, start in carries.items()
    }  # fmt: skip


def _used(mechanisms: Iterable[Mechanism]) -> set[str]:
    return {name.removeprefix("last_") for m in mechanisms for loop in m.loops for name in loop.inputs}


def _settled(before: Mechanism, after: Mechanism, used: set) -> Mechanism:
    """Without the priors it took for its start only; a start loop's result that is now idle is read back by itself."""
    taken = {name for loop in after.loops for name in loop.inputs} | set(after.carries.values())
    idle = [
        row
        for row in dict.fromkeys(before.carries.values())
        if isinstance(row, str) and row in after.writes and row not in used and after.writes[row].report is None
    ]
    return replace(
        after,
        priors={name: unit for name, unit in after.priors.items() if name in taken or name not in _starts(before)},
        loops=(*after.loops, *(Loop(_kept, (row,), when="start", reads=(row,)) for row in idle)),
    )


def _starts(mechanism: Mechanism) -> set:
    return set(mechanism.carries.values())


def correlated(
    continued: Continued, pairs: correlate.Pairs, priors: Mapping[str, Prior]
) -> tuple[correlate.Pairs, tuple[str, ...]]:
    """Pairs that are still to be correlated: members are drawn together, and keep what correlation they have."""
    kept, messages = {}, []
    for pair, entry in pairs.items():
        drawn = [name for name in pair if name in continued.columns]
        if not drawn:
            kept[pair] = entry
        elif len(drawn) == 1:
            (other,) = set(pair) - set(drawn)
            if priors[other].dist != "constant":
                said = f"not used between {other} and {drawn[0]}, which the ensemble draws"
                messages.append(f"correlations.{entry.table}: {said}")
    return kept, tuple(messages)


def leave_idle(continued: Continued, priors: Mapping[str, Prior]) -> tuple[dict[str, Prior], tuple[str, ...]]:
    """Priors that only start rows, which the ensemble starts, are used by nobody; a remark where one was given."""
    if continued.ensemble is None:
        return dict(priors), ()
    after = needs(continued.selection)
    found = {name: replace(prior, used_by=after[name].users if name in after else ()) for name, prior in priors.items()}
    messages = tuple(
        f"priors.{name}: has no effect: it only starts rows, which the ensemble starts"
        for name, prior in priors.items()
        if name in continued.own and prior.used_by and not found[name].used_by
    )
    return found, messages
