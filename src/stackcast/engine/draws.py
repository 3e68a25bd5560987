"""From addresses to values: the draws of parameters and shocks, block by block.

A parameter is one uniform per trajectory, addressed by its stream, turned into a value by its
quantile function; correlated parameters are mixed as normal scores first (Gaussian copula). A shock is
addressed by (trajectory, pair of quarters, stream): both outputs of a Box-Muller pair are used, one for
each quarter of the pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from stackcast.engine.jit import compiled, kernel
from stackcast.engine.philox import stream_of, uniform_pair
from stackcast.engine.sampling import (
    ADDRESS,
    HALF,
    INDEPENDENT,
    Sampling,
    coordinates,
    fill_points,
    is_mirrored,
    pair_of,
    points_of,
)
from stackcast.engine.vecmath import exp, inverse_normal, log, normal_cdf, sincos_turn, sqrt
from stackcast.errors import ModelError

QuantileKind = Literal["normal", "lognormal", "uniform", "triangular", "table", "steps", "member", "constant", "listed"]
_KINDS = {
    name: code
    for code, name in enumerate(
        ("normal", "lognormal", "uniform", "triangular", "table", "steps", "member", "constant", "listed")
    )
}
_NORMAL, _LOGNORMAL, _UNIFORM, _TRIANGULAR, _TABLE, _STEPS, _MEMBER, _CONSTANT, _LISTED = range(9)

TABLE_LIMIT = 8.5
"""Knots of a tabulated quantile cover normal scores from -8.5 to 8.5 (1 in 1e17 lies beyond)."""
TABLE_KNOTS = 4097


def round_bits(values, bits: int = 36) -> np.ndarray:
    """Round to this many significant bits.

    Figures from a maths library may differ in the last bit between machines; rounded, they are the
    same everywhere (but for one value in 2^(52 - bits) that lies on the edge).
    """
    mantissa, exponent = np.frexp(np.asarray(values, dtype=np.float64))
    return np.ldexp(np.rint(np.ldexp(mantissa, bits)), exponent - bits)


@dataclass(frozen=True)
class Quantile:
    """A monotone map from u in (0, 1) to a value.

    ``normal``/``lognormal``: mean ``a`` and standard deviation ``b`` (of the logarithm); ``uniform``:
    ``a`` to ``b``; ``triangular``: ``a``, mode ``b``, ``c``; ``constant``: ``a``. Truncation maps u to
    u_low + u (u_high - u_low). ``table``: ``knots`` are the values at ``TABLE_KNOTS`` normal scores evenly
    spaced over +-8.5; ``steps``: ``knots`` is (values, cumulative probabilities), the last 1;
    ``member``: ``knots`` in file order, entry floor(u n); ``listed``: ``knots`` by trajectory, counted round.
    """

    kind: QuantileKind
    a: float = 0.0
    b: float = 0.0
    c: float = 0.0
    u_low: float = 0.0
    u_high: float = 1.0
    knots: np.ndarray | None = None

    @property
    def truncated(self) -> bool:
        """Whether part of the distribution is cut off."""
        return self.u_low > 0.0 or self.u_high < 1.0


@dataclass(frozen=True)
class PriorDraw:
    """A named parameter: its stream (columns drawn jointly share one) and its quantile function."""

    name: str
    stream: str
    quantile: Quantile


@dataclass(frozen=True)
class CorrelationGroup:
    """Parameters mixed by a Gaussian copula; ``cholesky`` is the lower factor of the score correlations."""

    names: tuple[str, ...]
    cholesky: np.ndarray


@dataclass(frozen=True)
class Tilt:
    """A prior whose own normal score is drawn with this mean and standard deviation instead of 0 and 1."""

    name: str
    shift: float = 0.0
    scale: float = 1.0


@dataclass(frozen=True)
class DrawPlan:
    """All parameters of a scenario, the groups that are correlated, how trajectories are drawn, what is tilted."""

    priors: tuple[PriorDraw, ...]
    correlations: tuple[CorrelationGroup, ...] = ()
    sampling: Sampling = INDEPENDENT
    tilts: tuple[Tilt, ...] = ()


@dataclass(frozen=True)
class DrawTables:
    """A draw plan as flat arrays for the compiled core."""

    streams: np.ndarray
    coordinates: np.ndarray
    points: np.ndarray
    scheme: np.ndarray
    tilts: np.ndarray
    kinds: np.ndarray
    coefficients: np.ndarray
    knots: np.ndarray
    knot_start: np.ndarray
    group_start: np.ndarray
    members: np.ndarray
    cholesky: np.ndarray
    cholesky_start: np.ndarray

    def arguments(self) -> tuple[np.ndarray, ...]:
        """The arrays in the order the compiled function takes them."""
        return tuple(vars(self).values())

    def shaping(self) -> tuple[np.ndarray, ...]:
        """Those of them that turn uniforms into values."""
        return self.arguments()[UNSHAPED:]


UNSHAPED = 5
"""How many of the arrays of a draw plan come before those that turn uniforms into values."""


def check_streams(names: list[str]) -> None:
    """Refuse two different draws whose names hash to the same stream (one in 4e9 per pair)."""
    seen: dict[int, str] = {}
    for name in names:
        other = seen.setdefault(stream_of(name), name)
        if other != name:
            raise ModelError(f"draws {other!r} and {name!r} share a random stream: rename one of them")


def _flatten(plan: DrawPlan) -> tuple[np.ndarray, np.ndarray]:
    """Knots of all tabulated quantiles in one array, and where each prior's begin."""
    pieces, starts, total = [], [], 0
    for prior in plan.priors:
        knots = np.zeros(0) if prior.quantile.knots is None else np.ascontiguousarray(prior.quantile.knots, dtype=float)
        starts.append(total)
        pieces.append(knots.ravel())
        total += knots.size
    return np.concatenate([*pieces, np.zeros(1)]), np.array([*starts, total], dtype=np.int64)


