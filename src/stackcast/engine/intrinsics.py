"""The few machine operations numba has no name for, each with a Python twin of the same bits.

Fused multiply-add and the two bit casts serve the vector maths; the lane operations move the rows of
a block table in and out of a scalar function. With ``NUMBA_DISABLE_JIT=1`` the twins are used.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from llvmlite import ir
from numba.core import config, types
from numba.core.errors import TypingError
from numba.core.extending import _Intrinsic
from numba.core.registry import cpu_target
from numba.core.typing.templates import fold_arguments
from numba.extending import intrinsic

from stackcast.engine.jit import signature_of

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


class _Either(_Intrinsic):
    """What compiled code calls with an address, and Python with the function itself."""

    def __call__(self, function, arguments):
        return function(*arguments)


def caller(example):
    """How code calls a function with the signature of ``example``: ``call(function, arguments)``, a tuple of them.

    In compiled code ``function`` is its address. Called by name it would be inlined into its caller, which then takes
    seconds more to compile; as a first-class function numba asks Python for it at every call from outside.
    """
    return _through_address(signature_of(example)) if JIT else _called


def _called(function, arguments):
    return function(*arguments)


def _through_address(expected):
    kinds, returned = expected.args, expected.return_type

    @intrinsic
    def at_address(typingctx, address, arguments):
        if address != types.int64 or len(arguments) != len(kinds):
            raise TypingError(f"{address}, {len(arguments)} arguments: an address and {len(kinds)} are expected")

        def generate(context, builder, signature, args):
            given = [builder.extract_value(args[1], k) for k in range(len(kinds))]
            values = [context.cast(builder, *one) for one in zip(given, signature.args[1], kinds, strict=True)]
            function = builder.inttoptr(args[0], context.call_conv.get_function_type(returned, kinds).as_pointer())
            status, result = context.call_conv.call_function(builder, function, returned, kinds, values)
            with builder.if_then(status.is_error, likely=False):
                context.call_conv.return_status_propagate(builder, status)
            return context.get_dummy_value() if returned == types.none else result

        return returned(types.int64, arguments), generate

    at_address.__class__ = _Either
    return at_address


PASS_SIGNATURE = types.void(types.float64[:, ::1], types.int64[::1], types.int64)

call_pass = _through_address(PASS_SIGNATURE) if JIT else _called
"""Run a pass over a table, ``call_pass(function, (table, rows, step))``, as a caller does."""


def lane_operations(inputs: int, stages: tuple[Stage, ...], places: tuple[tuple[int, int], ...]):
    """Return (offsets, advance) for a pass that reads ``inputs`` rows and writes one row for each place.

    ``offsets(rows, width)`` gives the start of every row, inputs first, and is called before the loop so that no index
    is read inside it. ``advance(table, starts, lane)`` loads the inputs of a lane, calls the bodies in order, and
    writes for each place (entry, value) that value to that entry of the rows; values are the inputs and then all
    results. A row updated in place has the entry of the input it overwrites: as another entry the compiler would take
    it for another row.

    All of it is written as machine-independent code: what was functions over tuples of all values took numba longer
    to merge and type (docs/engine.md). Loads and stores carry scopes that say that no two entries overlap, which holds
    because rows are whole and distinct. Without them the vectoriser compares all pairs at run time and gives up at
    about 12 rows in and 6 out: 20 in and 10 out took 6.2 ns a lane instead of 2.6.
    """
    if JIT:
        count = 1 + max((inputs - 1, *(entry for entry, _ in places)))
        return _offsets(count), _advance(inputs, stages, places, count)
    return _lane_twins(inputs, stages, places)


class Stage(NamedTuple):
    """One body of a pass: a kernel, the places of its arguments among the values so far, how many results it has."""

    body: Callable
    arguments: tuple[int, ...]
    results: int


def _lane_twins(inputs: int, stages: tuple[Stage, ...], places: tuple[tuple[int, int], ...]):
    def offsets(rows, width):
        return rows

    def advance(table, starts, lane):
        values = [table[row, lane] for row in starts[:inputs]]
        for stage in stages:
            found = stage.body(*[values[k] for k in stage.arguments])
            if not (isinstance(found, tuple) and len(found) == stage.results):
                raise TypeError(f"a loop must return a tuple of {stage.results} floats, not {found!r}")
            values += found
        for entry, value in places:
            table[starts[entry], lane] = values[value]

    return offsets, advance


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


def _advance(inputs: int, stages: tuple[Stage, ...], places: tuple[tuple[int, int], ...], count: int):
    written = tuple(entry for entry, _ in places)
    bodies = [types.Dispatcher(stage.body) for stage in stages]

    @intrinsic
    def advance(typingctx, table, starts, lane):
        found = [_typed(typingctx, *one) for one in zip(bodies, stages, strict=True)]

        def generate(context, builder, signature, args):
            data = _pointer(context, builder, signature.args[0], args[0])
            places_of = [builder.add(builder.extract_value(args[1], k), args[2]) for k in range(count)]
            pointers = [builder.gep(data, [place], inbounds=True) for place in places_of]
            values = [builder.load(pointer) for pointer in pointers[:inputs]]
            for k, value in enumerate(values):
                _mark(builder, value, k, written)
            for body, stage, own in zip(bodies, stages, found, strict=True):
                function = context.get_function(body, own)
                context.add_linking_libs(getattr(function, "libs", ()))
                result = function(builder, _folded(context, builder, own, [values[k] for k in stage.arguments]))
                values += [builder.extract_value(result, k) for k in range(stage.results)]
            for entry, value in places:
                _mark(builder, builder.store(values[value], pointers[entry]), entry, range(count))
            return context.get_dummy_value()

        return types.void(table, starts, lane), generate

    return advance


def _folded(context, builder, signature, values: list) -> tuple:
    """Arguments as a body takes them, which may have a starred parameter or defaults."""
    return fold_arguments(
        signature.pysig, values, {},
        lambda index, parameter, value: value,
        lambda index, parameter, default: context.get_constant_generic(builder, signature.args[index], default),
        lambda index, parameter, rest: context.make_tuple(builder, signature.args[index], rest),
    )  # fmt: skip


def _typed(typingctx, body: types.Dispatcher, stage: Stage):
    """Signature of a body for floats, which compiles it; TypingError for any but a tuple of so many floats."""
    signature = typingctx.resolve_function_type(body, (types.float64,) * len(stage.arguments), {})
    given = types.unliteral(signature.return_type)
    if not (isinstance(given, types.UniTuple) and given.dtype == types.float64 and len(given) == stage.results):
        raise TypingError(f"a loop must return a tuple of {stage.results} floats, not {given}")
    return signature


def typed(body: Callable, arguments: int):
    """Signature of a kernel for so many floats, which compiles it; raises what the compiler raises."""
    return cpu_target.typing_context.resolve_function_type(types.Dispatcher(body), (types.float64,) * arguments, {})
