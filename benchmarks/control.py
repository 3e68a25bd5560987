"""The controls: fixed pieces of work that timings are divided by, one for mechanisms and a longer one for the hot loop.

They must not change when the core does, so it uses nothing of the core but its way of compiling: exp and log stand here
as they were when the first baseline was stored. What it does is what mechanisms do, because on a shared machine a
neighbour slows each kind of work by another factor: with divisions and square roots alone it lost 15 % where a
mechanism lost 40 %, with these functions the two lose about as much. Whoever edits this file, or how engine/jit.py
compiles, stores the baseline again: with other options of LLVM the control takes 1.7 times as long.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from stackcast.engine.jit import compiled

LANES, PAGE = 256, 4096
ROWS = 12
"""Rows of 2 kB: with the first-level cache to itself, what else lies in memory does not matter."""

TURNS = 24
"""Some 0.2 ms: short beside a time slice of the machine, long beside the call."""

LOOP_TURNS = 30 * TURNS
TABLES, COUNTED = 400, 4096
"""The hot loop's control takes as long as a block of the baseline, and a quarter of it adds to counts as the loop does:
13 MB of them, in the cache that is shared with neighbours. In 24 rounds on a busy machine the loop's ratio to it had a
standard deviation of 6 % and was never 10 % above its median; its ratio to the other control 12 %, and five times (the
best of many short calls catches the moments in which the processor runs faster)."""

_OPTIONS = {"error_model": "numpy", "nogil": True}
_ROUND, _ROUND_BITS = 6755399441055744.0, 0x4338000000000000
_HALF_BITS = 0x3FE6A09E667F3BCD


@intrinsic
def _fma(typingctx, a, b, c):
    def generate(context, builder, signature, args):
        double = ir.DoubleType()
        kind = ir.FunctionType(double, [double] * 3)
        return builder.call(builder.module.declare_intrinsic("llvm.fma", [double], kind), args)

    return types.float64(types.float64, types.float64, types.float64), generate


@intrinsic
def _to_bits(typingctx, x):
    def generate(context, builder, signature, args):
        return builder.bitcast(args[0], ir.IntType(64))

    return types.int64(types.float64), generate


@intrinsic
def _from_bits(typingctx, i):
    def generate(context, builder, signature, args):
        return builder.bitcast(args[0], ir.DoubleType())

    return types.float64(types.int64), generate


@numba.njit(forceinline=True, **_OPTIONS)
def _exp(x):
    shifted = _fma(x, 1.4426950408889634, _ROUND)
    k = shifted - _ROUND
    r = _fma(k, -1.90821492927058770002e-10, _fma(k, -0.693147180369123816490, x))
    r2 = r * r
    r4 = r2 * r2
    low = _fma(_fma(0.16666666666666666, r, 0.5), r2, 1.0 + r)
    middle = _fma(
        _fma(1.984126984126984e-04, r, 1.388888888888889e-03), r2, _fma(8.333333333333333e-03, r, 0.041666666)
    )
    high = _fma(_fma(2.505210838544172e-08, r, 2.755731922398589e-07), r2, _fma(2.7557319e-06, r, 2.48015873e-05))
    p = _fma(_fma(_fma(_fma(1.6059e-10, r, 2.08767e-09), r4, high), r4, middle), r4, low)
    y = p * _from_bits((_to_bits(shifted) - _ROUND_BITS + 1022) << 52) * 2.0
    y = np.inf if x > 709.78 else y
    return 0.0 if x < -708.0 else y


@numba.njit(forceinline=True, **_OPTIONS)
def _log(x):
    tiny = x < 2.2250738585072014e-308
    bits = _to_bits(x * 18014398509481984.0 if tiny else x)
    exponent = (bits - _HALF_BITS) >> 52
    k = _from_bits(exponent + _ROUND_BITS) - _ROUND
    k = k - 54.0 if tiny else k
    f = _from_bits(bits - (exponent << 52)) - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    odd = w * _fma(w, _fma(w, 0.15313837699, 0.22222198432), 0.39999999999)
    even = z * _fma(w, _fma(w, _fma(w, 0.14798198605, 0.18183572162), 0.28571428743), 0.66666666666)
    half = 0.5 * f * f
    y = k * 0.693147180369123816490 - ((half - (s * (half + odd + even) + k * 1.90821492927058770002e-10)) - f)
    y = -np.inf if x == 0.0 else y
    return np.nan if x < 0.0 else y


def edition(file: str) -> str:
    """Tells compiled functions of a file's editions apart: the cache on disk knows the package's sources only."""
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()[:16]


@compiled("void(float64[:, ::1], int64)", key=edition(__file__))
def turn(table, turns):
    """Two rows in, one out, a third of the table at a time."""
    third = table.shape[0] // 3
    for _ in range(turns):
        for row in range(third):
            one, other, target = table[row], table[row + third], table[row + 2 * third]
            for lane in range(table.shape[1]):
                x, y = one[lane], other[lane]
                filled = _exp(x - y)
                room = max(1.0 - _exp(y * x), -0.5)
                adopters = x * min(1.0 / filled, 10.0) * max(1.0 - filled, 0.0)
                grown = _exp(_log(y + 0.5) * 0.3 + x)
                target[lane] = min(0.4 * room + adopters + grown, 9.0) + _log(filled + grown)


@compiled("void(int64[::1], uint16[:, ::1])", key=edition(__file__))
def add(counts, bins):
    """One to a count for every bin, table by table."""
    for table in range(bins.shape[0]):
        first = np.int64(table * COUNTED)
        for k in range(bins.shape[1]):
            counts[first + np.int64(bins[table, k])] += 1


def paged(values: np.ndarray) -> np.ndarray:
    """A copy that begins where a page of memory begins: elsewhere loads straddle lines, and how many is chance."""
    raw = np.zeros(values.nbytes + PAGE, dtype=np.uint8)
    first = -raw.ctypes.data % PAGE
    copy = raw[first : first + values.nbytes].view(values.dtype).reshape(values.shape)
    copy[:] = values
    return copy


def mixed_rows() -> np.ndarray:
    """A table to work on."""
    return paged(np.random.default_rng(1).uniform(0.1, 0.9, (ROWS, LANES)))


class Control:
    """The mechanisms' control on a table of its own."""

    def __init__(self) -> None:
        self.table = mixed_rows()

    def __call__(self) -> None:
        turn(self.table, TURNS)


class LoopControl:
    """The hot loop's: the same work for longer, then counts."""

    def __init__(self) -> None:
        self.table = mixed_rows()
        draws = np.random.default_rng(1).normal(COUNTED / 2, COUNTED / 14, (TABLES, COUNTED))
        self.bins = draws.clip(0, COUNTED - 1).astype(np.uint16)
        self.counts = np.zeros(TABLES * COUNTED, dtype=np.int64)

    def __call__(self) -> None:
        turn(self.table, LOOP_TURNS)
        add(self.counts, self.bins)