def tabulate(plan: DrawPlan, shocks: Sequence[str] = (), quarters: int = 0) -> DrawTables:
    """Flatten a draw plan. Under even sampling the sums of the (normal) ``shocks`` have the first coordinates."""
    noise, places = coordinates(plan.sampling, shocks, quarters, [prior.stream for prior in plan.priors])
    index = {prior.name: k for k, prior in enumerate(plan.priors)}
    knots, knot_start = _flatten(plan)
    members = [index[name] for group in plan.correlations for name in group.names]
    sizes = [len(group.names) for group in plan.correlations]
    squares = [np.ascontiguousarray(group.cholesky, dtype=float).ravel() for group in plan.correlations]
    tilts = {tilt.name: (tilt.shift, tilt.scale) for tilt in plan.tilts}
    return DrawTables(
        streams=np.array([stream_of(prior.stream) for prior in plan.priors], dtype=np.uint64),
        coordinates=np.array([places[prior.stream] for prior in plan.priors], dtype=np.int64),
        points=points_of(plan.sampling, noise.size + len(places)),
        scheme=plan.sampling.scheme,
        tilts=np.array([tilts.get(prior.name, (0.0, 1.0)) for prior in plan.priors], dtype=float).reshape(-1, 2),
        kinds=np.array([_KINDS[prior.quantile.kind] for prior in plan.priors], dtype=np.int64),
        coefficients=np.array(
            [[q.a, q.b, q.c, q.u_low, q.u_high] for q in (prior.quantile for prior in plan.priors)], dtype=float
        ).reshape(len(plan.priors), 5),
        knots=knots,
        knot_start=knot_start,
        group_start=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        members=np.array(members, dtype=np.int64),
        cholesky=np.concatenate([*squares, np.zeros(1)]),
        cholesky_start=np.concatenate([[0], np.cumsum([s * s for s in sizes])]).astype(np.int64),
    )


@kernel
def normal_pair(u, v):
    """Two independent standard normals from two uniforms (Box and Muller 1958)."""
    radius = sqrt(-2.0 * log(u))
    sine, cosine = sincos_turn(v)
    return radius * cosine, radius * sine


_BELOW_ONE = 1.0 - 2.0**-53


@kernel
def _cut(u, low, width):
    """The part of the unit interval that truncation leaves; far to the right the sum itself rounds to 1."""
    return min(low + width * u, _BELOW_ONE)


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


_DRAW_SIGNATURE = (
    "void(float64[:, ::1], int64, uint64, uint64, uint64, uint64[::1], int64[::1], uint64[:, ::1], int64[::1],"
    " float64[:, ::1], int64[::1], float64[:, ::1], float64[::1], int64[::1], int64[::1], int64[::1], float64[::1],"
    " int64[::1])"
)


