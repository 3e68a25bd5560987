"""From addresses to values: what is drawn for a scenario's parameters, as a plan and block by block.

A parameter is one uniform per trajectory, addressed by its stream, turned into a value by its quantile function;
correlated parameters are mixed as normal scores first (Gaussian copula).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np

from stackcast.engine.jit import compiled, kernel
from stackcast.engine.philox import stream_of, uniform_pair
from stackcast.engine.sampling import (
    ADDRESS,
    INDEPENDENT,
    Sampling,
    coordinates,
    fill_points,
    points_of,
)
from stackcast.engine.shaping import BELOW_ONE, LISTED, QUANTILE_KINDS, QuantileKind, shape_parameters
from stackcast.engine.vecmath import inverse_normal, normal_cdf
from stackcast.errors import ModelError


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
    spans: np.ndarray
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
    """Knots of all tabulated quantiles in one array, and of each prior where they begin, their number and distance.

    Of members drawn jointly, member after member: a trajectory reads its own from few lines of memory instead of one a
    prior. With this, and with uniforms copied where they are the same, a run of the calibrated baseline (334 priors of
    1,024 members) takes 0.86 times as long (median of eight processes in turns; AMD EPYC).
    """
    pieces, spans, total = [np.zeros(0)], [], 0
    for (_, joint), together in groupby(plan.priors, _drawn_with):
        knots = [prior.quantile.knots for prior in together]
        if joint:
            spans += [(total + k, joint, len(knots)) for k in range(len(knots))]
            pieces.append(np.stack(knots, axis=1, dtype=float).ravel())
        else:
            pieces.append(np.zeros(0) if knots[0] is None else np.asarray(knots[0], dtype=float).ravel())
            spans.append((total, pieces[-1].size, 1))
        total += pieces[-1].size
    return np.concatenate([*pieces, np.zeros(1)]), np.array(spans, dtype=np.int64).reshape(-1, 3)


def _drawn_with(prior: PriorDraw) -> tuple[str, int]:
    """Stream and number of members, the same for those that are drawn jointly; other priors are alone, by name."""
    quantile = prior.quantile
    return (prior.stream, quantile.knots.size) if quantile.kind == "member" else (prior.name, 0)


def tabulate(plan: DrawPlan, shocks: Sequence[str] = (), quarters: int = 0) -> DrawTables:
    """Flatten a draw plan. Under even sampling the sums of the (normal) ``shocks`` have the first coordinates."""
    noise, places = coordinates(plan.sampling, shocks, quarters, [prior.stream for prior in plan.priors])
    index = {prior.name: k for k, prior in enumerate(plan.priors)}
    knots, spans = _flatten(plan)
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
        kinds=np.array([QUANTILE_KINDS[prior.quantile.kind] for prior in plan.priors], dtype=np.int64),
        coefficients=np.array(
            [[q.a, q.b, q.c, q.u_low, q.u_high] for q in (prior.quantile for prior in plan.priors)], dtype=float
        ).reshape(len(plan.priors), 5),
        knots=knots,
        spans=spans,
        group_start=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        members=np.array(members, dtype=np.int64),
        cholesky=np.concatenate([*squares, np.zeros(1)]),
        cholesky_start=np.concatenate([[0], np.cumsum([s * s for s in sizes])]).astype(np.int64),
    )


_DRAW_SIGNATURE = (
    "void(float64[:, ::1], int64, uint64, uint64, uint64, uint64[::1], int64[::1], uint64[:, ::1], int64[::1],"
    " float64[:, ::1], int64[::1], float64[:, ::1], float64[::1], int64[:, ::1], int64[::1], int64[::1],"
    " float64[::1], int64[::1])"
)


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
        row[lane] = row[lane] if number % _DEFENSIVE == 0 else min(max(uniform, 1.0 - BELOW_ONE), BELOW_ONE)


@compiled(_DRAW_SIGNATURE)
def draw_uniforms(
    table, first_row, trajectory, key0, key1, streams, coordinates, points, scheme, tilts, kinds, coefficients, knots,
    spans, group_start, members, cholesky, cholesky_start,
):  # fmt: skip
    """Fill the parameter rows of a block whose lane 0 is ``trajectory`` with uniforms; rows start at ``first_row``.

    Those that are listed have their values at once. Shapes are a piece of their own: called from here they would be
    compiled twice.
    """
    lanes = table.shape[1]
    rows = table[first_row:]
    was_plain = False
    for k in range(streams.shape[0]):
        row = rows[k]
        stream = streams[k]
        plain = tilts[k, 0] == 0.0 and tilts[k, 1] == 1.0
        if k > 0 and stream == streams[k - 1] and kinds[k] != LISTED and kinds[k - 1] != LISTED and plain and was_plain:
            # Drawn jointly: the same uniforms.
            for lane in range(lanes):
                row[lane] = rows[k - 1, lane]
        elif kinds[k] == LISTED:
            size = np.uint64(spans[k, 1])
            for lane in range(lanes):
                row[lane] = knots[spans[k, 0] + np.int64((trajectory + np.uint64(lane)) % size)]
        elif coordinates[k] >= 0:
            fill_points(row, points[coordinates[k]], scheme, trajectory, stream, np.uint64(ADDRESS), key0, key1)
        else:
            for lane in range(lanes):
                row[lane] = uniform_pair(trajectory + np.uint64(lane), np.uint64(0), stream, key0, key1)[0]
            if not plain:
                tilt_row(row, trajectory, tilts[k, 0], tilts[k, 1])
        was_plain = plain


def draw_parameters(table, first_row, trajectory, key0, key1, *draws):
    """Fill the parameter rows of a block whose lane 0 is ``trajectory``; rows start at ``first_row``."""
    draw_uniforms(table, first_row, trajectory, key0, key1, *draws)
    shape_parameters(table[first_row:], *draws[UNSHAPED:])


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
