"""Two programs on the same draws: figures of every trajectory, and how surely they differ.

A figure is written ``row @ 2030Q3`` (the value of that quarter) or ``row @ 2030`` (of that year: sums of flows, stocks
and prices at its end). In front of it stands nothing, or ``log`` for money that spreads over orders of magnitude. Rows
may be added (``a + b @ 2030``), and ``row @ 2035 < 2031`` is 1 where that is so, for dates of events.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from stackcast.aggregate.outputs import YEAR_SUM
from stackcast.engine.assembly import build
from stackcast.engine.draws import DrawPlan, PriorDraw, Quantile
from stackcast.engine.driver import simulate
from stackcast.engine.observe import Watch
from stackcast.engine.program import Program, unreported
from stackcast.scenario import load_scenario

CONFIGS = Path(__file__).parents[2] / "configs"
SEED, TRAJECTORIES, ERRORS = 7, 2_000, 5.0


@functools.cache
def program(*settings: str, world: str = "baseline") -> Program:
    """A shipped scenario with settings; nothing is reported, so that a run costs the model alone."""
    scenario = load_scenario(CONFIGS / f"{world}.toml", set=settings)
    if world == "baseline" and not settings:
        return unreported(build(scenario))
    base = program()
    same = [mechanism.name for mechanism in scenario.mechanisms] == [mechanism.name for mechanism in _model(base)]
    return with_plan(base, scenario.plan) if same else unreported(build(scenario))


def _model(base: Program) -> tuple:
    """The mechanisms of the scenario; the program adds one that derives figures."""
    return tuple(mechanism for mechanism in base.mechanisms if mechanism.priors or mechanism.reads)


def with_plan(base: Program, plan: DrawPlan) -> Program:
    """The same program with other draws of the same priors."""
    assert [prior.name for prior in plan.priors] == [prior.name for prior in base.plan.priors]
    return dataclasses.replace(base, plan=plan)


def holding(values: Mapping[str, float], base: Program | None = None) -> Program:
    """The program with some priors held, in their mechanisms' units; every other draw stays as it is."""
    base = program() if base is None else base
    unknown = set(values) - {prior.name for prior in base.plan.priors}
    assert not unknown, unknown
    priors = tuple(
        PriorDraw(prior.name, prior.stream, Quantile("constant", float(values[prior.name])))
        if prior.name in values
        else prior
        for prior in base.plan.priors
    )
    return with_plan(base, dataclasses.replace(base.plan, priors=priors))


def observed(base: Program, columns: Sequence[tuple[str, int]], n: int = TRAJECTORIES, seed: int = SEED) -> np.ndarray:
    """Rows at quarters of the first ``n`` trajectories: an array (columns, n)."""
    pieces: list[np.ndarray] = []
    watch = Watch(tuple(columns), lambda seen, _first: seen[0].copy(), pieces.append)
    simulate(base, n, seed, sample=0, observe=watch)
    return np.concatenate(pieces, axis=1)


def history(base: Program, names: Iterable[str], n: int = 256, seed: int = SEED) -> dict[str, np.ndarray]:
    """Rows quarter by quarter: name -> array (quarters, n)."""
    names = tuple(names)
    found = observed(base, [(name, step) for name in names for step in range(base.quarters)], n, seed)
    return dict(zip(names, found.reshape(len(names), base.quarters, n), strict=True))


def figures(base: Program, wanted: Sequence[str], n: int = TRAJECTORIES) -> dict[str, np.ndarray]:
    """Figures of the first ``n`` trajectories, by their text."""
    columns = sorted({column for text in wanted for column in _columns(base, text)})
    seen = dict(zip(columns, observed(base, columns, n), strict=True))
    return {text: _value(text, [seen[column] for column in _columns(base, text)]) for text in wanted}


def _columns(base: Program, text: str) -> list[tuple[str, int]]:
    rows, date = (part.strip() for part in text.removeprefix("log ").split("<")[0].split("@"))
    year, quarter = int(date[:4]), int(date[5]) if "Q" in date else 4
    step = round((year - base.start) * 4) + quarter - 1
    names = [name.strip() for name in rows.split("+")]
    return [(name if "Q" in date or YEAR_SUM + name not in base.names else YEAR_SUM + name, step) for name in names]


def _value(text: str, parts: list[np.ndarray]) -> np.ndarray:
    total = np.sum(parts, axis=0)
    if "<" in text:
        return (total < float(text.split("<")[1])).astype(float)
    return np.log(np.maximum(total, 1e-9)) if text.startswith("log ") else total


def errors_from_none(difference: np.ndarray) -> float:
    """Mean of paired differences in its standard errors; 0 where nothing differs."""
    spread = difference.std(ddof=1) / np.sqrt(difference.size)
    mean = difference.mean()
    return 0.0 if mean == 0.0 else float(mean / spread) if spread > 0.0 else float(np.sign(mean)) * np.inf


def differences(first: Program, second: Program, wanted: Sequence[str], n: int = TRAJECTORIES) -> dict[str, float]:
    """Each figure of the first program less that of the second, in standard errors of the paired difference."""
    here, there = figures(first, wanted, n), figures(second, wanted, n)
    return {text: errors_from_none(here[text] - there[text]) for text in wanted}


def against(signs: Mapping[str, int], found: Mapping[str, float]) -> list[str]:
    """Figures that do not have the sign expected of them at ``ERRORS`` standard errors."""
    return [f"{text}: {found[text]:+.1f}, expected {sign:+d}" for text, sign in signs.items()
            if not sign * found[text] > ERRORS]  # fmt: skip
