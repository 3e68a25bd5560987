"""Which mechanisms run, in what order, and which priors they need in which unit."""

from __future__ import annotations

import hashlib
import linecache
import sys
import types
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stackcast.engine.declare import Mechanism
from stackcast.scenario.models import Mechanisms, UserMechanism
from stackcast.scenario.problem import Problem, unknown

_LAST = "ledger"
_MAX_CODE = 200_000


@dataclass(frozen=True)
class Selection:
    """The mechanisms of a scenario and the source of the user's own."""

    running: tuple[Mechanism, ...]
    switched_off: tuple[Mechanism, ...]
    code: Mapping[str, str]


@dataclass(frozen=True)
class Need:
    """A prior that mechanisms use: in which unit, and who."""

    unit: str
    users: tuple[str, ...]


def registry() -> dict[str, Mechanism]:
    """The mechanisms that ship."""
    from stackcast.mechanisms import MECHANISMS

    return MECHANISMS


def select(
    settings: Mechanisms, shipped: Mapping[str, Mechanism], code: Mapping[str, str], labels: Mapping
) -> Selection:
    """Apply a scenario's switches; ``code`` holds the sources of its own mechanisms, ``labels`` their file names."""
    extra: Mapping[str, Any] = settings.__pydantic_extra__ or {}
    own = {name: value for name, value in extra.items() if isinstance(value, UserMechanism)}
    known = {**shipped, **own}
    for name in extra:
        if name not in known:
            raise Problem(name, extra[name], unknown(name, shipped, "mechanism"))
    available = dict(shipped)
    for name in own:
        available[name] = compile_mechanism(name, code[name], labels[name])
    order = _order(settings.order, extra, own, shipped)
    off = tuple(available[name] for name in shipped if name not in order and name not in own)
    return Selection(tuple(available[name] for name in order), off, dict(code))


def _order(given: list[str] | None, extra: Mapping, own: Mapping[str, UserMechanism], shipped: Mapping) -> list[str]:
    """Names of the running mechanisms, in order."""
    names = list(shipped) if given is None else list(given)
    known = {*shipped, *own}
    for name in names:
        if name not in known:
            raise Problem("order", name, unknown(name, known, "mechanism"))
        if names.count(name) > 1:
            raise Problem("order", name, "is listed twice")
    for name, value in extra.items():
        if value is True and name not in names:
            raise Problem(name, True, "is on, but mechanisms.order does not list it")
    for name, value in own.items():
        if name not in names:
            names.insert(_place(name, value, names), name)
        elif value.after is not None:
            where = "mechanisms.order" if given is not None and name in given else "the shipped mechanism it replaces"
            raise Problem(f"{name}.after", value.after, f"the place is given by {where}; leave it out")
    return [name for name in names if extra.get(name) is not False]


def _place(name: str, value: UserMechanism, names: list[str]) -> int:
    if value.after is None:
        return names.index(_LAST) if _LAST in names else len(names)
    if value.after not in names:
        raise Problem(f"{name}.after", value.after, unknown(value.after, names, "mechanism"))
    return names.index(value.after) + 1


def read_code(path: Path, shown: str) -> str:
    """Source of a user's mechanism."""
    try:
        if not path.is_file():
            raise Problem("file", shown, f"no such file in {path.parent}")
        raw = path.read_bytes() if path.stat().st_size <= _MAX_CODE else None
    except (OSError, ValueError) as problem:
        raise Problem("file", shown, f"cannot be read: {problem}") from None
    if raw is None:
        raise Problem("file", shown, f"a mechanism may have {_MAX_CODE:,} bytes")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Problem("file", shown, "is not text in UTF-8") from None


def compile_mechanism(name: str, source: str, label: str) -> Mechanism:
    """Run a user's file in a fresh module and take its ``MECHANISM``.

    The source itself is compiled, not the file imported: Python's bytecode cache would miss an edit
    of the same length within a second, and a stored run has only the source.
    """
    digest = hashlib.sha256(source.encode()).hexdigest()[:12]
    module = types.ModuleType(f"stackcast_user_{name}_{digest}")
    filename = f"<{label} {digest}>"
    # Known to linecache and sys.modules, so that tracebacks show its lines and dataclasses work in it.
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    sys.modules[module.__name__] = module
    try:
        exec(compile(source, filename, "exec"), module.__dict__)
    except (Exception, SystemExit) as problem:
        del sys.modules[module.__name__]
        raise Problem(f"{name}.file", label, _one_line(problem, filename)) from None
    found = getattr(module, "MECHANISM", None)
    if not isinstance(found, Mechanism):
        what = "does not define MECHANISM" if found is None else f"MECHANISM is a {type(found).__name__}"
        raise Problem(f"{name}.file", label, f"{what}; it must set MECHANISM = Mechanism(...)")
    return replace(found, name=name, cached=False)


def _one_line(problem: BaseException, filename: str) -> str:
    """What went wrong in a user's file, and on which of its lines."""
    line = getattr(problem, "lineno", None) if isinstance(problem, SyntaxError) else None
    trace = problem.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == filename:
            line = trace.tb_lineno
        trace = trace.tb_next
    text = problem.msg if isinstance(problem, SyntaxError) else str(problem)
    where = f" on line {line}" if line else ""
    return " ".join(f"fails{where}: {type(problem).__name__}: {text}".split())[:300]


def needs(selection: Selection) -> dict[str, Need]:
    """Every prior the mechanisms use; ``Problem`` where two of them disagree on its unit.

    A prior that a row starts from or is held at has the unit in which any mechanism declares it, running or off, and
    the row's only if none does: a flow's row has an amount where its prior has a rate.
    """
    found: dict[str, Need] = {}
    declared = {prior: unit for m in (*selection.switched_off, *selection.running) for prior, unit in m.priors.items()}
    for mechanism in selection.running:
        for prior, unit in mechanism.priors.items():
            _add(found, prior, unit, mechanism.name)
    units = {
        row: declared.unit for m in (*selection.switched_off, *selection.running) for row, declared in m.writes.items()
    }
    for mechanism in selection.running:
        by_loop = {row for loop in mechanism.loops if loop.when == "start" for row in loop.writes}
        for row, start in mechanism.carries.items():
            if isinstance(start, str) and start not in by_loop and start not in mechanism.priors:
                _add(found, start, _unit(start, found, declared, units.get(row, "1")), mechanism.name)
    written = {row for mechanism in selection.running for row in mechanism.writes if row not in mechanism.reads}
    for mechanism in selection.switched_off:
        for row in mechanism.writes:
            start = mechanism.neutral.get(row, mechanism.carries.get(row))
            if row not in written and isinstance(start, str):
                _add(found, start, _unit(start, found, declared, units[row]), mechanism.name)
    return found


def _unit(prior: str, found: Mapping[str, Need], declared: Mapping[str, str], row: str) -> str:
    return found[prior].unit if prior in found else declared.get(prior, row)


def _add(found: dict[str, Need], prior: str, unit: str, user: str) -> None:
    known = found.get(prior)
    if known is None:
        found[prior] = Need(unit, (user,))
        return
    if known.unit != unit:
        raise Problem(
            "", prior, f"is used in {known.unit!r} by {known.users[0]} and in {unit!r} by {user}: one unit only"
        )
    if user not in known.users:
        found[prior] = Need(unit, (*known.users, user))
