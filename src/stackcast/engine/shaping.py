"""Quantile functions as compiled code: rows of uniforms become values of parameters."""

from __future__ import annotations

from typing import Literal

import numpy as np

from stackcast.engine.jit import compiled, kernel
from stackcast.engine.vecmath import exp, inverse_normal, normal_cdf, sqrt

QuantileKind = Literal["normal", "lognormal", "uniform", "triangular", "table", "steps", "member", "constant", "listed"]
QUANTILE_KINDS = {
    name: code
    for code, name in enumerate(
        ("normal", "lognormal", "uniform", "triangular", "table", "steps", "member", "constant", "listed")
    )
}
_NORMAL, _LOGNORMAL, _UNIFORM, _TRIANGULAR, _TABLE, _STEPS, _MEMBER, _CONSTANT, LISTED = range(9)

TABLE_LIMIT = 8.5
"""Knots of a tabulated quantile cover normal scores from -8.5 to 8.5 (1 in 1e17 lies beyond)."""
TABLE_KNOTS = 4097

BELOW_ONE = 1.0 - 2.0**-53


@kernel
def _cut(u, low, width):
    """The part of the unit interval that truncation leaves; far to the right the sum itself rounds to 1."""
    return min(low + width * u, BELOW_ONE)


@kernel
def _triangular(u, low, mode, high):
    split = (mode - low) / (high - low)
    rising = low + sqrt(u * (high - low) * (mode - low))
    falling = high - sqrt((1.0 - u) * (high - low) * (high - mode))
    return rising if u < split else falling


@kernel
def _slope(left, right):
    """Slope at a knot of a monotone cubic: harmonic mean of its neighbours (Fritsch and Butland 1984)."""
    product = left * right
    return 2.0 * product / (left + right) if product > 0.0 else 0.0


@kernel
def _interpolate(z, knots, start):
    """Monotone cubic interpolation in the normal score z; beyond the table its end values."""
    spacing = 2.0 * TABLE_LIMIT / (TABLE_KNOTS - 1)
    position = min(max((z + TABLE_LIMIT) / spacing, 0.0), TABLE_KNOTS - 1.0)
    k = min(np.int64(position), np.int64(TABLE_KNOTS - 2))
    t = position - k
    y0 = knots[start + k]
    y1 = knots[start + k + 1]
    before = y0 - knots[start + max(k - 1, np.int64(0))]
    after = knots[start + min(k + 2, np.int64(TABLE_KNOTS - 1))] - y1
    rise = y1 - y0
    m0 = _slope(before, rise) if k > 0 else rise
    m1 = _slope(rise, after) if k < TABLE_KNOTS - 2 else rise
    a = m0 + m1 - 2.0 * rise
    b = 3.0 * rise - 2.0 * m0 - m1
    return y0 + t * (m0 + t * (b + t * a))


@kernel
def _step(u, knots, start, count):
    """Value of a step function: the first whose cumulative probability exceeds u."""
    low = np.int64(0)
    high = np.int64(count - 1)
    while low < high:
        middle = (low + high) >> 1
        if u < knots[start + count + middle]:
            high = middle
        else:
            low = middle + 1
    return knots[start + low]


@compiled(
    "void(float64[::1], boolean, int64, float64[::1], float64[::1], int64[::1])",
)
def transform(row, is_score, kind, coefficients, knots, span):
    """Turn a row of uniforms (or of normal scores) into values, in place.

    ``span`` says where the quantile's knots begin, how many there are and how far apart they lie.
    """
    start, size, step = span[0], span[1], span[2]
    a, b, c = coefficients[0], coefficients[1], coefficients[2]
    low, width = coefficients[3], coefficients[4] - coefficients[3]
    whole = low == 0.0 and width == 1.0
    lanes = row.shape[0]
    if kind in (_NORMAL, _LOGNORMAL, _TABLE):
        if is_score and not whole:
            for lane in range(lanes):
                row[lane] = inverse_normal(_cut(normal_cdf(row[lane]), low, width))
        elif not is_score:
            for lane in range(lanes):
                row[lane] = inverse_normal(_cut(row[lane], low, width))
    else:
        if is_score:
            for lane in range(lanes):
                row[lane] = normal_cdf(row[lane])
        if not whole:
            for lane in range(lanes):
                row[lane] = _cut(row[lane], low, width)
    if kind == _NORMAL:
        for lane in range(lanes):
            row[lane] = a + b * row[lane]
    elif kind == _LOGNORMAL:
        for lane in range(lanes):
            row[lane] = exp(a + b * row[lane])
    elif kind == _UNIFORM:
        for lane in range(lanes):
            row[lane] = a + (b - a) * row[lane]
    elif kind == _TRIANGULAR:
        for lane in range(lanes):
            row[lane] = _triangular(row[lane], a, b, c)
    elif kind == _TABLE:
        for lane in range(lanes):
            row[lane] = _interpolate(row[lane], knots, start)
    elif kind == _STEPS:
        for lane in range(lanes):
            row[lane] = _step(row[lane], knots, start, size // 2)
    elif kind == _MEMBER:
        for lane in range(lanes):
            row[lane] = knots[start + step * min(np.int64(row[lane] * size), size - 1)]
    else:
        for lane in range(lanes):
            row[lane] = a


@compiled("void(float64[:, ::1], int64[::1], float64[::1], boolean[::1])")
def mix(table, members, cholesky, is_score):
    """Replace the uniforms of a correlated group by correlated normal scores."""
    size = members.shape[0]
    lanes = table.shape[1]
    for k in range(size):
        row = table[members[k]]
        is_score[members[k]] = True
        for lane in range(lanes):
            row[lane] = inverse_normal(row[lane])
    for back in range(size):
        # From the last row up: row k needs the independent scores of the rows before it.
        k = size - 1 - back
        target = table[members[k]]
        for lane in range(lanes):
            target[lane] = cholesky[k * size + k] * target[lane]
        for j in range(k):
            source = table[members[j]]
            weight = cholesky[k * size + j]
            for lane in range(lanes):
                target[lane] = target[lane] + weight * source[lane]


@compiled(
    "void(float64[:, ::1], int64[::1], float64[:, ::1], float64[::1], int64[:, ::1], int64[::1], int64[::1],"
    " float64[::1], int64[::1])",
    memory=True,
)
def shape_parameters(
    rows, kinds, coefficients, knots, spans, group_start, members, cholesky, cholesky_start
):  # fmt: skip
    """Turn rows of independent uniforms into values of the parameters, in place: correlations, then quantiles."""
    is_score = np.zeros(kinds.shape[0], dtype=np.bool_)
    for g in range(group_start.shape[0] - 1):
        mix(rows, members[group_start[g] : group_start[g + 1]], cholesky[cholesky_start[g] :], is_score)
    for k in range(kinds.shape[0]):
        if kinds[k] != LISTED:
            transform(rows[k], is_score[k], kinds[k], coefficients[k], knots, spans[k])
