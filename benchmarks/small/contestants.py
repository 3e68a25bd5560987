"""The small job in every package, each in the way its manual shows for many draws at once.

A contestant is a function (job, size, seed) -> answer; it is made by a function that imports the package, so that one
that is missing does not take the others with it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.findings import reason
from benchmarks.small.problem import (
    CORRELATION,
    COVARIANCE,
    EVERY,
    GROWTH_MEAN,
    GROWTH_SPREAD,
    JOBS,
    MU,
    SIGMA,
    STEPS,
    answer_from,
)

Contestant = Callable[[str, int, int], np.ndarray]
STATISTICS = ("mean", "p5", "p50", "p95")


def _stackcast() -> Contestant:
    import stackcast

    folder = Path(__file__).parent
    scenarios = {}
    for job in JOBS:
        mechanism = importlib.import_module(f"benchmarks.small.{job}").MECHANISM
        scenarios[job] = stackcast.load_scenario(folder / f"{job}.toml", registry={job: mechanism})

    def run(job: str, size: int, seed: int) -> np.ndarray:
        forecast = stackcast.run(scenarios[job], trajectories=size, seed=seed, threads=1)
        frame = forecast.to_frame()
        return np.column_stack([frame.value[frame.statistic == name] for name in STATISTICS])

    return run


def _numpy() -> Contestant:
    cholesky = np.linalg.cholesky(COVARIANCE)

    def run(job: str, size: int, seed: int) -> np.ndarray:
        generator = np.random.Generator(np.random.SFC64(seed))
        if job == "product":
            # A product of lognormals is one exponential of a sum: no sensible program takes six.
            scores = generator.standard_normal((6, size))
            return answer_from(np.exp(cholesky.sum(axis=0) @ scores + MU.sum()))
        total, sizes = np.zeros(size), np.empty((STEPS // EVERY, size))
        for step in range(1, STEPS + 1):
            total += generator.standard_normal(size)
            if step % EVERY == 0:
                np.multiply(total, GROWTH_SPREAD, out=sizes[step // EVERY - 1])
                sizes[step // EVERY - 1] += GROWTH_MEAN * step
        return answer_from(np.exp(sizes, out=sizes))

    return run


def _squigglepy() -> Contestant:
    import squigglepy as sq

    def run(job: str, size: int, seed: int) -> np.ndarray:
        sq.set_seed(seed)
        if job == "product":
            factors = [sq.lognorm(norm_mean=mu, norm_sd=sd) for mu, sd in zip(MU, SIGMA, strict=True)]
            # Its correlate asks for rank or linear correlations of what is drawn, so the logarithms are drawn.
            logs = [sq.norm(mean=mu, sd=sd) for mu, sd in zip(MU[:2], SIGMA[:2], strict=True)]
            pair = sq.correlate(logs, [[1.0, CORRELATION], [CORRELATION, 1.0]])
            drawn = [np.exp(sq.sample(one, n=size, verbose=False)) for one in pair]
            drawn += [sq.sample(one, n=size, verbose=False) for one in factors[2:]]
            return answer_from(np.prod(drawn, axis=0))
        rate = sq.norm(mean=GROWTH_MEAN, sd=GROWTH_SPREAD)
        total, sizes = np.zeros(size), []
        for step in range(1, STEPS + 1):
            total = total + sq.sample(rate, n=size, verbose=False)
            if step % EVERY == 0:
                sizes.append(np.exp(total))
        return answer_from(np.array(sizes))

    return run


def _openturns() -> Contestant:
    import openturns as ot

    def product(size: int) -> np.ndarray:
        matrix = ot.CorrelationMatrix(6)
        matrix[0, 1] = CORRELATION
        factors = [ot.LogNormal(mu, sd) for mu, sd in zip(MU, SIGMA, strict=True)]
        joint = ot.JointDistribution(factors, ot.NormalCopula(matrix))
        multiply = ot.SymbolicFunction([f"x{k}" for k in range(6)], ["*".join(f"x{k}" for k in range(6))])
        return np.asarray(multiply(joint.getSample(size))).T

    def growth(size: int) -> np.ndarray:
        # Its process RandomWalk takes longer than its normal draws and NumPy's sums.
        rates = np.asarray(ot.Normal(GROWTH_MEAN, GROWTH_SPREAD).getSample(size * STEPS)).reshape(STEPS, size)
        return np.exp(np.cumsum(rates, axis=0)[EVERY - 1 :: EVERY])

    def run(job: str, size: int, seed: int) -> np.ndarray:
        ot.RandomGenerator.SetSeed(seed)
        return answer_from(product(size) if job == "product" else growth(size))

    return run


def _chaospy() -> Contestant:
    import chaospy

    def run(job: str, size: int, seed: int) -> np.ndarray:
        if job == "product":
            # Its copulas hold no correlated lognormals with given logs; the joint normal of the logarithms does.
            logs = chaospy.MvNormal(MU, COVARIANCE).sample(size, rule="random", seed=seed)
            return answer_from(np.prod(np.exp(logs), axis=0))
        rates = chaospy.Normal(GROWTH_MEAN, GROWTH_SPREAD).sample((STEPS, size), rule="random", seed=seed)
        return answer_from(np.exp(np.cumsum(rates, axis=0)[EVERY - 1 :: EVERY]))

    return run


def _monaco() -> Contestant:
    import monaco
    from scipy.stats import norm

    def preprocess(case):
        return ([value.val for value in case.invals.values()],)

    def product(scores):
        first, second = scores[0], CORRELATION * scores[0] + np.sqrt(1.0 - CORRELATION**2) * scores[1]
        return (np.exp(MU.sum() + SIGMA[0] * first + SIGMA[1] * second + SIGMA[2:] @ np.array(scores[2:])),)

    def growth(scores):
        rates = GROWTH_MEAN + GROWTH_SPREAD * np.array(scores)
        return (np.exp(np.cumsum(rates))[EVERY - 1 :: EVERY],)

    def postprocess(case, result):
        for k, value in enumerate(np.atleast_1d(result)):
            case.addOutVal(f"result{k}", float(value))

    def run(job: str, size: int, seed: int) -> np.ndarray:
        functions = {"preprocess": preprocess, "run": product if job == "product" else growth}
        simulation = monaco.Sim(
            name=job, ndraws=size, fcns={**functions, "postprocess": postprocess}, samplemethod="random", seed=seed,
            singlethreaded=True, verbose=False,
        )  # fmt: skip
        # It draws its inputs independently, so the correlated pair is made of two of them within a case.
        for k in range(6 if job == "product" else STEPS):
            simulation.addInVar(name=f"score{k}", dist=norm, distkwargs={"loc": 0.0, "scale": 1.0})
        simulation.runSim()
        dates = JOBS[job].mu.size
        return answer_from(np.array([simulation.outvars[f"result{k}"].nums for k in range(dates)], dtype=float))

    return run


MAKERS: dict[str, Callable[[], Contestant]] = {
    "stackcast": _stackcast,
    "numpy": _numpy,
    "squigglepy": _squigglepy,
    "openturns": _openturns,
    "chaospy": _chaospy,
    "monaco": _monaco,
}
SLOW = {"monaco"}
"""A Python object and three calls a case: minutes for a million."""

NOTES = {
    "stackcast": {
        "product": "the public `run`, the scenario read before; mean and quantiles from histograms",
        "growth": "the public `run`, the scenario read before; mean and quantiles from histograms",
    },
    "numpy": {
        "product": "one exponential of a weighted sum of normals; exact quantiles of the draws, as all but stackcast",
        "growth": "sums of normals in place, exponentials of every fourth",
    },
    "squigglepy": {
        "product": "`correlate` re-orders the draws of the first two logarithms",
        "growth": "a call of `sample` a step",
    },
    "openturns": {
        "product": "`JointDistribution` of lognormals with a normal copula, `SymbolicFunction`",
        "growth": "`Normal.getSample`, summed by NumPy",
    },
    "chaospy": {
        "product": "`MvNormal` of the logarithms",
        "growth": "`Normal.sample`, summed by NumPy",
    },
    "monaco": {
        "product": "a Python call a case, as it works; the correlation made within the case",
        "growth": "a Python call a case, as it works",
    },
}


def available() -> tuple[dict[str, Contestant], dict[str, str]]:
    """Contestants, and why others cannot run."""
    ready, missing = {}, {}
    for name, make in MAKERS.items():
        try:
            ready[name] = make()
        except Exception as problem:
            missing[name] = reason(problem)
    return ready, missing
