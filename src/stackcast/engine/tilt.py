"""Importance sampling: parameters drawn where an event is likelier, and the weight that undoes it.

The normal score z of a tilted prior, before correlation and truncation, is drawn from N(shift, scale^2) instead of
N(0, 1): density q instead of p, products over the tilted priors. Every tenth trajectory is drawn from p, a defensive
mixture (Owen and Zhou 2000, J. Am. Stat. Assoc. 95: 135-143). With a the exact share of those, a trajectory weighs
p / (a p + (1 - a) q): a function of its scores alone, never above 1 / a. The weighted sum of any function of a
trajectory, divided by the number of trajectories, has the function's mean as its expectation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from stackcast.engine.draws import DEFENSIVE, Tilt, split_seed, tilted_score
from stackcast.engine.jit import compiled
from stackcast.engine.philox import stream_of, uniform_pair
from stackcast.engine.program import Program
from stackcast.engine.sampling import INDEPENDENT
from stackcast.engine.vecmath import exp, inverse_normal, log


def tilted(program: Program, tilts: Sequence[Tilt]) -> Program:
    """The program with these priors tilted; their names must be its own, each drawn by a stream of its own.

    Its trajectories are independent, whatever the scenario's sampling: weights are made from addressed scores.
    """
    return replace(program, plan=replace(program.plan, tilts=tuple(tilts), sampling=INDEPENDENT))


@compiled("void(uint64[::1], float64[:, ::1], float64, uint64, uint64, uint64, float64[:, ::1], float64[::1])")
def fill_scores(streams, tilts, plain, trajectory, key0, key1, scores, weights):
    """Scores (priors, n) and weights of the trajectories from ``trajectory`` on; ``plain`` is the share untilted."""
    lanes = weights.shape[0]
    for lane in range(lanes):
        weights[lane] = 0.0  # the logarithm of q / p
    for k in range(streams.shape[0]):
        stream, row = streams[k], scores[k]
        shift, scale = tilts[k, 0], tilts[k, 1]
        wider = log(scale)
        for lane in range(lanes):
            number = trajectory + np.uint64(lane)
            score = inverse_normal(uniform_pair(number, np.uint64(0), stream, key0, key1)[0])
            z = tilted_score(score, number, shift, scale)
            away = (z - shift) / scale
            row[lane] = z
            weights[lane] = weights[lane] + 0.5 * (z * z - away * away) - wider
    for lane in range(lanes):
        weights[lane] = 1.0 / (plain + (1.0 - plain) * exp(weights[lane]))


def scores_and_weights(
    program: Program, seed: int, first: int, count: int, trajectories: int
) -> tuple[np.ndarray, np.ndarray]:
    """(scores of the tilted priors, weights) of ``count`` trajectories from ``first`` of a run of ``trajectories``."""
    streams = {prior.name: prior.stream for prior in program.plan.priors}
    tilts = program.plan.tilts
    scores, weights = np.zeros((len(tilts), count)), np.zeros(count)
    fill_scores(
        np.array([stream_of(streams[tilt.name]) for tilt in tilts], dtype=np.uint64),
        np.array([(tilt.shift, tilt.scale) for tilt in tilts], dtype=float).reshape(-1, 2),
        -(-trajectories // DEFENSIVE) / trajectories,
        np.uint64(first), *split_seed(seed), scores, weights,
    )  # fmt: skip
    return scores, weights
