"""Scenarios on the same trajectories: differences of shares and profits with the error of the difference.

Draws are addressed by name, so trajectory k of two scenarios differs only by what the scenarios do. The programs run
chunk by chunk side by side, and the difference is taken trajectory by trajectory before anything is summed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..engine.assembly import build
from ..engine.counting import LANES
from ..engine.driver import simulate_together
from ..engine.observe import Watch
from ..engine.program import Program, independent, unreported
from ..errors import StackcastError
from ..forecast.histogram import probability_error, standard_deviation
from .asking import chunk_for
from .catalogue import Catalogue, catalogue_of
from .tally import tree_sum

if TYPE_CHECKING:
    import pandas as pd

    from ..scenario import Scenario

METRICS = ("share", "gross_profit", "share_cash", "gross_profit_cash")
MOST = 16
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Difference:
    """One yearly figure in two scenarios.

    ``difference`` is the mean over trajectories of ``scenario`` less ``base`` and ``mcse`` its Monte Carlo error;
    ``mcse_apart`` is what the error would be if the two had been run on different trajectories. ``above`` is the
    probability that the figure is larger than in the base, ``below`` that it is smaller.
    """

    scenario: str
    base: str
    metric: str
    layer: str
    year: int
    unit: str
    base_mean: float
    mean: float
    difference: float
    mcse: float
    mcse_apart: float
    above: float
    below: float
    mcse_above: float


@dataclass(frozen=True)
class Comparison:
    """Differences of scenarios to the first of them, over the same trajectories."""

    names: tuple[str, ...]
    hashes: tuple[str, ...]
    trajectories: int
    seed: int
    differences: tuple[Difference, ...]

    def find(self, metric: str, layer: str, year: int, scenario: str | None = None) -> Difference:
        """One difference; without a scenario, of the second one."""
        name = self.names[1] if scenario is None else scenario
        for found in self.differences:
            if (found.scenario, found.metric, found.layer, found.year) == (name, metric, layer, int(year)):
                return found
        raise StackcastError(f"{name}: {metric}, {layer}, {year}: not compared: allowed: see to_frame()")

    def to_frame(self) -> pd.DataFrame:
        """One row per scenario, metric, layer and year."""
        import pandas

        return pandas.DataFrame([vars(found) for found in self.differences])

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "scenarios": list(self.names), "hashes": list(self.hashes), "base": self.names[0],
            "trajectories": self.trajectories, "seed": self.seed,
            "differences": [
                {name: _finite(value) for name, value in vars(found).items()} for found in self.differences
            ],
        }  # fmt: skip

    def figure(self, metric: str | None = None) -> Any:
        """Mean difference by layer and year with twice its error on either side, of shares and profits or of a metric:
        a matplotlib figure."""
        from ..forecast.differences import figure

        return figure(self, metric)

    @property
    def caption(self) -> str:
        """Which runs these are, in a line."""
        runs = ", ".join(f"{name} ({code})" for name, code in zip(self.names, self.hashes, strict=True))
        return f"{runs}: {self.trajectories:,} common trajectories, seed {self.seed}"


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


@dataclass(frozen=True)
class _Figure:
    """A yearly figure that all scenarios have."""

    metric: str
    layer: str
    year: int
    unit: str
    row: str
    step: int


def compare(
    scenarios: Sequence[Scenario],
    trajectories: int,
    seed: int,
    threads: int = 1,
    progress: Progress | None = None,
    chunk: int | None = None,
) -> Comparison:
    """Run scenarios over the same trajectories and compare them with the first.

    Trajectories are drawn independently whatever the scenarios say: only draws that are addressed by name are the same
    in two scenarios.
    """
    names = _names(scenarios)
    programs = [build(scenario) for scenario in scenarios]
    figures = _common(scenarios, [catalogue_of(program) for program in programs])
    sums = _Sums(len(programs), len(figures))
    watch = Watch(tuple((figure.row, figure.step) for figure in figures), sums.look, sums.fold)
    size = chunk_for(len(figures) * len(programs)) if chunk is None else chunk
    bare: list[Program] = [independent(unreported(program)) for program in programs]
    simulate_together(bare, trajectories, seed, watch, threads=threads, chunk=size, progress=progress)
    differences = tuple(sums.differences(names, figures, trajectories))
    hashes = tuple(scenario.hash() for scenario in scenarios)
    return Comparison(names, hashes, trajectories, seed, differences)


def _names(scenarios: Sequence[Scenario]) -> tuple[str, ...]:
    """Names that tell the scenarios apart."""
    if not 2 <= len(scenarios) <= MOST:
        raise StackcastError(f"compare: {len(scenarios)} scenarios: allowed: 2 to {MOST}")
    names: list[str] = []
    for scenario in scenarios:
        count = sum(other.name == scenario.name for other in scenarios[: len(names)])
        names.append(scenario.name if count == 0 else f"{scenario.name} ({count + 1})")
    return tuple(names)


def _common(scenarios: Sequence[Scenario], catalogues: Sequence[Catalogue]) -> list[_Figure]:
    first = catalogues[0]
    for scenario, other in zip(scenarios, catalogues, strict=True):
        if other.start != first.start:
            raise StackcastError(
                f"{scenario.path}: horizon.start: begins at another date than {scenarios[0].path}: allowed: the same"
            )
    years = [year for year in first.years if all(year in other.years for other in catalogues)]
    figures = [
        _Figure(name, layer, year, first.metrics[name].unit, row, round((year + 0.75 - first.start) * 4))
        for name in METRICS
        if all(name in catalogue.metrics for catalogue in catalogues)
        for year in years
        for layer, row in first.metrics[name].yearly.items()
    ]
    if not figures:
        raise StackcastError(f"{scenarios[0].path}: no layer's share or profit of a whole year is common to all")
    return figures


class _Sums:
    """Sums over trajectories of each scenario's figures and of their differences, block by block."""

    def __init__(self, programs: int, figures: int) -> None:
        self.own = np.zeros((programs, 2, figures))
        self.difference = np.zeros((programs, 2, figures))
        self.signs = np.zeros((programs, 2, figures), dtype=np.int64)
        self.extremes = np.zeros((2, programs, 2, figures))
        self.extremes[..., 0, :], self.extremes[..., 1, :] = np.inf, -np.inf

    def look(self, seen: Sequence[np.ndarray], first: int) -> list[tuple]:
        """(own sums, sums of differences, signs, extremes of both) of every block."""
        count = seen[0].shape[1]
        return [_block([array[:, k : k + LANES] for array in seen]) for k in range(0, count, LANES)]

    def fold(self, blocks: list[tuple]) -> None:
        for own, difference, signs, extremes in blocks:
            self.own += own
            self.difference += difference
            self.signs += signs
            self.extremes[..., 0, :] = np.minimum(self.extremes[..., 0, :], extremes[..., 0, :])
            self.extremes[..., 1, :] = np.maximum(self.extremes[..., 1, :], extremes[..., 1, :])

    def differences(self, names: Sequence[str], figures: Sequence[_Figure], n: int) -> Iterator[Difference]:
        """One result per scenario but the first and figure."""
        for k in range(1, len(names)):
            for j, figure in enumerate(figures):
                base, other = (_moments(self.own[i, :, j], self.extremes[0, i, :, j], n) for i in (0, k))
                mean, error = _moments(self.difference[k, :, j], self.extremes[1, k, :, j], n)
                above, below = (int(sign) / n for sign in self.signs[k, :, j])
                yield Difference(
                    names[k], names[0], figure.metric, figure.layer, figure.year, figure.unit, base[0], other[0],
                    mean, error, math.hypot(base[1], other[1]), above, below, float(probability_error(above, n)),
                )  # fmt: skip


