"""The baseline in NumPy, under JAX and one trajectory at a time, against the core."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version

import numpy as np

from benchmarks.findings import Found, per, reason
from benchmarks.paths import BASELINE, SCRATCH
from benchmarks.rivals.agreement import Disagreement, Moments, same_figures, same_means
from benchmarks.timing import Spread, interleave, ratio
from stackcast.engine.assembly import build
from stackcast.engine.draws import draw_values
from stackcast.engine.driver import simulate
from stackcast.engine.program import Program
from stackcast.engine.sampling import Sampling
from stackcast.engine.shocks import draw_shock_values
from stackcast.scenario import load_scenario
from tests.independent import model, rival
from tests.independent.outputs import Record

SEED = 20230101
TRAJECTORIES = 32768
LEAST_OVER_NUMPY = 6.0
_ROW_BY_ROW = "row by row on the core's draws in the test suite (to 1e-9)"
NOTES = {
    "stackcast": "the core; blocks of 256 trajectories",
    "NumPy": f"`tests/independent`, whole arrays in chunks of {rival.BEST_CHUNK:,}, the fastest of seven sizes tried; "
    "SFC64",
    "stackcast, antithetic": "as above with `antithetic = true`: the second half of a block has the opposite shocks; "
    "16 randomisations",
    "NumPy, antithetic": "as NumPy's line; the second half of a chunk has the opposite shocks",
    "JAX": "the same source traced under `jit` in double precision, a year a compiled loop of four quarters, draws "
    "with XLA's bit generator, bins and moments in XLA; the bins are counted by NumPy",
    "numba, scalar": "the mechanisms' own functions on one trajectory after the other, `np.random.normal` and "
    "`np.random.random`, each figure counted at once; exp and log are the core's; a quarter of the trajectories",
}


@dataclass
class Contestant:
    """Something that runs so many trajectories; what its first call took, and how it was checked.

    ``part`` of the trajectories is run: one that takes as long for every trajectory need not run as many.
    """

    run: Callable[[int], object]
    first: float = 0.0
    part: float = 1.0
    checked: str = ""
    cached: bool = False

    @property
    def compiling(self) -> str:
        """Seconds of the first call, where they are worth a word."""
        return f"{self.first:.0f}{', compiled code from disk' if self.cached else ''}" if self.first >= 1.0 else ""


def _first(run: Callable[[int], object], trajectories: int) -> float:
    began = time.perf_counter()
    run(trajectories)
    return time.perf_counter() - began


def _drawn(plan, size: int) -> tuple[dict, dict]:
    """Parameters and shocks of the core."""
    return draw_values(plan, SEED, 0, size), draw_shock_values(model.SHOCKS, SEED, 0, size, model.QUARTERS)


def _reference(plan, size: int) -> Record:
    """The NumPy implementation on the core's own draws."""
    parameters, shocks = _drawn(plan, size)
    record = Record()
    with np.errstate(all="ignore"):
        rival.accumulate(record, parameters, lambda step: {name: rows[step] for name, rows in shocks.items()})
    return record


def _numpy(program, core: Moments, antithetic: bool = False) -> Contestant:
    def run(trajectories: int) -> Record:
        generator = np.random.Generator(np.random.SFC64(SEED))
        return rival.run(program.plan, trajectories, rival.BEST_CHUNK, generator, antithetic)

    first = _first(run, 256)
    checked = "the model as NumPy's line; shocks opposite in the test suite" if antithetic else _ROW_BY_ROW
    return Contestant(run, first, checked=checked)


def _antithetic(program: Program) -> Program:
    return replace(program, plan=replace(program.plan, sampling=Sampling(antithetic=True)))


def _jax(program, core: Moments) -> Contestant:
    import jax
    import jax.numpy as jnp

    from benchmarks.rivals import jax_model

    kept = SCRATCH / "jax"
    cached = any(kept.glob("jit_year*"))
    jax.config.update("jax_compilation_cache_dir", str(kept))
    size, draw = jax_model.BEST_CHUNK, jax_model.Parameters(program.plan)
    parameters, shocks = _drawn(program.plan, size)
    years = [{name: jnp.asarray(rows[k : k + 4]) for name, rows in shocks.items()} for k in range(0, model.QUARTERS, 4)]
    record = Record()
    began = time.perf_counter()
    jax_model.accumulate(record, {name: jnp.asarray(row) for name, row in parameters.items()}, years)
    first = time.perf_counter() - began
    checked = same_figures(_reference(program.plan, size), record)

    def run(trajectories: int) -> Record:
        return jax_model.run(program.plan, trajectories, size, SEED, draw)

    return Contestant(run, first + _first(run, size), checked=f"{checked}; chunks of {size:,}", cached=cached)


