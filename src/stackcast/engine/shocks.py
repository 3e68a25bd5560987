"""From addresses to shocks, for an even quarter and the one after it.

A shock is addressed by (trajectory, pair of quarters, stream): both outputs of a Box-Muller pair are used, one for each
quarter of the pair.
"""

from __future__ import annotations

import numpy as np

from stackcast.engine.draws import split_seed
from stackcast.engine.jit import compiled, kernel
from stackcast.engine.philox import stream_of, uniform_pair
from stackcast.engine.sampling import HALF, INDEPENDENT, is_mirrored, pair_of
from stackcast.engine.vecmath import log, sincos_turn, sqrt


@kernel
def normal_pair(u, v):
    """Two independent standard normals from two uniforms (Box and Muller 1958)."""
    radius = sqrt(-2.0 * log(u))
    sine, cosine = sincos_turn(v)
    return radius * cosine, radius * sine


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
