"""Scalar functions become passes over the lanes of a block table.

A pass runs one loop or several in a row: what one body computes the next takes from a register, and a row that several
read is loaded once. Every row written is stored all the same, so that guard and replay see it.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from stackcast.engine.ahead import helping
from stackcast.engine.intrinsics import JIT, Stage, call_pass, lane_operations, typed
from stackcast.engine.jit import compiled, interpreted, is_stored, kernel
from stackcast.errors import ModelError

LANE_SIGNATURE = "void(float64[:, ::1], int64[::1], int64)"

PASS_INPUTS = 24
PASS_OUTPUTS = 16
"""Loops are merged up to this many rows loaded and stored: beyond, values spill and nothing is gained."""

_memory: dict[tuple, Callable] = {}
_kernels: dict[Callable, Callable] = {}  # by body: the baseline's 57 loops at a year's end have 10


@dataclass(frozen=True)
class BoundLoop:
    """A loop of a mechanism and its rows; rows read are pairs for even and odd quarters (shocks alternate)."""

    mechanism: str
    label: str
    body: Callable
    reads: tuple[tuple[int, int], ...]
    written: tuple[int, ...]
    cached: bool = True


@dataclass(frozen=True)
class Wiring:
    """How values flow through consecutive loops.

    ``inputs`` are the rows loaded, each once. The values of a lane are these and then all results in order;
    ``picks`` are the places of each body's arguments among them, ``stores`` pairs of (entry of the pass's rows, place
    of the value). ``outputs`` are the rows stored, each once; the pass's rows are inputs, then outputs.
    """

    inputs: tuple[tuple[int, int], ...]
    outputs: tuple[int, ...]
    picks: tuple[tuple[int, ...], ...]
    stores: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Pass:
    """A compiled pass ``function(table, rows, step)`` with its rows for even and odd quarters."""

    loops: tuple[BoundLoop, ...]
    function: Callable
    rows: tuple[tuple[int, ...], tuple[int, ...]]


def wire(loops: Sequence[BoundLoop]) -> Wiring:
    """Trace rows through consecutive loops."""
    inputs: dict[tuple[int, int], int] = {}
    written: set[int] = set()
    for loop in loops:
        for pair in loop.reads:
            if pair[0] not in written:
                inputs.setdefault(pair, len(inputs))
        written.update(loop.written)
    latest: dict[int, int] = {}
    picks, count = [], len(inputs)
    for loop in loops:
        picks.append(tuple(latest.get(pair[0], inputs.get(pair, 0)) for pair in loop.reads))
        for row in loop.written:
            latest[row] = count
            count += 1
    outputs = tuple(latest)
    own = {pair[0]: k for pair, k in inputs.items()}
    stores = tuple((own.get(row, len(inputs) + k), latest[row]) for k, row in enumerate(outputs))
    return Wiring(tuple(inputs), outputs, tuple(picks), stores)


def merge(*parts: Iterable[BoundLoop]) -> list[list[Pass]]:
    """Compile each part's loops into as few passes as the limits allow, in order. Raises ModelError."""
    return [list(passes) for passes in _merged(tuple(tuple(loops) for loops in parts))]


@functools.lru_cache(maxsize=256)  # a calibration runs the same loops thousands of times: 6 ms of each small run
def _merged(parts: tuple[tuple[BoundLoop, ...], ...]) -> tuple[tuple[Pass, ...], ...]:
    grouped = [_grouped(loops) for loops in parts]
    with helping([tell(group) for groups in grouped for group in groups if _to_compile(group)]):
        return tuple(tuple(compile_pass(group) for group in groups) for groups in grouped)


def _grouped(loops: Sequence[BoundLoop]) -> list[list[BoundLoop]]:
    """Consecutive loops that become a pass, the package's as if no code of a user lay between them.

    So a user's mechanism splits at most one pass, and the others are on disk already: where it moved the limits of
    those after it, up to 14 of the baseline's 29 were compiled again, half a second each.
    """
    groups: list[list[BoundLoop]] = []
    whole: list[BoundLoop] = []  # of the package's group that is open, what lies before a user's loops as well
    for loop in loops:
        follows = bool(groups) and groups[-1][-1].cached == loop.cached
        if loop.cached:
            fits = bool(whole) and _fits([*whole, loop])
            whole = [*whole, loop] if fits else [loop]
        else:
            fits = follows and _fits([*groups[-1], loop])
        if follows and fits:
            groups[-1].append(loop)
        else:
            groups.append([loop])
    return groups


def _to_compile(loops: Sequence[BoundLoop]) -> bool:
    """Whether these loops would be compiled and then kept on disk."""
    identity = _identity(loops, wire(loops))
    if not JIT or identity in _memory:
        return False
    name = _cache_name(loops, identity)
    return name is not None and not is_stored(name, LANE_SIGNATURE)


def tell(loops: Sequence[BoundLoop]) -> list:
    """Loops of this package as plain data, for another process."""
    return [
        (loop.mechanism, loop.label, loop.body.__module__, loop.body.__qualname__, loop.reads, loop.written)
        for loop in loops
    ]


