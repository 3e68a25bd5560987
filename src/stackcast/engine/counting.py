"""What a block adds to the aggregates: bins, counts, and sums in a fixed order."""

from __future__ import annotations

import numpy as np

from stackcast.engine.intrinsics import from_bits, to_bits
from stackcast.engine.jit import compiled, kernel, routine
from stackcast.engine.sampling import HALF

LANES = 256
STRIPS = LANES // 8
TREE = (6, LANES)  # working space of one row's moments

_INTEGER = 4503599627370496.0  # 2^52: or-ing 52 bits below it makes an exact integer
_INTEGER_BITS = 0x4330000000000000
_MANTISSA = 0x000FFFFFFFFFFFFF
_ONE = 0x3FF0000000000000


@kernel
def _clamp(p, last):
    """Into 0 to ``last``; NaN goes to 0: a faulty row cannot write outside its bins (the guard ends the run)."""
    p = p if p > 0.0 else 0.0
    return p if p < last else last


@kernel
def _bin(x, threshold, inverse_threshold, inverse_width, per_octave, below, last):
    a = x if x >= 0.0 else -x
    # Exponent and mantissa stand in for the logarithm: it would cost more than all the rest of a cell. The mask makes
    # the shift one without a sign, which AVX2 has (0.87 instead of 0.91 ns a value).
    bits = to_bits(max(a * inverse_threshold, 1.0))
    exponent = from_bits(((bits >> 52) & 0x7FF) + _INTEGER_BITS) - _INTEGER
    fraction = from_bits((bits & _MANTISSA) | _ONE) - 1.0
    p = min(a, threshold) * inverse_width + per_octave * (exponent - 1023.0 + fraction)
    p = p if x >= 0.0 else -p
    return _clamp(p + below, last)


@kernel
def _linear_bin(x, inverse_width, below, last):
    return _clamp(x * inverse_width + below, last)


@routine
def bin_of(x, scale):
    """Bin of one value."""
    threshold, inverse_threshold, inverse_width, per_octave = scale[0], scale[1], scale[2], scale[3]
    below, last = scale[4], scale[5] - 1.0
    if per_octave == 0.0:
        return np.int64(_linear_bin(x, inverse_width, below, last))
    return np.int64(_bin(x, threshold, inverse_threshold, inverse_width, per_octave, below, last))


@compiled("void(float64[::1], float64[::1], uint16[::1], int64)")
def find_bins(row, scale, bins, lanes):
    """Bin of every value of a row."""
    threshold, inverse_threshold, inverse_width, per_octave = scale[0], scale[1], scale[2], scale[3]
    below, last = scale[4], scale[5] - 1.0
    if per_octave == 0.0:
        for lane in range(lanes):
            bins[lane] = np.uint16(_linear_bin(row[lane], inverse_width, below, last))
    else:
        for lane in range(lanes):
            bins[lane] = np.uint16(
                _bin(row[lane], threshold, inverse_threshold, inverse_width, per_octave, below, last)
            )


@compiled("void(uint16[:, ::1], int64[::1], int64[::1], int64, int64)")
def count_bins(bins, offsets, counts, cells, lanes):
    """Count a chunk's bins, one histogram at a time.

    Adding block by block touches a thousand histograms in turn and waits for memory: 5.4 ns a value
    with everything else of a cell, against 1.1 this way.
    """
    for cell in range(cells):
        table = counts[offsets[cell] : offsets[cell + 1]]
        row = bins[cell]
        for lane in range(lanes):
            table[row[lane]] += np.int64(1)


@kernel
def _sum8(a, b, c, d, e, f, g, h):
    return ((a + b) + (c + d)) + ((e + f) + (g + h))


@kernel
def _least8(a, b, c, d, e, f, g, h):
    return min(min(min(a, b), min(c, d)), min(min(e, f), min(g, h)))


@kernel
def _most8(a, b, c, d, e, f, g, h):
    return max(max(max(a, b), max(c, d)), max(max(e, f), max(g, h)))


@kernel
def _squares8(a, b, c, d, e, f, g, h):
    return _sum8(a * a, b * b, c * c, d * d, e * e, f * f, g * g, h * h)


@kernel
def _eight(row, k, gap):
    """Eight values of a row, ``gap`` places apart."""
    near = row[k], row[k + gap], row[k + 2 * gap], row[k + 3 * gap]
    far = row[k + 4 * gap], row[k + 5 * gap], row[k + 6 * gap], row[k + 7 * gap]
    return (*near, *far)


