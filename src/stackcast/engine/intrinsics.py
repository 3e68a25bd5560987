"""The few machine operations numba has no name for, each with a Python twin of the same bits.

Fused multiply-add and the two bit casts serve the vector maths; the lane operations move the rows of
a block table in and out of a scalar function. With ``NUMBA_DISABLE_JIT=1`` the twins are used.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable

import numpy as np
from llvmlite import ir
from numba.core import config, types
from numba.core.errors import TypingError
from numba.extending import intrinsic, overload

from stackcast.engine.jit import ready, signature_of

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


@intrinsic
def _call_address(typingctx, address, table, rows, step):
    def generate(context, builder, signature, args):
        kinds, values = signature.args[1:], args[1:]
        shape = context.call_conv.get_function_type(types.none, kinds)
        function = builder.inttoptr(args[0], shape.as_pointer())
        status, _ = context.call_conv.call_function(builder, function, types.none, kinds, values)
        with builder.if_then(status.is_error, likely=False):
            context.call_conv.return_status_propagate(builder, status)
        return context.get_dummy_value()

    return types.void(types.int64, table, rows, step), generate


def call_pass(function, table, rows, step):
    """Run a pass over a table; in compiled code ``function`` is its address."""
    function(table, rows, step)


@overload(call_pass, inline="always")
def _call_pass(function, table, rows, step):
    if function == types.int64:
        return lambda function, table, rows, step: _call_address(function, table, rows, step)
    return None


def caller(example):
    """How code calls a function with the signature of ``example``: ``call(function, arguments)``, a tuple of them.

    In compiled code ``function`` is its address. Called by name it would be inlined into its caller, which then takes
    seconds more to compile; as a first-class function numba asks Python for it at every call from outside.
    """

    def call(function, arguments):
        return function(*arguments)

    if JIT:
        at_address = _at_address(signature_of(example))

        @overload(call, inline="always")
        def _call(function, arguments):
            if function == types.int64:
                return lambda function, arguments: at_address(function, arguments)
            return None

    return call


def _at_address(expected):
    kinds, returned = expected.args, expected.return_type

    @intrinsic
    def at_address(typingctx, address, arguments):
        if len(arguments) != len(kinds):
            raise TypingError(f"{len(arguments)} arguments: {len(kinds)} are expected")

        def generate(context, builder, signature, args):
            given = [builder.extract_value(args[1], k) for k in range(len(kinds))]
            values = [context.cast(builder, *one) for one in zip(given, signature.args[1], kinds, strict=True)]
            function = builder.inttoptr(args[0], context.call_conv.get_function_type(returned, kinds).as_pointer())
            status, result = context.call_conv.call_function(builder, function, returned, kinds, values)
            with builder.if_then(status.is_error, likely=False):
                context.call_conv.return_status_propagate(builder, status)
            return context.get_dummy_value() if returned == types.none else result

        return returned(types.int64, arguments), generate

    return at_address


def address_of(function) -> int:
    """Where the machine code of a compiled function of one signature begins; the function must outlive its use."""
    (result,) = ready(function).overloads.values()
    return result.library.get_pointer_to_function(result.fndesc.llvm_func_name)


def lane_operations(inputs: int, places: tuple[tuple[int, int], ...]):
    """Return (offsets, load, store) for a pass that reads ``inputs`` rows and writes one row for each place.

    ``offsets(rows, width)`` gives the start of every row, inputs first, and is called before the loop so that no index
    is read inside it; ``load(table, starts, lane)`` gives the tuple of inputs; ``store(table, starts, lane, values)``
    writes for each place (entry, value) that value to that entry of the rows. A row updated in place has the entry
    of the input it overwrites: as another entry the compiler would take it for another row.

    Loads and stores carry scopes that say that no two entries overlap, which holds because rows are whole and distinct.
    Without them the vectoriser compares all pairs at run time and gives up at about 12 rows in and 6 out: 20 in and 10
    out took 6.2 ns a lane instead of 2.6.
    """
    if JIT:
        written = tuple(entry for entry, _ in places)
        count = 1 + max((inputs - 1, *written))
        return _offsets(count), _load(inputs, written), _store(places, count)
    return _lane_twins(inputs, places)


def pick(indices: tuple[int, ...]):
    """A function that picks these entries of a tuple of floats."""
    if not JIT:
        return lambda values: tuple(values[k] for k in indices)

    @intrinsic
    def chosen(typingctx, values):
        def generate(context, builder, signature, args):
            found = [builder.extract_value(args[0], k) for k in indices]
            return context.make_tuple(builder, signature.return_type, found)

        return types.UniTuple(types.float64, len(indices))(values), generate

    return chosen


def exactly(count: int):
    """A function that hands on a body's result and refuses, when compiled, any but a tuple of ``count`` floats."""
    if not JIT:
        return _counted_twin(count)

    @intrinsic
    def checked(typingctx, values):
        if not (isinstance(values, types.UniTuple) and values.dtype == types.float64 and len(values) == count):
            raise TypingError(f"a loop must return a tuple of {count} floats, not {values}")
        return values(values), lambda context, builder, signature, args: args[0]

    return checked


def _counted_twin(count: int):
    def checked(values):
        if not (isinstance(values, tuple) and len(values) == count):
            raise TypeError(f"a loop must return a tuple of {count} floats, not {values!r}")
        return values

    return checked


def _lane_twins(inputs: int, places: tuple[tuple[int, int], ...]):
    def offsets(rows, width):
        return rows

    def load(table, starts, lane):
        return tuple(table[row, lane] for row in starts[:inputs])

    def store(table, starts, lane, values):
        for entry, value in places:
            table[starts[entry], lane] = values[value]

    return offsets, load, store


def _pointer(context, builder, array_type, array):
    return context.make_array(array_type)(context, builder, array).data


def _mark(builder, instruction, own: int, others: Iterable[int]) -> None:
    """Say that an access to one row does not touch the others."""
    module = builder.module
    domain = module.add_metadata([ir.MetaDataString(module, "rows")])
    scopes = {k: module.add_metadata([ir.MetaDataString(module, f"row {k}"), domain]) for k in {own, *others}}
    instruction.set_metadata("alias.scope", module.add_metadata([scopes.pop(own)]))
    if scopes:
        instruction.set_metadata("noalias", module.add_metadata(list(scopes.values())))


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


def _load(inputs: int, written: tuple[int, ...]):
    @intrinsic
    def load(typingctx, table, starts, lane):
        def generate(context, builder, signature, args):
            data = _pointer(context, builder, signature.args[0], args[0])
            values = []
            for k in range(inputs):
                place = builder.add(builder.extract_value(args[1], k), args[2])
                value = builder.load(builder.gep(data, [place], inbounds=True))
                _mark(builder, value, k, written)
                values.append(value)
            return context.make_tuple(builder, signature.return_type, values)

        return types.UniTuple(types.float64, inputs)(table, starts, lane), generate

    return load


def _store(places: tuple[tuple[int, int], ...], count: int):
    @intrinsic
    def store(typingctx, table, starts, lane, values):
        def generate(context, builder, signature, args):
            data = _pointer(context, builder, signature.args[0], args[0])
            for entry, value in places:
                place = builder.add(builder.extract_value(args[1], entry), args[2])
                written = builder.store(
                    builder.extract_value(args[3], value), builder.gep(data, [place], inbounds=True)
                )
                _mark(builder, written, entry, range(count))
            return context.get_dummy_value()

        return types.void(table, starts, lane, values), generate

    return store
