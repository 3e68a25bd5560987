"""A program as the index arrays the compiled core walks through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from stackcast.aggregate.outputs import Source, scale_table
from stackcast.engine.block import Keeping, Layout, Pieces, pieces_for_core
from stackcast.engine.declare import CLOCK, record_rows
from stackcast.engine.intrinsics import JIT
from stackcast.engine.jit import address_of, compiled
from stackcast.engine.lanes import Pass
from stackcast.engine.program import ORIGIN, VALUE_DATE, Program
from stackcast.engine.vecmath import power


def functions(program: Program) -> tuple[tuple[Callable, ...], ...]:
    """The compiled passes of the quarters, of the start and of the years' ends."""
    return tuple(tuple(one.function for one in passes) for passes in program.passes)


def addresses(program: Program) -> tuple[np.ndarray, ...]:
    """The same as addresses of their machine code.

    Handed over as functions, numba asks Python for the address of each at every call of the core: 9 ms a chunk of 31
    blocks under the interpreter lock, and the core compiled anew for every length of the lists.
    """
    return tuple(np.array([address_of(one) for one in passes], dtype=np.int64) for passes in functions(program))


def _bindings(passes: Sequence[Pass], parity: int) -> np.ndarray:
    width = max((len(one.rows[parity]) for one in passes), default=1)
    table = np.zeros((len(passes), width), dtype=np.int64)
    for k, one in enumerate(passes):
        table[k, : len(one.rows[parity])] = one.rows[parity]
    return table


def _pairs(pairs: Sequence[tuple[int, int]]) -> np.ndarray:
    return np.array(pairs, dtype=np.int64).reshape(len(pairs), 2)


@compiled("void(float64, float64[::1])")
def discount(rate, years):
    """Replace years after the value date by their present-value factors, in place."""
    for k in range(years.shape[0]):
        years[k] = power(1.0 + rate, -years[k])


def _clock(program: Program) -> np.ndarray:
    """Date of each quarter's start, the present-value factor of its year's middle, the record."""
    dates = program.start + 0.25 * np.arange(program.quarters)
    factors = np.floor(dates) + 0.5 - VALUE_DATE
    discount(program.discount_rate, factors)
    return np.ascontiguousarray(np.vstack([dates, factors, *program.record.values()]).T)


def _clock_names(program: Program) -> tuple[str, ...]:
    return (*CLOCK, *(row for series in program.record for row in record_rows(series)))


def _quarter_of_year(program: Program) -> np.ndarray:
    return (round(program.start * 4) + np.arange(program.quarters)) % 4


def _year_ends(program: Program) -> np.ndarray:
    quarter_of_year = _quarter_of_year(program)
    years = program.outputs.years
    ends = np.full(program.quarters, -1, dtype=np.int64)
    for step in np.flatnonzero(quarter_of_year == 3):
        year = (round(program.start * 4) + int(step)) // 4
        if year in years:
            ends[step] = years.index(year)
    return ends


def layout_of(program: Program) -> Layout:
    """Index arrays of a program."""
    shock_rows, streams, kinds = program.shock_tables()
    bridged_rows, bridged_streams, ahead, coordinates = program.bridge_tables()
    quarter, start, year = program.passes
    quarter_of_year = _quarter_of_year(program)
    checked = quarter_of_year == 3
    checked[-1] = True
    checked &= program.guard
    return Layout(
        bindings=np.stack([_bindings(quarter, 0), _bindings(quarter, 1)]),
        start_bindings=_bindings(start, 0),
        year_bindings=_bindings(year, 0),
        constant_rows=np.array([row for row, _ in program.constants], dtype=np.int64),
        constant_values=np.array([value for _, value in program.constants], dtype=float),
        copies=_pairs(program.copies),
        lags=_pairs(program.lags),
        sums=_pairs(program.sums),
        shock_rows=shock_rows,
        shock_streams=streams,
        shock_kinds=kinds,
        clock_rows=np.array([program.names[name] for name in _clock_names(program)], dtype=np.int64),
        clock=_clock(program),
        year_of=_year_ends(program),
        fresh=(quarter_of_year == 0).astype(np.int64),
        checked=checked.astype(np.int64),
        guarded=program.written_rows,
        origins=np.array([program.names[ORIGIN + name] for name in program.shocks if program.shared], dtype=np.int64),
        scheme=program.tables.scheme,
        points=program.tables.points,
        bridged_rows=bridged_rows,
        bridged_streams=bridged_streams,
        bridged_ahead=ahead,
        bridged_coordinates=coordinates,
    )