@compiled(
    "void(float64[::1], boolean, int64, float64[::1], float64[::1], int64, int64)",
)
def transform(row, is_score, kind, coefficients, knots, start, size):
    """Turn a row of uniforms (or of normal scores) into values, in place."""
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
            row[lane] = knots[start + min(np.int64(row[lane] * size), size - 1)]
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
    "void(float64[:, ::1], int64[::1], float64[:, ::1], float64[::1], int64[::1], int64[::1], int64[::1],"
    " float64[::1], int64[::1])"
)
def shape_parameters(
    rows, kinds, coefficients, knots, knot_start, group_start, members, cholesky, cholesky_start
):  # fmt: skip
    """Turn rows of independent uniforms into values of the parameters, in place: correlations, then quantiles."""
    is_score = np.zeros(kinds.shape[0], dtype=np.bool_)
    for g in range(group_start.shape[0] - 1):
        mix(rows, members[group_start[g] : group_start[g + 1]], cholesky[cholesky_start[g] :], is_score)
    for k in range(kinds.shape[0]):
        size = knot_start[k + 1] - knot_start[k]
        if kinds[k] != _LISTED:
            transform(rows[k], is_score[k], kinds[k], coefficients[k], knots, knot_start[k], size)


DEFENSIVE = 10
"""One trajectory in so many, counted from the first, is drawn as if nothing were tilted."""
_DEFENSIVE = np.uint64(DEFENSIVE)


@kernel
def tilted_score(score, trajectory, shift, scale):
    """Mean and standard deviation put on a standard normal score, but for every tenth trajectory."""
    return score if trajectory % _DEFENSIVE == 0 else shift + scale * score


@compiled("void(float64[::1], uint64, float64, float64)")
def tilt_row(row, trajectory, shift, scale):
    """Tilt a row of uniforms in place; scores beyond 8.2, next to which no double is left, are brought back to it."""
    for lane in range(row.shape[0]):
        number = trajectory + np.uint64(lane)
        uniform = normal_cdf(tilted_score(inverse_normal(row[lane]), number, shift, scale))
        row[lane] = row[lane] if number % _DEFENSIVE == 0 else min(max(uniform, 1.0 - _BELOW_ONE), _BELOW_ONE)


@compiled(_DRAW_SIGNATURE)
def draw_uniforms(
    table, first_row, trajectory, key0, key1, streams, coordinates, points, scheme, tilts, kinds, coefficients, knots,
    knot_start, group_start, members, cholesky, cholesky_start,
):  # fmt: skip
    """Fill the parameter rows of a block whose lane 0 is ``trajectory`` with uniforms; rows start at ``first_row``.

    Those that are listed have their values at once. Shapes are a piece of their own: called from here they would be
    compiled twice.
    """
    lanes = table.shape[1]
    rows = table[first_row:]
    for k in range(streams.shape[0]):
        row = rows[k]
        stream = streams[k]
        if kinds[k] == _LISTED:
            size = np.uint64(knot_start[k + 1] - knot_start[k])
            for lane in range(lanes):
                row[lane] = knots[knot_start[k] + np.int64((trajectory + np.uint64(lane)) % size)]
        elif coordinates[k] >= 0:
            fill_points(row, points[coordinates[k]], scheme, trajectory, stream, np.uint64(ADDRESS), key0, key1)
        else:
            for lane in range(lanes):
                row[lane] = uniform_pair(trajectory + np.uint64(lane), np.uint64(0), stream, key0, key1)[0]
            if tilts[k, 0] != 0.0 or tilts[k, 1] != 1.0:
                tilt_row(row, trajectory, tilts[k, 0], tilts[k, 1])


def draw_parameters(table, first_row, trajectory, key0, key1, *draws):
    """Fill the parameter rows of a block whose lane 0 is ``trajectory``; rows start at ``first_row``."""
    draw_uniforms(table, first_row, trajectory, key0, key1, *draws)
    shape_parameters(table[first_row:], *draws[UNSHAPED:])


@compiled("void(float64[::1], int64, uint64)")
def mirror(row, kind, trajectory):
    """Turn the shocks of the second half of a block into the opposite of the first's."""
    lanes = row.shape[0]
    if is_mirrored(trajectory):  # a table that begins there holds its pair's own draws
        for lane in range(lanes):
            row[lane] = 1.0 - row[lane] if kind == 1 else -row[lane]
    else:
        for lane in range(HALF, lanes):
            row[lane] = 1.0 - row[lane - HALF] if kind == 1 else -row[lane - HALF]


