"""Algorithmic progress: effective compute per FLOP doubles at a drawn pace and meets a soft ceiling.

Doubling time of language-model algorithms by Ho et al. 2024 (epoch-research/lm-algorithmic-progress). The ceiling
y = M (1 - e^(-x/M)) is an assumption; x grows by a constant step a quarter, so that M - y shrinks by the constant
factor e^(-step/M) and no exponential is needed in the quarter's loop.
"""

from __future__ import annotations

from stackcast.engine.declare import Loop, Mechanism, Row
from stackcast.engine.vecmath import exp

LOG10_2 = 0.3010299956639812
MONTHS_PER_QUARTER = 3.0


def prepare_algorithms(algorithm_doubling, algorithm_ceiling):
    """Share of the distance to the ceiling that is left after a quarter."""
    step = LOG10_2 * MONTHS_PER_QUARTER / algorithm_doubling
    return (exp(-step / algorithm_ceiling),)


def improve_algorithms(last_algorithms, algorithm_ceiling, algorithm_distance_kept):
    """Orders of magnitude of effective compute per FLOP gained since the start."""
    return (algorithm_ceiling - (algorithm_ceiling - last_algorithms) * algorithm_distance_kept,)


ALGORITHMIC_PROGRESS = Mechanism(
    name="algorithmic_progress",
    doc="Effective compute per FLOP.",
    priors={"algorithm_doubling": "months", "algorithm_ceiling": "oom"},
    carries={"algorithms": 0.0},
    writes={
        "algorithm_distance_kept": Row("1", "price", "share of the distance to the ceiling left after a quarter"),
        "algorithms": Row("oom", "stock", "gain in effective compute per FLOP since the start"),
    },
    neutral={"algorithms": 0.0},
    loops=(
        Loop(prepare_algorithms, ("algorithm_distance_kept",), when="start"),
        Loop(improve_algorithms, ("algorithms",)),
    ),
)
