"""Do the mechanisms fit together? Every complaint names both sides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stackcast.engine.declare import CLOCK, LAST, MAX_INPUTS, MAX_OUTPUTS, Loop, Mechanism, record_rows
from stackcast.errors import ModelError


def writers_of(mechanisms: Sequence[Mechanism]) -> dict[str, list[int]]:
    """Row -> positions of the mechanisms that write it, in order."""
    found: dict[str, list[int]] = {}
    for position, mechanism in enumerate(mechanisms):
        for row in mechanism.writes:
            found.setdefault(row, []).append(position)
    return found


def check(
    mechanisms: Sequence[Mechanism], held: Iterable[str], also_read: Iterable[str], priors: Iterable[str]
) -> None:
    """Check the order of a list of mechanisms.

    ``held`` are rows kept constant because their mechanism is off, ``also_read`` rows that something
    outside the list uses, ``priors`` the names the scenario draws. Raises ModelError.
    """
    held, priors = set(held), set(priors)
    writers = writers_of(mechanisms)
    _check_names(mechanisms, priors)
    started: set[str] = set()
    for position, mechanism in enumerate(mechanisms):
        _check_reads(mechanisms, position, writers, held)
        _check_carries(mechanism, writers, held, priors)
        _check_loops(mechanism)
        _check_start_loops(mechanism, started)
        _check_priors(mechanism, priors)
    _check_double_writers(mechanisms, writers)
    _check_unread(mechanisms, writers, set(also_read))
    _check_starts(mechanisms, held)


def _fail(mechanism: Mechanism, text: str) -> None:
    raise ModelError(f"mechanism {mechanism.name!r}: {text}")


def _check_names(mechanisms: Sequence[Mechanism], priors: set[str]) -> None:
    seen: set[str] = set()
    shocks = {name for mechanism in mechanisms for name in mechanism.shocks}
    for mechanism in mechanisms:
        if mechanism.name in seen:
            _fail(mechanism, "appears twice")
        seen.add(mechanism.name)
        # Another mechanism's prior counts too: one name is one row of the table.
        taken = set(mechanism.writes) & {*CLOCK, *priors, *mechanism.priors, *shocks}
        if taken:
            _fail(mechanism, f"writes {min(taken)!r}, which is also the name of a prior, a shock or the clock")
        both = set(mechanism.shocks) & {*CLOCK, *priors, *mechanism.priors}
        if both:
            _fail(mechanism, f"names a shock {min(both)!r}, which is also the name of a prior or the clock")
        for name in mechanism.writes:
            if name.startswith(LAST):
                _fail(mechanism, f"writes {name!r}: names that begin with {LAST!r} mean the end of last quarter")


def _check_reads(mechanisms: Sequence[Mechanism], position: int, writers: dict, held: set[str]) -> None:
    mechanism = mechanisms[position]
    for row in mechanism.reads:
        places = writers.get(row, [])
        if any(place < position for place in places) or row in held:
            continue
        later = [place for place in places if place > position]
        if later:
            writer = mechanisms[later[0]].name
            _fail(
                mechanism,
                f"reads {row!r} before {writer!r} writes it: put {writer!r} earlier, or declare {row!r} in carries",
            )
        if places:
            _fail(mechanism, f"reads {row!r}, which only it writes: declare it in carries")
        _fail(mechanism, f"reads {row!r}, which no mechanism writes{_hint(row, writers)}")


def _hint(name: str, known: Iterable[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _check_carries(mechanism: Mechanism, writers: dict, held: set[str], priors: set[str]) -> None:
    for row, start in mechanism.carries.items():
        if row not in writers and row not in held:
            _fail(mechanism, f"carries {row!r}, which no mechanism writes{_hint(row, writers)}")
        started_by_loop = any(start in loop.writes for loop in mechanism.loops if loop.when == "start")
        if isinstance(start, str) and start not in priors and not started_by_loop:
            _fail(
                mechanism,
                f"starts {row!r} from prior {start!r}, which the scenario does not have{_hint(start, priors)}",
            )


def _check_priors(mechanism: Mechanism, priors: set[str]) -> None:
    for name in mechanism.priors:
        if name not in priors:
            _fail(mechanism, f"needs prior {name!r}, which the scenario does not have{_hint(name, priors)}")
    used = {name for loop in mechanism.loops for name in loop.inputs} | set(mechanism.carries.values())
    for kind, names in (("prior", mechanism.priors), ("shock", mechanism.shocks), ("row", mechanism.reads)):
        for name in names:
            if name not in used:
                _fail(mechanism, f"declares {kind} {name!r}, which none of its loops uses")
    for row in mechanism.carries:
        if LAST + row not in used and row not in mechanism.writes:
            _fail(mechanism, f"carries {row!r}, but no loop takes {LAST + row!r}")


def _check_loops(mechanism: Mechanism) -> None:
    known = {*CLOCK, *mechanism.priors, *mechanism.shocks, *mechanism.reads}
    known |= {LAST + row for row in mechanism.carries}
    known |= {row for series in mechanism.observes for row in record_rows(series)}
    written: set[str] = set()
    for loop in mechanism.loops:
        _check_size(mechanism, loop)
        for name in loop.inputs:
            if name not in known and name not in written:
                _fail(
                    mechanism,
                    f"{loop.label} takes {name!r}, which is not declared or not yet written"
                    f"{_hint(name, known | written)}",
                )
        for name in loop.writes:
            if name not in mechanism.writes:
                _fail(mechanism, f"{loop.label} writes {name!r}, which the declaration does not list under writes")
        written |= set(loop.writes)
    missing = set(mechanism.writes) - written
    if missing:
        _fail(mechanism, f"declares the row {min(missing)!r}, which none of its loops writes")


def _check_start_loops(mechanism: Mechanism, started: set[str]) -> None:
    """Before the first quarter only priors exist, and rows other start loops have written (added to ``started``).

    Anything else would be what the block before left in the table.
    """
    for loop in mechanism.loops:
        if loop.when not in ("quarter", "start"):
            _fail(mechanism, f"{loop.label} runs at {loop.when!r}: allowed are quarter and start")
        if loop.when == "start":
            for name in loop.inputs:
                if name not in mechanism.priors and name not in started:
                    _fail(
                        mechanism,
                        f"{loop.label} takes {name!r} at the start: allowed are priors and rows of earlier start loops",
                    )
            started |= set(loop.writes)


def _check_size(mechanism: Mechanism, loop: Loop) -> None:
    inputs, outputs = len(loop.inputs), len(loop.writes)
    if not (1 <= inputs <= MAX_INPUTS and 1 <= outputs <= MAX_OUTPUTS):
        _fail(
            mechanism,
            f"{loop.label} has {inputs} inputs and {outputs} outputs: allowed are 1 to {MAX_INPUTS} and 1 to "
            f"{MAX_OUTPUTS} (larger loops do not vectorise: split it)",
        )


def _check_double_writers(mechanisms: Sequence[Mechanism], writers: dict) -> None:
    for row, places in writers.items():
        for place in places[1:]:
            second = mechanisms[place]
            if row not in second.carries and row not in second.reads:
                first = mechanisms[places[0]].name
                _fail(second, f"writes {row!r}, which {first!r} writes too: declare {row!r} in carries, or drop one")


def _check_unread(mechanisms: Sequence[Mechanism], writers: dict, also_read: set[str]) -> None:
    used = {name.removeprefix(LAST) for m in mechanisms for loop in m.loops for name in loop.inputs} | also_read
    used |= {start for m in mechanisms for start in m.carries.values() if isinstance(start, str)}
    for row, places in writers.items():
        writer = mechanisms[places[0]]
        if row not in used and writer.writes[row].report is None:
            _fail(writer, f"writes {row!r}, which no mechanism reads and no output reports")


def _check_starts(mechanisms: Sequence[Mechanism], held: set[str]) -> None:
    starts: dict[str, tuple[float | str, str]] = {}
    for mechanism in mechanisms:
        for row, start in mechanism.carries.items():
            if start is None:
                continue
            other, owner = starts.setdefault(row, (start, mechanism.name))
            if other != start:
                _fail(mechanism, f"starts {row!r} at {start!r}, but {owner!r} starts it at {other!r}")
    for mechanism in mechanisms:
        for row in mechanism.carries:
            if row not in starts and row not in held:
                _fail(mechanism, f"carries {row!r}, but nobody says how it starts: give a constant or a prior")