def compile_told(told: Iterable[Sequence]) -> Pass:
    """Compile the loops that ``tell`` made plain data of."""
    return compile_pass(
        [
            BoundLoop(
                mechanism, label, getattr(importlib.import_module(module), function),
                tuple((even, odd) for even, odd in reads), tuple(written),
            )
            for mechanism, label, module, function, reads, written in told
        ]
    )  # fmt: skip


def _fits(loops: Sequence[BoundLoop]) -> bool:
    """Whether these loops may share a pass."""
    if not JIT:
        return False
    wiring = wire(loops)
    return len(wiring.inputs) <= PASS_INPUTS and len(wiring.outputs) <= PASS_OUTPUTS


def compile_pass(loops: Sequence[BoundLoop]) -> Pass:
    """Compile consecutive loops; a body the compiler refuses is one line naming it (ModelError)."""
    wiring = wire(loops)
    try:
        function = _function(loops, wiring)
    except Exception as problem:  # numba lets some errors of a faulty body through as they are
        for loop in loops:
            _kernels.pop(interpreted(loop.body), None)  # numba remembers what failed, and what was missing may come
        if len(loops) > 1:
            for loop in loops:
                compile_pass([loop])
        faulty = loops[0]
        raise ModelError(
            f"mechanism {faulty.mechanism!r}: {faulty.label}: cannot be compiled: "
            f"{_reason(_own_problem(faulty) or problem)}: "
            f"a body takes floats and returns a tuple of {len(faulty.written)} floats"
        ) from None
    even, odd = (tuple(pair[parity] for pair in wiring.inputs) + wiring.outputs for parity in (0, 1))
    return Pass(tuple(loops), function, (even, odd))


def _identity(loops: Sequence[BoundLoop], wiring: Wiring) -> tuple:
    bodies = tuple(interpreted(loop.body) for loop in loops)
    counts = tuple(len(loop.written) for loop in loops)
    return bodies, len(wiring.inputs), wiring.picks, wiring.stores, counts


def _function(loops: Sequence[BoundLoop], wiring: Wiring) -> Callable:
    identity = _identity(loops, wiring)
    if identity not in _memory:
        bodies, _, picks, stores, counts = identity
        stages = tuple(Stage(_inlined(body), *rest) for body, *rest in zip(bodies, picks, counts, strict=True))
        offsets, advance = lane_operations(len(wiring.inputs), stages, stores)

        def loop(table, rows, step):
            starts = offsets(rows, table.shape[1])
            for lane in range(table.shape[1]):
                advance(table, starts, lane)

        known = {"name": name} if (name := _cache_name(loops, identity)) else {"key": ""}
        # What a pass may not do its bodies may not either, and a user's may make an array or a list.
        _memory[identity] = compiled(LANE_SIGNATURE, by=run_at, memory=True, **known)(loop)
    return _memory[identity]


def _inlined(body: Callable) -> Callable:
    return _kernels.setdefault(body, kernel(body))


def _own_problem(loop: BoundLoop) -> Exception | None:
    """What the compiler says of the body alone, without the pass around it."""
    try:
        typed(kernel(interpreted(loop.body)), len(loop.reads))
    except Exception as problem:
        return problem
    return None


def _cache_name(loops: Sequence[BoundLoop], identity: tuple) -> str | None:
    """Name of a pass in the disk cache; None when a body is not this package's own.

    Only a function found in its module under its name is known by it; a stand-in that carries another's name
    (a wrapper, a planted fault) must never be stored in its place, so the byte code is part of the name as well.
    """
    bodies, *shape = identity
    if not all(loop.cached for loop in loops):
        return None
    parts: list = [tuple(shape)]
    for body in bodies:
        module = sys.modules.get(body.__module__)
        known = interpreted(getattr(module, body.__qualname__, None))
        if not body.__module__.startswith("stackcast.") or known is not body:
            return None
        code = body.__code__
        parts.append((body.__module__, body.__qualname__, code.co_code, code.co_consts, code.co_names))
    return f"pass:{hashlib.sha256(repr(parts).encode()).hexdigest()}"


def _reason(problem: Exception) -> str:
    """The line of numba's page-long message that says what is wrong."""
    lines = [line.strip() for line in str(problem).splitlines() if line.strip()] or [type(problem).__name__]
    for mark in ("must return", "Error: ", "Unknown attribute", "No implementation"):
        for line in lines:
            if mark in line:
                return line.removeprefix("TypingError: ").rstrip(":")
    return lines[0] if len(lines) == 1 else lines[1]


@compiled("void(int64, float64[:, ::1], int64[::1], int64)")
def run_at(address, table, rows, step):
    """A pass as Python calls it."""
    call_pass(address, (table, rows, step))


@compiled(LANE_SIGNATURE, by=run_at)
def idle(table, rows, step):
    """A loop that does nothing: what a call costs."""
