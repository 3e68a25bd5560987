"""The few machine operations numba has no name for, each with a Python twin of the same bits.

Fused multiply-add and the two bit casts serve the vector maths; the lane operations move the rows of
a block table in and out of a scalar function. With ``NUMBA_DISABLE_JIT=1`` the twins are used.
"""

from __future__ import annotations

import math
import struct

import numpy as np
from llvmlite import ir
from numba.core import config, types
from numba.core.errors import TypingError
from numba.extending import intrinsic

JIT = not config.DISABLE_JIT


def _exact_fma(a: float, b: float, c: float) -> float:
    """a * b + c rounded once, by exact integer ratios (division of Python integers rounds correctly)."""
    an, ad = a.as_integer_ratio()
    bn, bd = b.as_integer_ratio()
    cn, cd = c.as_integer_ratio()
    numerator = an * bn * cd + cn * ad * bd
    if numerator == 0:
        return a * b + c
    return numerator / (ad * bd * cd)


_finite_fma = getattr(math, "fma", _exact_fma)


def fma_twin(a, b, c):
    """Fused multiply-add of plain floats, for runs without the compiler."""
    a, b, c = float(a), float(b), float(c)
    if not (math.isfinite(a) and math.isfinite(b)):
        return np.float64(a * b + c)
    if not math.isfinite(c):
        return np.float64(c)  # a * b rounded alone could overflow and cancel it
    try:
        return np.float64(_finite_fma(a, b, c))
    except OverflowError:
        return np.float64(math.copysign(math.inf, a * b))


def to_bits_twin(x):
    """The 64 bits of a float as a signed integer."""
    return struct.unpack("<q", struct.pack("<d", x))[0]


def from_bits_twin(i):
    """The float with these 64 bits."""
    return np.float64(struct.unpack("<d", struct.pack("<Q", int(i) & 0xFFFFFFFFFFFFFFFF))[0])


def sqrt_twin(x):
    """Square root with NaN for negative arguments, as the hardware gives."""
    x = float(x)
    return np.float64(math.sqrt(x) if x >= 0.0 else math.nan)


@intrinsic
def _fma(typingctx, a, b, c):
    def generate(context, builder, signature, args):
        double = ir.DoubleType()
        function_type = ir.FunctionType(double, [double] * 3)
        function = builder.module.declare_intrinsic("llvm.fma", [double], function_type)
        return builder.call(function, args)

    return types.float64(types.float64, types.float64, types.float64), generate


@intrinsic
def _sqrt(typingctx, x):
    def generate(context, builder, signature, args):
        function = builder.module.declare_intrinsic("llvm.sqrt", [ir.DoubleType()])
        return builder.call(function, args)

    return types.float64(types.float64), generate


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


fma = _fma if JIT else fma_twin
to_bits = _to_bits if JIT else to_bits_twin
from_bits = _from_bits if JIT else from_bits_twin
hardware_sqrt = _sqrt if JIT else sqrt_twin


def lane_operations(inputs: int, outputs: int, places: tuple[int, ...]):
    """Return (offsets, load, store) for a loop with this many input and output rows.

    ``offsets(rows, width)`` gives the start of every row, inputs first, and is called before the
    loop so that no index is read inside it; ``load(table, starts, lane)`` gives the tuple of inputs
    and ``store(table, starts, lane, values)`` writes the tuple of outputs.

    ``places`` says for every output which entry of ``rows`` it is: its own, or that of the input it
    overwrites. A row updated in place must be the same value to the compiler, else its run-time
    check for overlap sends the loop down the scalar path (13.5 instead of 2.6 ns a lane).
    """
    if JIT:
        return _offsets(inputs + outputs), _load(inputs), _store(places)
    return _lane_twins(inputs, outputs)


def _lane_twins(inputs: int, outputs: int):
    def offsets(rows, width):
        return tuple(int(row) for row in rows[: inputs + outputs])

    def load(table, starts, lane):
        return tuple(table[row, lane] for row in starts[:inputs])

    def store(table, starts, lane, values):
        for k in range(outputs):
            table[starts[inputs + k], lane] = values[k]

    return offsets, load, store


def _pointer(context, builder, array_type, array):
    return context.make_array(array_type)(context, builder, array).data


def _offsets(count: int):
    @intrinsic
    def offsets(typingctx, rows, width):
        def generate(context, builder, signature, args):
            data = _pointer(context, builder, signature.args[0], args[0])
            index = [ir.Constant(ir.IntType(64), k) for k in range(count)]
            starts = [builder.mul(builder.load(builder.gep(data, [k])), args[1]) for k in index]
            return context.make_tuple(builder, signature.return_type, starts)

        return types.UniTuple(types.int64, count)(rows, types.int64), generate

    return offsets


def _load(inputs: int):
    @intrinsic
    def load(typingctx, table, starts, lane):
        def generate(context, builder, signature, args):
            data = _pointer(context, builder, signature.args[0], args[0])
            values = []
            for k in range(inputs):
                place = builder.add(builder.extract_value(args[1], k), args[2])
                values.append(builder.load(builder.gep(data, [place], inbounds=True)))
            return context.make_tuple(builder, signature.return_type, values)

        return types.UniTuple(types.float64, inputs)(table, starts, lane), generate

    return load


def _store(places: tuple[int, ...]):
    outputs = len(places)

    @intrinsic
    def store(typingctx, table, starts, lane, values):
        if not (isinstance(values, types.UniTuple) and values.dtype == types.float64 and len(values) == outputs):
            raise TypingError(f"a loop must return a tuple of {outputs} floats, not {values}")

        def generate(context, builder, signature, args):
            data = _pointer(context, builder, signature.args[0], args[0])
            for k, entry in enumerate(places):
                place = builder.add(builder.extract_value(args[1], entry), args[2])
                builder.store(builder.extract_value(args[3], k), builder.gep(data, [place], inbounds=True))
            return context.get_dummy_value()

        return types.void(table, starts, lane, values), generate

    return store