@compiled("void(float64[:, ::1], int64[:, ::1], uint64[::1], int64[::1], int64[::1], uint64, int64, uint64, uint64)")
def draw_shocks(table, rows, streams, kinds, scheme, trajectory, step, key0, key1):
    """Fill the shock rows of an even quarter and of the one after it.

    ``rows`` is (2, shocks): the rows of the even and of the odd quarter; ``kinds`` 0 normal, 1 uniform.
    """
    lanes = table.shape[1]
    # In antithetic pairs the second half of a block repeats the first: half of the draws.
    drawn = lanes if scheme[2] == 0 else min(lanes, np.int64(HALF))
    start = trajectory if scheme[2] == 0 else pair_of(trajectory)
    pair = np.uint64(step >> 1)
    for k in range(streams.shape[0]):
        even, odd = table[rows[0, k]], table[rows[1, k]]
        stream = streams[k]
        if kinds[k] == 0:
            for lane in range(drawn):
                u, v = uniform_pair(start + np.uint64(lane), pair, stream, key0, key1)
                even[lane], odd[lane] = normal_pair(u, v)
        else:
            for lane in range(drawn):
                even[lane], odd[lane] = uniform_pair(start + np.uint64(lane), pair, stream, key0, key1)
        if scheme[2] == 1:
            mirror(even, kinds[k], trajectory)
            mirror(odd, kinds[k], trajectory)


@compiled("void(float64[:, ::1], int64[:, ::1], uint64[::1], int64[::1], int64[::1], int64, uint64, uint64)")
def draw_shocks_again(table, rows, streams, kinds, origins, step, key0, key1):
    """Shocks as ``draw_shocks`` fills them, each of the trajectory that the lane names in its row of ``origins``."""
    lanes = table.shape[1]
    pair = np.uint64(step >> 1)
    for k in range(streams.shape[0]):
        even, odd = table[rows[0, k]], table[rows[1, k]]
        origin = table[origins[k]]
        stream = streams[k]
        if kinds[k] == 0:
            for lane in range(lanes):
                u, v = uniform_pair(np.uint64(np.int64(origin[lane])), pair, stream, key0, key1)
                even[lane], odd[lane] = normal_pair(u, v)
        else:
            for lane in range(lanes):
                even[lane], odd[lane] = uniform_pair(np.uint64(np.int64(origin[lane])), pair, stream, key0, key1)


def split_seed(seed: int) -> tuple[np.uint64, np.uint64]:
    """The two 32-bit halves of a 64-bit seed as Philox key words."""
    return np.uint64(seed & 0xFFFFFFFF), np.uint64(seed >> 32 & 0xFFFFFFFF)


def draw_values(plan: DrawPlan, seed: int, first: int, count: int) -> dict[str, np.ndarray]:
    """Parameters of trajectories ``first`` to ``first + count``: name -> array of ``count`` values."""
    tables = tabulate(plan).arguments()
    ends = [first, *range(first - first % 256 + 256, first + count, 256), first + count]  # points come block by block
    pieces = []
    for begin, end in pairwise(ends):
        pieces.append(np.zeros((len(plan.priors), end - begin)))
        draw_parameters(pieces[-1], 0, np.uint64(begin), *split_seed(seed), *tables)
    table = np.hstack(pieces)
    return {prior.name: table[k] for k, prior in enumerate(plan.priors)}


def draw_shock_values(names_and_kinds: dict[str, str], seed: int, first: int, count: int, quarters: int) -> dict:
    """Shocks of trajectories ``first`` to ``first + count``: name -> array (quarters, count)."""
    names = list(names_and_kinds)
    size = len(names)
    table = np.zeros((2 * size, count))
    rows = np.arange(2 * size, dtype=np.int64).reshape(2, size)
    streams = np.array([stream_of(f"shock:{name}") for name in names], dtype=np.uint64)
    kinds = np.array([0 if names_and_kinds[name] == "normal" else 1 for name in names], dtype=np.int64)
    values = {name: np.empty((quarters, count)) for name in names}
    for step in range(quarters):
        if step % 2 == 0:
            draw_shocks(table, rows, streams, kinds, INDEPENDENT.scheme, np.uint64(first), step, *split_seed(seed))
        for k, name in enumerate(names):
            values[name][step] = table[(step % 2) * size + k]
    return values