def _rows(program: Program, sources: Sequence[Source]) -> np.ndarray:
    return np.array([program.names[source.row] for source in sources], dtype=np.int64)


def _watched(program: Program, columns: Sequence[tuple[str, int]]) -> tuple[np.ndarray, np.ndarray]:
    """(row, column) of every observed figure in the order of the quarters, and the first of each quarter."""
    order = sorted(range(len(columns)), key=lambda column: columns[column][1])
    pairs = _pairs([(program.names[columns[column][0]], column) for column in order])
    steps = [columns[column][1] for column in order]
    return pairs, np.searchsorted(steps, np.arange(program.quarters + 1)).astype(np.int64)


def keeping_of(program: Program, columns: Sequence[tuple[str, int]] = ()) -> Keeping:
    """Rows, cells and scales of what is kept; ``columns`` are the (row, quarter) pairs an observer wants."""
    watched, watch_first = _watched(program, columns)
    plan = program.outputs
    counts = [
        len(plan.yearly) * len(plan.years), len(plan.quarterly) * len(plan.periods), len(plan.final), len(plan.events)
    ]  # fmt: skip
    scales, offsets = scale_table(program.cells)
    return Keeping(
        yearly=_rows(program, plan.yearly),
        quarterly=_rows(program, plan.quarterly),
        final=_rows(program, plan.final),
        events=_rows(program, plan.events),
        first=np.cumsum([0, *counts[:-1]]).astype(np.int64),
        start=np.array([program.start]),
        scales=scales,
        offsets=offsets,
        sample_start=np.array([program.names[prior.name] for prior in program.plan.priors], dtype=np.int64),
        sample_year=_rows(program, sampled_sources(program)),
        sample_end=_rows(program, plan.events),
        watched=watched,
        watch_first=watch_first,
    )


_SAMPLED_LAYER_METRICS = ("share", "gross_profit")


def sampled_sources(program: Program) -> list[Source]:
    """Yearly figures kept of every sampled trajectory: shares and gross profits of layers, market rows."""
    from stackcast.ledger.layers import LAYERS

    return [
        source
        for source in program.outputs.yearly
        if not source.layer or (source.metric in _SAMPLED_LAYER_METRICS and source.layer in LAYERS)
    ]


def sample_columns(program: Program) -> tuple[str, ...]:
    """Names of the sample's columns, in order."""
    yearly = [
        f"{source.metric}.{source.layer}.{year}" if source.layer else f"{source.metric}.{year}"
        for year in program.outputs.years
        for source in sampled_sources(program)
    ]
    return (
        *(f"prior.{prior.name}" for prior in program.plan.priors),
        *yearly,
        *(f"event.{source.metric}" for source in program.outputs.events),
    )


@dataclass(frozen=True)
class LaidOut:
    """A program as the core takes it, observed in some columns; made once for many runs."""

    program: Program
    columns: tuple[tuple[str, int], ...]
    layout: Layout
    keeping: Keeping
    passes: tuple
    pieces: Pieces
    sampled: tuple[str, ...]

    @classmethod
    def of(cls, program: Program, columns: Sequence[tuple[str, int]] = ()) -> LaidOut:
        """Lay a program out. Raises ModelError for a body that cannot be compiled."""
        layout = layout_of(program)
        passes = addresses(program) if JIT else functions(program)
        return cls(
            program, tuple(columns), layout, keeping_of(program, columns), passes,
            pieces_for_core(layout, len(columns)), sample_columns(program),
        )  # fmt: skip