def _block(values: Sequence[np.ndarray]) -> tuple:
    base = values[0]
    apart = [other - base for other in values]
    own, difference = (np.stack([_sums(array) for array in arrays]) for arrays in (values, apart))
    signs = np.stack([np.stack([(array > 0.0).sum(axis=1), (array < 0.0).sum(axis=1)]) for array in apart])
    extremes = np.stack([[_extremes(array) for array in arrays] for arrays in (values, apart)])
    return own, difference, signs, extremes


def _sums(lanes: np.ndarray) -> np.ndarray:
    """Sum and sum of squares by figure over up to 256 trajectories; missing ones add nothing."""
    if lanes.shape[1] < LANES:
        lanes = np.pad(lanes, ((0, 0), (0, LANES - lanes.shape[1])))
    return np.stack([tree_sum(lanes), tree_sum(lanes * lanes)])


def _extremes(lanes: np.ndarray) -> np.ndarray:
    return np.stack([lanes.min(axis=1), lanes.max(axis=1)])


def _moments(sums: np.ndarray, extremes: np.ndarray, n: int) -> tuple[float, float]:
    """Mean and its standard error."""
    sd = standard_deviation(n, float(sums[0]), float(sums[1]), float(extremes[0]), float(extremes[1]))
    return float(np.clip(sums[0] / n, extremes[0], extremes[1])), sd / math.sqrt(n)
