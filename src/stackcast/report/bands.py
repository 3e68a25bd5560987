"""Published forecasts and observations, and where a run stands beside them. A band informs; nothing is fitted to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..errors import StackcastError
from ..forecast.cells import COUNTED, DATED

if TYPE_CHECKING:
    from ..forecast import Forecast


class Standing(NamedTuple):
    """What a run says about a band: in words, and whether its central value lies inside (None: cannot be said)."""

    text: str
    inside: bool | None


@dataclass(frozen=True)
class Band:
    """A published range and how a run is measured against it."""

    id: str
    quantity: str
    published: str
    source: str
    measure: Callable[[Forecast], Standing | None]


class Place(NamedTuple):
    """One line of the table."""

    band: Band
    standing: Standing


def standings(forecast: Forecast) -> list[Place]:
    """Every band with where the run stands; a run that lacks the output says so."""
    missing = Standing("not an output of this run", None)
    return [Place(band, _measure(band, forecast) or missing) for band in BANDS]


def _measure(band: Band, forecast: Forecast) -> Standing | None:
    try:
        return band.measure(forecast)
    except StackcastError:
        return None


def level(metric: str, year: int, low: float, high: float, scale: float = 1.0) -> Callable[[Forecast], Standing | None]:
    """Median and central 90 % of a market output against a range; scale turns the output's unit into the range's."""

    def measure(forecast: Forecast) -> Standing:
        p5, p50, p95 = scale * forecast.quantile(metric, year=year, q=[0.05, 0.5, 0.95])
        above, below = low / scale, high / scale
        inside = forecast.probability(metric, year=year, above=above, below=below)
        text = f"median {p50:.3g}, 90 % {p5:.3g} to {p95:.3g}; in the range {100 * inside.value:.3g} % of trajectories"
        return Standing(text, bool(low <= p50 <= high))

    return measure


def binding(names: tuple[str, ...], until: int) -> Callable[[Forecast], Standing | None]:
    """Largest probability by the end of any year that each limit is the one that binds: all have to be above zero."""

    def measure(forecast: Forecast) -> Standing | None:
        cells = forecast.cells
        periods = cells.index.get("binding_constraint", {}).get("", {})
        numbers = [n for period, n in periods.items() if period.isdigit() and int(period) <= until]
        if not numbers or cells.kind(numbers[0]) != COUNTED:
            return None
        most = {name: max(cells.category(number, name).value for number in numbers) for name in names}
        text = ", ".join(f"{name} {100 * value:.3g} %" for name, value in most.items())
        return Standing(f"binds at the end of a year to {until}, most likely year: {text}", min(most.values()) > 0.0)

    return measure


def date(event: str, low: float, high: float) -> Callable[[Forecast], Standing | None]:
    """Median and central 80 % of an event's date against a range."""

    def measure(forecast: Forecast) -> Standing | None:
        layers = forecast.cells.index.get(event)
        if not layers or forecast.cells.kind(layers[""]["event"]) != DATED:
            return None
        p10, p50, p90 = (_when(value) for value in forecast.quantile(event, q=[0.1, 0.5, 0.9]))
        never = 1.0 - forecast.probability(event, below=np.inf).value
        median = forecast.quantile(event, q=0.5)
        text = f"median {p50}, 80 % {p10} to {p90}; not within the run {100 * never:.3g} %"
        return Standing(text, bool(low <= median <= high))

    return measure


def reached(metric: str, year: int, threshold: float) -> Callable[[Forecast], Standing | None]:
    """Probability that a cost has been reached by a year."""

    def measure(forecast: Forecast) -> Standing:
        p = forecast.probability(metric, year=year, above=threshold)
        return Standing(f"probability {p.value:.3f} +- {p.mcse:.1g} at the end of {year}", p.value >= 0.5)

    return measure


def summed_share(layers: tuple[str, ...], year: int, low: float, high: float) -> Callable[[Forecast], Standing | None]:
    """Joint share of some layers, trajectory by trajectory, from the sample."""

    def measure(forecast: Forecast) -> Standing | None:
        columns, sample = [f"share.{layer}.{year}" for layer in layers], forecast.sampled
        if sample.among(columns) != columns:
            return None
        if not len(sample):
            return Standing("needs a sample of trajectories", None)
        joint = sample.of_columns(columns).astype(np.float64).sum(axis=1)
        p5, p50, p95 = 100.0 * np.quantile(joint, [0.05, 0.5, 0.95])
        text = f"median {p50:.1f} %, 90 % {p5:.1f} to {p95:.1f} % (sample of {len(joint):,})"
        return Standing(text, bool(100.0 * low <= p50 <= 100.0 * high))

    return measure


def _when(value: float) -> str:
    return f"{value:.2f}" if np.isfinite(value) else "never"


BANDS = (
    Band(
        "D1",
        "largest training run in 2030 [FLOP]",
        "2e29 central, 1e28 to 5e30",
        "Sevilla et al. 2024, Can AI scaling continue through 2030? (Epoch AI)",
        level("frontier_flop", 2030, 1e28, 5e30),
    ),
    Band(
        "D2",
        "what limits the fleet by 2030",
        "power, chips, data and capital each with non-zero probability",
        "Sevilla et al. 2024 (Epoch AI)",
        binding(("power", "chips", "data", "capital"), 2030),
    ),
    Band(
        "D3",
        "accelerators in 2030 [million H100e]",
        "20 to 400",
        "Sevilla et al. 2024 (Epoch AI)",
        level("fleet_h100e", 2030, 20.0, 400.0, scale=1e-6),
    ),
    Band(
        "D4",
        "public text exhausted [year]",
        "median 2028, 80 % 2026 to 2032",
        "Villalobos et al. 2024, Will we run out of data? (arXiv 2211.04325)",
        date("exhaustion", 2026.0, 2033.0),
    ),
    Band(
        "D5",
        "a training run above $1bn",
        "by 2027",
        "Cottier et al. 2024, The rising costs of training frontier AI models (arXiv 2405.21015)",
        reached("run_cost", 2027, 1.0),
    ),
    Band(
        "D6",
        "chips and fabs' share of gross profit in 2024",
        "80 to 90 %",
        "Agrawal 2024, The economics of generative AI",
        summed_share(("chips", "foundry"), 2024, 0.80, 0.90),
    ),
)