def _scalar(program, core: Moments) -> Contestant:
    from benchmarks.rivals.scalar import Scalar

    began = time.perf_counter()
    run = Scalar(program)
    run(1)
    first = time.perf_counter() - began
    _, total, squares, _, _ = run(TRAJECTORIES // 2)
    checked = same_means(_without_events(program, TRAJECTORIES // 2, total, squares), core)
    return Contestant(run, first, 0.25, checked)


def _without_events(program, count: int, total: np.ndarray, squares: np.ndarray) -> Moments:
    figures = len(program.cells) - len(program.outputs.events)
    return Moments(count, total[:figures], squares[:figures])


MAKERS = {
    "NumPy": _numpy,
    "NumPy, antithetic": partial(_numpy, antithetic=True),
    "JAX": _jax,
    "numba, scalar": _scalar,
}
PACKAGES = {"JAX": "jax", "NumPy": "numpy", "numba": "numba", "stackcast": "stackcast"}


def _contestants(program) -> tuple[dict[str, Contestant], dict[str, str]]:
    """Checked contestants, and why others do not take part."""
    core = simulate(program, 4 * TRAJECTORIES, SEED, sample=0).aggregates
    moments = _without_events(program, core.n, core.total, core.total_sq)
    mirrored = _antithetic(program)
    ready = {
        "stackcast": Contestant(lambda size: simulate(program, size, SEED, sample=0)),
        "stackcast, antithetic": Contestant(lambda size: simulate(mirrored, size, SEED, sample=0)),
    }
    missing = {}
    for name, make in MAKERS.items():
        try:
            ready[name] = make(program, moments)
        except (ImportError, Disagreement) as problem:
            missing[name] = reason(problem)
    return ready, missing


def measure(short: bool) -> Found:
    """A row with a target, and a table of all contestants."""
    program = build(load_scenario(BASELINE))
    ready, missing = _contestants(program)
    size, rounds = (TRAJECTORIES // 2, 2) if short else (TRAJECTORIES, 4)
    seconds = _seconds(ready, size, rounds)
    found = Found()
    _target(found, seconds, 1e9 / size / program.quarters, min(size, rival.BEST_CHUNK))
    table = found.table(
        "contestant", "ns a trajectory and quarter: median (smallest to largest)", "time / stackcast", "first call [s]",
        "checked", "what it is",
        below=f"{rounds} rounds of {size:,} trajectories with {len(program.cells):,} outputs. The first call "
        "compiles and is not in the times.",
    )  # fmt: skip
    for name, times in seconds.items():
        one = ready[name]
        spread = per(Spread.of(times), 1e9 / size / program.quarters)
        over = "1" if name == "stackcast" else ratio(times, seconds["stackcast"])
        label = f"{name} ({version(PACKAGES[name.partition(',')[0]])})"
        table.add(label, spread, over, one.compiling, one.checked, NOTES[name])
    for name, why in missing.items():
        table.add(name, "not run", "", "", why, NOTES[name])
    return found


def _seconds(ready: dict[str, Contestant], size: int, rounds: int) -> dict[str, list[float]]:
    """Seconds of ``size`` trajectories by contestant and round."""
    runs = {name: (lambda one=one: one.run(round(size * one.part))) for name, one in ready.items()}
    return {name: [one / ready[name].part for one in times] for name, times in interleave(runs, rounds).items()}


def _target(found: Found, seconds: dict[str, list[float]], unit: float, chunk: int) -> None:
    table = found.targets()
    for kind in ("", ", antithetic"):
        ours, theirs = seconds[f"stackcast{kind}"], seconds[f"NumPy{kind}"]
        over = ratio(theirs, ours)
        found.judge(
            table, f"NumPy time / stackcast time, one core{kind and ', both with antithetic shocks'}", over,
            f">= {LEAST_OVER_NUMPY:.0f}", over.median >= LEAST_OVER_NUMPY,
            f"chunks of {chunk}; NumPy {per(Spread.of(theirs), unit)} ns, stackcast {per(Spread.of(ours), unit)} ns a "
            "trajectory and quarter",
        )  # fmt: skip
