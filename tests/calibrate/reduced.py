"""A reduced model with the parts of a calibration: a log level with unknown start and growth, guided by a record."""

import numpy as np

from stackcast.calibrate.guided import Guided
from stackcast.engine.assembly import assemble
from stackcast.engine.declare import Loop, Mechanism, Row
from stackcast.engine.draws import DrawPlan, PriorDraw, Quantile
from stackcast.engine.program import ORIGIN, unseen
from stackcast.engine.vecmath import sqrt
from stackcast.laws import conditioning

QUARTERS = 8
NOISE, ERROR = 0.08, 0.05
START = (0.0, 0.2)
GROWTH = (0.05, 0.05)

_innovation = conditioning.conditional_innovation.kernel
_density = conditioning.student_log_density.kernel


def walk(last_level, growth, noise, walk_shock, observed_walk, error_walk, seen_walk, weighed_walk, last_walk_evidence):
    """Level and evidence after a quarter."""
    predicted = last_level + growth
    news = observed_walk - predicted
    innovation = _innovation(news, noise, error_walk, walk_shock, seen_walk)
    said = weighed_walk * _density(news, sqrt(noise * noise + error_walk * error_walk))
    return predicted + innovation, last_walk_evidence + said


WALK = Mechanism(
    name="walk",
    doc="A random walk with drift.",
    priors={"start": "1", "growth": "1", "noise": "1"},
    shocks={"walk_shock": "normal"},
    observes=("walk",),
    carries={"level": "start", "walk_evidence": 0.0},
    writes={
        "level": Row("1", "stock", "log level", "ratio"),
        "walk_evidence": Row("1", "stock", "log weight of the record"),
    },
    loops=(Loop(walk, ("level", "walk_evidence")),),
)

PLAN = DrawPlan(
    (
        PriorDraw("start", "prior:start", Quantile("normal", *START)),
        PriorDraw("growth", "prior:growth", Quantile("normal", *GROWTH)),
        PriorDraw("noise", "prior:noise", Quantile("constant", NOISE)),
        PriorDraw(ORIGIN + "walk_shock", ORIGIN, Quantile("constant")),
    )
)
PROGRAM = assemble((WALK,), PLAN, quarters=QUARTERS)
COLUMNS = (("walk_evidence", QUARTERS - 1), ("level", QUARTERS - 1))
NAMES = ["prior:start", "prior:growth", "prior:noise"]


def guided(record, threads=1):
    """The model guided by logs of a level, one a quarter; NaN where nothing was seen."""
    rows = unseen(QUARTERS)
    for quarter, level in enumerate(record):
        if np.isfinite(level):
            rows[:, quarter] = level, ERROR, 1.0, 1.0
    return Guided(PROGRAM, {"walk": rows}, COLUMNS, threads)


def likelihood(model, seed):
    """What the sampler asks: log weights and kept columns of particles."""

    def run(scores, origins):
        kept = model.run(model.values(scores), origins, seed)
        return kept[0], kept

    return run


def synthetic(random):
    """Start, growth and a record drawn from the model that the core weighs by: what is seen has Student-t news."""
    start, growth = random.normal(*START), random.normal(*GROWTH)
    level, record = start, []
    scale = np.hypot(NOISE, ERROR)
    gain = NOISE**2 / scale**2
    for _ in range(QUARTERS):
        news = scale * random.standard_t(4)
        record.append(level + growth + news)
        level += growth + gain * news + np.sqrt(gain) * ERROR * random.normal()
    return start, growth, np.array(record)