@routine
def _strips(row, extremes, tree):
    """Eight values a strip into one part: in registers, where a loop of halves goes through memory (x 2).

    Two loops: with four results in one the vectoriser gives up (0.70 instead of 0.40 ns a value).
    """
    for k in range(STRIPS):
        tree[0, k] = _sum8(*_eight(row, k, STRIPS))
        tree[1, k] = _squares8(*_eight(row, k, STRIPS))
    for k in range(STRIPS):
        tree[2, k] = _least8(*_eight(extremes, k, STRIPS))
        tree[3, k] = _most8(*_eight(extremes, k, STRIPS))


@compiled("void(float64[::1], int64, float64[:, ::1])")
def moments(row, lanes, tree):
    """Sum, sum of squares, minimum and maximum of a row into the first column of ``tree`` (6, 256).

    A fixed order over all places: strips of eight, then of eight again, then one by one. Absent lanes add nothing.
    """
    if lanes < LANES:
        for lane in range(LANES):
            here = lane < lanes
            tree[4, lane] = row[lane] if here else 0.0
            tree[5, lane] = row[lane] if here else row[0]
        _strips(tree[4], tree[5], tree)
    else:
        _strips(row, row, tree)
    rest = STRIPS // 8
    for k in range(rest):
        tree[0, k] = _sum8(*_eight(tree[0], k, rest))
        tree[1, k] = _sum8(*_eight(tree[1], k, rest))
        tree[2, k] = _least8(*_eight(tree[2], k, rest))
        tree[3, k] = _most8(*_eight(tree[3], k, rest))
    for k in range(1, rest):
        tree[0, 0] += tree[0, k]
        tree[1, 0] += tree[1, k]
        tree[2, 0] = min(tree[2, 0], tree[2, k])
        tree[3, 0] = max(tree[3, 0], tree[3, k])


@routine
def _pair_moments(row, lanes, tree):
    """Sum, and sum of squares, in a fixed order, of the sums of antithetic pairs both of which are present."""
    for lane in range(HALF):
        tree[4, lane] = row[lane] + row[lane + HALF] if lane + HALF < lanes else 0.0
    strips = HALF // 8
    for k in range(strips):
        tree[0, k] = _sum8(*_eight(tree[4], k, strips))
        tree[1, k] = _squares8(*_eight(tree[4], k, strips))
    for k in range(1, strips):
        tree[0, 0] += tree[0, k]
        tree[1, 0] += tree[1, k]


@compiled(
    "void(float64[:, ::1], int64[::1], int64, int64, int64, float64[:, ::1], uint16[:, ::1], float64[::1],"
    " float64[::1], float64[:, ::1], float64[:, ::1])"
)
def keep(table, rows, cell, lanes, column, scales, bins, minimum, maximum, sums, tree):
    """Add rows to the cells from ``cell`` on: bins from ``column`` on, extremes and the block's sums.

    ``sums`` (2 or 4, cells): of the draws and of their squares; where wanted, of the sums of antithetic pairs and of
    their squares.
    """
    for k in range(rows.shape[0]):
        row = table[rows[k]]
        find_bins(row, scales[cell], bins[cell, column:], lanes)
        moments(row, lanes, tree)
        sums[0, cell] = tree[0, 0]
        sums[1, cell] = tree[1, 0]
        minimum[cell] = min(minimum[cell], tree[2, 0])
        maximum[cell] = max(maximum[cell], tree[3, 0])
        if sums.shape[0] > 2:
            _pair_moments(row, lanes, tree)
            sums[2, cell] = tree[0, 0]
            sums[3, cell] = tree[1, 0]
        cell += np.int64(1)


@compiled("void(float64[:, ::1], int64[::1], int64, float64, int64, int64[::1], int64[::1])")
def keep_events(table, rows, cell, start, lanes, offsets, counts):
    """Count the quarter of every event; dates beyond the run are never."""
    for k in range(rows.shape[0]):
        row = table[rows[k]]
        begin = offsets[cell]
        last = np.float64(offsets[cell + 1] - begin - 1)
        for lane in range(lanes):
            quarter = np.int64(_clamp((row[lane] - start) * 4.0 + 0.5, last))
            counts[begin + quarter] += np.int64(1)
        cell += np.int64(1)
