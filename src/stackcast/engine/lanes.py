"""A scalar function becomes a loop over the lanes of a block table."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Sequence

from stackcast.engine.declare import Loop, Mechanism
from stackcast.engine.intrinsics import lane_operations
from stackcast.engine.jit import compiled, kernel
from stackcast.errors import ModelError

LANE_SIGNATURE = "void(float64[:, ::1], int64[::1], int64)"

_memory: dict[tuple[Callable, int, tuple[int, ...]], Callable] = {}


def _cache_key(body: Callable, inputs: int, places: tuple[int, ...]) -> str:
    """Name of a loop in the disk cache; empty for bodies that are not this package's own.

    Only a function found in its module under its name is known by it; a stand-in that carries another's name
    (a wrapper, a planted fault) must never be stored in its place, so the byte code is part of the key as well.
    """
    module = sys.modules.get(body.__module__)
    if not body.__module__.startswith("stackcast.") or getattr(module, body.__qualname__, None) is not body:
        return ""
    code = body.__code__
    text = repr((code.co_code, code.co_consts, code.co_names, inputs, places))
    return f"{body.__module__}.{body.__qualname__}:{hashlib.sha256(text.encode()).hexdigest()}"


def places_of(inputs: Sequence[int], outputs: Sequence[int]) -> tuple[int, ...]:
    """For every output row its position among inputs and outputs: that of the input it overwrites, else its own."""
    return tuple(inputs.index(row) if row in inputs else len(inputs) + k for k, row in enumerate(outputs))


def lane_loop(body: Callable, inputs: int, places: tuple[int, ...], cached: bool = True) -> Callable:
    """Compile ``body`` into ``loop(table, rows, step)``; ``rows`` holds the input rows, then the output rows.

    ``places`` as ``places_of`` gives it.
    """
    body = getattr(body, "py_func", body)
    found = _memory.get((body, inputs, places))
    if found is not None:
        return found
    offsets, load, store = lane_operations(inputs, len(places), places)
    inlined = kernel(body)

    def loop(table, rows, step):
        starts = offsets(rows, table.shape[1])
        for lane in range(table.shape[1]):
            store(table, starts, lane, inlined(*load(table, starts, lane)))

    key = _cache_key(body, inputs, places) if cached else ""
    _memory[body, inputs, places] = made = compiled(LANE_SIGNATURE, key=key)(loop)
    return made


def compile_loop(mechanism: Mechanism, loop: Loop, inputs: Sequence[int], outputs: Sequence[int]) -> Callable:
    """Compile one loop of a mechanism for its rows; a body the compiler refuses is one line naming it."""
    try:
        return lane_loop(loop.body, len(inputs), places_of(inputs, outputs), cached=mechanism.cached)
    except Exception as problem:  # numba lets some errors of a faulty body through as they are
        raise ModelError(
            f"mechanism {mechanism.name!r}: {loop.label}: cannot be compiled: {_reason(problem)}: "
            f"a body takes floats and returns a tuple of {len(loop.writes)} floats"
        ) from None


def _reason(problem: Exception) -> str:
    """The line of numba's page-long message that says what is wrong."""
    lines = [line.strip() for line in str(problem).splitlines() if line.strip()] or [type(problem).__name__]
    for mark in ("must return", "Error: ", "Unknown attribute", "No implementation"):
        for line in lines:
            if mark in line:
                return line.removeprefix("TypingError: ").rstrip(":")
    return lines[0] if len(lines) == 1 else lines[1]


@compiled(LANE_SIGNATURE)
def idle(table, rows, step):
    """A loop that does nothing: an empty tuple of functions has no type."""
