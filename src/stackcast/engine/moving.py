"""Whole rows of a block: copied, added up, set, checked."""

from __future__ import annotations

import numpy as np

from stackcast.engine.intrinsics import to_bits
from stackcast.engine.jit import compiled

_EXPONENT = 0x7FF0000000000000


@compiled("void(float64[:, ::1], int64[:, ::1])")
def copy_rows(table, pairs):
    """Copy rows: (from, to) pairs in order."""
    for k in range(pairs.shape[0]):
        source, target = table[pairs[k, 0]], table[pairs[k, 1]]
        for lane in range(table.shape[1]):
            target[lane] = source[lane]


@compiled("void(float64[:, ::1], int64[:, ::1], boolean)")
def add_rows(table, pairs, fresh):
    """Add flows to the sums of their year; the first quarter of a year starts them afresh."""
    for k in range(pairs.shape[0]):
        source, target = table[pairs[k, 0]], table[pairs[k, 1]]
        if fresh:
            for lane in range(table.shape[1]):
                target[lane] = source[lane]
        else:
            for lane in range(table.shape[1]):
                target[lane] = target[lane] + source[lane]


@compiled("void(float64[:, ::1], int64[::1], float64[::1])")
def fill_rows(table, rows, values):
    """Set whole rows to constants."""
    for k in range(rows.shape[0]):
        row = table[rows[k]]
        value = values[k]
        for lane in range(table.shape[1]):
            row[lane] = value


@compiled("boolean(float64[:, ::1], int64[::1], int64)")
def all_finite(table, rows, lanes):
    """Whether the first ``lanes`` of these rows are finite: NaN and infinity have all exponent bits set.

    On integers, because a sum of floats must keep its order and would not be vectorised.
    """
    worst = np.int64(0)
    for k in range(rows.shape[0]):
        row = table[rows[k]]
        for lane in range(lanes):
            worst = max(worst, to_bits(row[lane]) & _EXPONENT)
    return worst != _EXPONENT


@compiled("void(float64[:, ::1], int64[::1], int64, float64[:, ::1], int64)")
def take_sample(table, rows, lanes, sample, column):
    """Copy rows into columns of the sample (trajectory, column)."""
    for k in range(rows.shape[0]):
        row = table[rows[k]]
        for lane in range(lanes):
            sample[lane, column + k] = row[lane]


@compiled("void(float64[:, ::1], int64[:, ::1], int64, int64, float64[:, ::1])")
def observe(table, pairs, lanes, lane_first, observed):
    """Copy rows into an observer's columns, from lane ``lane_first`` of the chunk on: (row, column) pairs."""
    for k in range(pairs.shape[0]):
        source, target = table[pairs[k, 0]], observed[pairs[k, 1]]
        for lane in range(lanes):
            target[lane_first + lane] = source[lane]
