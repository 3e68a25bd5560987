"""The compiled path of one block of lanes, and of a chunk of blocks.

A block is 256 trajectories side by side in one table that stays in the second-level cache. Everything
that is summed is summed inside a block in a fixed order; counts are integers and may be added in any.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from stackcast.engine.counting import LANES, count_bins, keep, keep_events
from stackcast.engine.draws import UNSHAPED, draw_uniforms
from stackcast.engine.intrinsics import JIT, call_pass, caller
from stackcast.engine.jit import address_of, routine
from stackcast.engine.moving import add_rows, all_finite, copy_rows, fill_rows, observe, take_sample
from stackcast.engine.sampling import bridge_shocks
from stackcast.engine.shaping import shape_parameters
from stackcast.engine.shocks import draw_shocks, draw_shocks_again


class Layout(NamedTuple):
    """Index arrays of a program; all int64 unless said otherwise."""

    bindings: np.ndarray  # (2, loops, width) rows of every loop in even and odd quarters
    start_bindings: np.ndarray
    year_bindings: np.ndarray
    constant_rows: np.ndarray
    constant_values: np.ndarray  # float64
    copies: np.ndarray  # (k, 2) from, to
    lags: np.ndarray  # (k, 2) from, to
    sums: np.ndarray  # (k, 2) flow, accumulator
    shock_rows: np.ndarray  # (2, shocks)
    shock_streams: np.ndarray  # uint64
    shock_kinds: np.ndarray
    clock_rows: np.ndarray  # year, discount_factor, rows of the record
    clock: np.ndarray  # (quarters, clock rows) float64
    year_of: np.ndarray  # (quarters) index of the year that ends here, else -1
    fresh: np.ndarray  # (quarters) 1 where a year begins
    checked: np.ndarray  # (quarters) 1 where the guard looks: once a year and at the end
    guarded: np.ndarray
    origins: np.ndarray  # (shocks) row with the trajectory that a lane has the shock of; none: its own
    scheme: np.ndarray  # how trajectories are drawn, as in engine/sampling.py
    points: np.ndarray  # (coordinates, 32 or 1) uint64
    bridged_rows: np.ndarray  # (2, bridged shocks)
    bridged_streams: np.ndarray  # uint64
    bridged_ahead: np.ndarray  # row of what is left of a segment's sum
    bridged_coordinates: np.ndarray  # (bridged shocks, segments)


class Keeping(NamedTuple):
    """What is kept of a block: rows, first cell of each kind of period, scales and bins."""

    yearly: np.ndarray
    quarterly: np.ndarray
    final: np.ndarray
    events: np.ndarray
    first: np.ndarray  # first cell of yearly, quarterly, final, events
    start: np.ndarray  # (1) float64: date of the first quarter, for event bins
    scales: np.ndarray  # (cells, 6) float64
    offsets: np.ndarray
    sample_start: np.ndarray  # rows sampled at the start: parameters
    sample_year: np.ndarray  # rows sampled at each year's end
    sample_end: np.ndarray  # rows sampled at the end: event dates
    watched: np.ndarray  # (k, 2) row, column of what is observed, in the order of the quarters
    watch_first: np.ndarray  # (quarters + 1) first of them in each quarter


class Bins(NamedTuple):
    """Accumulators of one worker (counts, extremes) and of one chunk (block sums)."""

    counts: np.ndarray
    minimum: np.ndarray
    maximum: np.ndarray
    sums: np.ndarray  # (blocks, 2 or 4, cells) float64
    bins: np.ndarray  # (cells, lanes of some blocks) uint16
    observed: np.ndarray  # (columns, lanes of a chunk) float64


class Pieces(NamedTuple):
    """The compiled pieces of a block: functions where Python runs it, else their addresses.

    Handed over as first-class functions they took 3 ms of the interpreter lock at every call of the core.
    """

    draw_uniforms: Callable | int
    shape_parameters: Callable | int
    draw_shocks: Callable | int
    fill_rows: Callable | int
    copy_rows: Callable | int
    add_rows: Callable | int
    all_finite: Callable | int
    keep: Callable | int
    keep_events: Callable | int
    take_sample: Callable | int
    count_bins: Callable | int
    observe: Callable | int
    draw_shocks_again: Callable | int
    bridge_shocks: Callable | int


PIECES = Pieces(
    draw_uniforms, shape_parameters, draw_shocks, fill_rows, copy_rows, add_rows, all_finite, keep, keep_events,
    take_sample, count_bins, observe, draw_shocks_again, bridge_shocks,
)  # fmt: skip

_draw_uniforms = caller(draw_uniforms)
_shape_parameters = caller(shape_parameters)
_draw_shocks = caller(draw_shocks)
_fill_rows = caller(fill_rows)
_copy_rows = caller(copy_rows)
_add_rows = caller(add_rows)
_all_finite = caller(all_finite)
_keep = caller(keep)
_keep_events = caller(keep_events)
_take_sample = caller(take_sample)
_count_bins = caller(count_bins)
_observe = caller(observe)
_draw_shocks_again = caller(draw_shocks_again)
_bridge_shocks = caller(bridge_shocks)


def pieces_for_core(layout: Layout, watched: int) -> Pieces:
    """What the compiled core is given: nothing for pieces that it will not call, so that they need not be compiled."""
    if not JIT:
        return PIECES
    again = layout.origins.shape[0] > 0
    wanted = {
        "draw_shocks": not again,
        "draw_shocks_again": again,
        "bridge_shocks": layout.bridged_streams.shape[0] > 0,
        "observe": watched > 0,
    }
    return Pieces(*(address_of(part) if wanted.get(name, True) else 0 for name, part in PIECES._asdict().items()))


@routine
def run_quarter(pieces, loops, layout, table, step, trajectory, key0, key1):
    """Advance a block by one quarter."""
    odd = step & 1
    if odd == 0 and layout.origins.shape[0] == 0:
        _draw_shocks(
            pieces.draw_shocks,
            (
                table,
                layout.shock_rows,
                layout.shock_streams,
                layout.shock_kinds,
                layout.scheme,
                trajectory,
                step,
                key0,
                key1,
            ),
        )
    elif odd == 0:
        _draw_shocks_again(
            pieces.draw_shocks_again,
            (table, layout.shock_rows, layout.shock_streams, layout.shock_kinds, layout.origins, step, key0, key1),
        )
    if odd == 0 and layout.bridged_streams.shape[0] > 0:
        _bridge_shocks(
            pieces.bridge_shocks,
            (
                table,
                layout.bridged_rows,
                layout.bridged_streams,
                layout.bridged_ahead,
                layout.bridged_coordinates,
                layout.points,
                layout.scheme,
                trajectory,
                step,
                key0,
                key1,
            ),
        )
    _fill_rows(pieces.fill_rows, (table, layout.clock_rows, layout.clock[step]))
    _copy_rows(pieces.copy_rows, (table, layout.lags))
    for k in range(len(loops)):
        call_pass(loops[k], (table, layout.bindings[odd, k], step))


@routine
def start_block(pieces, start_loops, layout, draws, table, first_row, trajectory, key0, key1):
    """Draw the parameters of a block and set up its rows."""
    # numba joins tuples by + only.
    _draw_uniforms(pieces.draw_uniforms, (table, first_row, trajectory, key0, key1) + draws)  # noqa: RUF005
    _shape_parameters(pieces.shape_parameters, (table[first_row:],) + draws[UNSHAPED:])  # noqa: RUF005
    for k in range(len(start_loops)):
        call_pass(start_loops[k], (table, layout.start_bindings[k], np.int64(0)))
    _fill_rows(pieces.fill_rows, (table, layout.constant_rows, layout.constant_values))
    _copy_rows(pieces.copy_rows, (table, layout.copies))


@routine
def end_year(year_loops, layout, table, step):
    """Derive the yearly figures of a block."""
    for k in range(len(year_loops)):
        call_pass(year_loops[k], (table, layout.year_bindings[k], step))


@routine
def place_in_window(block, bins):
    """Which of the blocks held by the bins' buffer this one is."""
    return block % (np.int64(bins.bins.shape[1]) // np.int64(LANES))


@routine
def _keep_period(pieces, scratch, rows, first, lanes, keeping, bins, block):
    _keep(
        pieces.keep,
        (
            scratch.table,
            rows,
            first,
            lanes,
            place_in_window(block, bins) * np.int64(LANES),
            keeping.scales,
            bins.bins,
            bins.minimum,
            bins.maximum,
            bins.sums[block],
            scratch.tree,
        ),
    )


@routine
def _finish_year(pieces, year_loops, layout, keeping, bins, scratch, step, lanes, block, sampled, sample):
    """Derive, count and sample the figures of a year."""
    table = scratch.table
    year = layout.year_of[step]
    end_year(year_loops, layout, table, step)
    count = np.int64(keeping.yearly.shape[0])
    _keep_period(pieces, scratch, keeping.yearly, keeping.first[0] + year * count, lanes, keeping, bins, block)
    if sampled > 0:
        column = np.int64(keeping.sample_start.shape[0]) + year * np.int64(keeping.sample_year.shape[0])
        _take_sample(pieces.take_sample, (table, keeping.sample_year, sampled, sample, column))


class Scratch(NamedTuple):
    """Working space of one worker."""

    table: np.ndarray  # (rows, lanes)
    tree: np.ndarray  # (6, 256)


@routine
def _run_block(
    pieces, loops, layout, keeping, bins, draws, first_row, scratch, trajectory, lanes, block, sampled, sample, keys
):
    """One block from its draws to its counts; False when a row is not finite."""
    table = scratch.table
    start_block(pieces, loops[1], layout, draws, table, first_row, trajectory, keys[0], keys[1])
    if sampled > 0:
        _take_sample(pieces.take_sample, (table, keeping.sample_start, sampled, sample, np.int64(0)))
    quarters = np.int64(layout.clock.shape[0])
    listed = np.int64(keeping.quarterly.shape[0])
    for step in range(quarters):
        run_quarter(pieces, loops[0], layout, table, step, trajectory, keys[0], keys[1])
        _add_rows(pieces.add_rows, (table, layout.sums, layout.fresh[step] == 1))
        if listed > 0:
            _keep_period(
                pieces, scratch, keeping.quarterly, keeping.first[1] + step * listed, lanes, keeping, bins, block
            )
        if layout.year_of[step] >= 0:
            _finish_year(pieces, loops[2], layout, keeping, bins, scratch, step, lanes, block, sampled, sample)
        first, last = keeping.watch_first[step], keeping.watch_first[step + 1]
        if last > first:
            _observe(
                pieces.observe, (table, keeping.watched[first:last], lanes, block * np.int64(LANES), bins.observed)
            )
        if layout.checked[step] == 1 and not _all_finite(pieces.all_finite, (table, layout.guarded, lanes)):
            return False
    _keep_period(pieces, scratch, keeping.final, keeping.first[2], lanes, keeping, bins, block)
    _keep_events(
        pieces.keep_events,
        (table, keeping.events, keeping.first[3], keeping.start[0], lanes, keeping.offsets, bins.counts),
    )
    if sampled > 0:
        column = np.int64(sample.shape[1] - keeping.sample_end.shape[0])
        _take_sample(pieces.take_sample, (table, keeping.sample_end, sampled, sample, column))
    return True


def run_chunk(
    pieces, loops, layout, keeping, bins, draws, first_row, scratch, first_block, stride, blocks, total, sample, keys
):
    """Run ``blocks`` blocks, from ``first_block`` on every ``stride``-th; ``total`` is the number of trajectories.

    ``loops`` are the functions of the quarters, of the start and of the years' ends. Returns the first
    block in which a row was not finite, or -1.
    """
    seen = np.int64(0)
    for block in range(blocks):
        trajectory = (first_block + block * stride) * np.int64(LANES)
        lanes = min(total - trajectory, np.int64(LANES))
        sampled = max(min(np.int64(sample.shape[0]) - trajectory, lanes), np.int64(0))
        part = sample[min(trajectory, np.int64(sample.shape[0])) :]
        good = _run_block(
            pieces, loops, layout, keeping, bins, draws, first_row, scratch, np.uint64(trajectory), lanes, block,
            sampled, part, keys,
        )  # fmt: skip
        if not good:
            return first_block + block * stride
        seen += lanes
        # The buffer holds a fixed number of blocks, whatever the chunk: memory does not grow with it.
        if seen + np.int64(LANES) > np.int64(bins.bins.shape[1]) or block == blocks - 1:
            _count_bins(pieces.count_bins, (bins.bins, keeping.offsets, bins.counts, keeping.first[3], seen))
            seen = np.int64(0)
    return np.int64(-1)
