"""Pictures of one forecast: each function takes matplotlib axes, or makes them, and returns them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import StackcastError
from ..ledger.layers import LAYERS
from .cells import COUNTED, DATED
from .histogram import quantiles, share_above
from .labels import layer_name, limit_name, metric_name, unit_name
from .limits import by_year, said_of
from .lookup import find_cell, normal_layer, pick
from .palette import EVENT_COLOURS, FAINT, INK, LIMIT_COLOURS, colour, deep

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .forecast import Forecast

_BANDS = ((0.05, 0.95, 0.22), (0.25, 0.75, 0.42))
_BARS = 60
_WIDE = 100.0
_SIGNED = ("money", "ratio")
_EVEN = ("share", "ratio")
LEAD = "lead_"
_INCHES_PER_YEAR = 0.6
_WORTH_SAYING = 0.005
_LEAST_LABELLED = 3.5
_DARK = 400


@dataclass(frozen=True)
class Plots:
    """`forecast.plot`: fan, share, histogram, events, limits."""

    forecast: Forecast

    def fan(
        self, metric: str = "share", *, layer: str | None = None, ax: Axes | None = None, scale: str = "linear"
    ) -> Axes:
        """Median and the central 50 and 90 % of the trajectories, year by year.

        scale "log" gives up where the fan reaches zero and becomes "symlog", linear between -1 and 1: losses show.
        """
        cells = self.forecast.cells
        years, numbers = yearly(self.forecast, metric, layer)
        alone = ax is None
        ax = ax or _new_axes()
        levels = np.array([level for low, high, _ in _BANDS for level in (low, high)] + [0.5])
        lines = np.array([cells.quantiles(number, levels) for number in numbers]).T
        for i, (low, high, alpha) in enumerate(_BANDS):
            label = f"{100 * low:.0f} to {100 * high:.0f} %"
            shade = colour(layer or "")
            ax.fill_between(years, lines[2 * i], lines[2 * i + 1], color=shade, alpha=alpha, linewidth=0, label=label)
        ax.plot(years, lines[-1], color=deep(layer or ""), linewidth=1.8, label="median")
        _set_scale(ax, "symlog" if scale == "log" and lines.min() <= 0.0 else scale)
        if scale == "linear" and cells.kind(numbers[0]) == "share":
            ax.set_ylim(0.0, 1.0)
        unit = cells.aggregates.cells[numbers[0]].unit
        ax.set_ylabel(f"{metric_name(metric)}\n[{unit_name(unit)}]")
        _finish(ax, years, layer_name(layer) if layer else metric_name(metric))
        if alone:
            ax.legend(frameon=False, loc="upper left", ncols=3, fontsize="small", bbox_to_anchor=(0.0, -0.13))
        return ax

    def share(self, *, book: str = "accrual", ax: Axes | None = None) -> Axes:
        """Mean share of gross profit by layer, stacked: means add up to one, medians do not."""
        metric = pick({"accrual": "share", "cash": "share_cash"}, book, "book")
        cells = self.forecast.cells
        layers = [layer for layer in LAYERS if layer in pick(cells.index, metric, "metric")]
        years, _ = yearly(self.forecast, metric, layers[0])
        means = [[cells.mean(number) for number in yearly(self.forecast, metric, layer)[1]] for layer in layers]
        ax = ax or _new_axes()
        colours = [colour(layer) for layer in layers]
        ax.stackplot(years, means, labels=[layer_name(layer) for layer in layers], colors=colours, edgecolor="white")
        ax.set_ylim(0.0, 1.0)
        ax.set_ylabel(f"mean share of gross profit\n({book} book) [fraction]")
        _finish(ax, years, f"Who captures the gross profit ({book} book)")
        handles, labels = ax.get_legend_handles_labels()
        ax.legend(handles[::-1], labels[::-1], loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
        return ax

    def histogram(
        self, metric: str = "share", *, layer: str | None = None, year: int | str | None = None, ax: Axes | None = None
    ) -> Axes:
        """Distribution of one output; bars show the share of the trajectories in each interval."""
        cells = self.forecast.cells
        number = find_cell(cells.index, metric, layer, year)
        if cells.kind(number) in (DATED, COUNTED):
            raise StackcastError(f"{metric}: is an event or a category: allowed: amounts, shares, ratios")
        hist, cell = cells.histogram(number), cells.aggregates.cells[number]
        low, median, high = quantiles(hist, np.array([0.002, 0.5, 0.998]))
        log = cell.scale.kind not in ("share", *_SIGNED) and low > 0.0 and high > _WIDE * low
        if cell.scale.kind == "share":
            low, high = 0.0, min(1.0, max(high * 1.05, 0.05))
        edges = _bar_edges(low, high, log, cell.scale)
        part = -np.diff([share_above(hist, edge, inclusive=True) for edge in edges])
        ax = ax or _new_axes()
        ax.stairs(100.0 * part, edges, fill=True, color=colour(layer or ""), alpha=0.75)
        ax.axvline(median, color=INK, linewidth=1.2, linestyle="--")
        if log:
            ax.set_xscale("log")
        ax.set_xlabel(f"{metric_name(metric)} [{unit_name(cell.unit)}]")
        ax.set_ylabel("trajectories per bar [%]")
        set_heading(ax, f"{layer_name(cell.layer)}, {cell.period}")
        outside = 1.0 - part.sum()
        notes = [f"median {median:#.3g}".rstrip(".")]
        if outside > _WORTH_SAYING:
            notes.append(f"{100.0 * outside:.1f} % outside the axis")
        ax.set_ylim(0.0, 130.0 * part.max())  # room for the notes
        ax.text(0.98, 0.97, "\n".join(notes), transform=ax.transAxes, ha="right", va="top", color=INK)
        _plain(ax)
        return ax

    def events(self, names: Sequence[str] | None = None, *, ax: Axes | None = None) -> Axes:
        """Probability that each event has happened by the end of a year."""
        cells = self.forecast.cells
        known = event_names(self.forecast)
        ax = ax or _new_axes()
        chosen = list(names) if names is not None else [name for name in known if not name.startswith(LEAD)]
        years: Sequence[int] = [int(cells.start), int(cells.start) + 1]
        for i, name in enumerate(chosen):
            number = pick(known, name, "event")
            years = cells.event_years(number)
            values = [cells.happened(number, year + 1.0).value for year in years]
            ax.plot(years, values, linewidth=1.8, clip_on=False, **_event_style(name, i))
        ax.set_ylim(0.0, 1.0)
        ax.set_ylabel("probability that it has happened\nby the end of the year [fraction]")
        _finish(ax, years, "Events")
        if chosen:
            ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1.01, 0.5))
        return ax

    def limits(self, *, ax: Axes | None = None) -> Axes:
        """Which limit binds: the share of each year's quarters that chips, power, capital, text or nothing takes."""
        years = by_year(self.forecast.cells)
        ax = ax or _new_axes()
        below = np.zeros(len(years))
        places = [one.year for one in years]
        names = sorted({name for one in years for name in one.parts}, key=_limit_order)
        for name in names:
            parts = 100.0 * np.array([one.parts[name].value if name in one.parts else 0.0 for one in years])
            fill = LIMIT_COLOURS.get(name, FAINT)
            ax.bar(places, parts, 0.86, bottom=below, color=fill, label=limit_name(name), edgecolor="white")
            dark = sum(int(fill[i : i + 2], 16) for i in (1, 3, 5)) < _DARK
            for year, middle, part in zip(places, below + parts / 2.0, parts, strict=True):
                if part >= _LEAST_LABELLED:
                    ink = "white" if dark else INK
                    ax.text(year, middle, f"{part:.0f}", ha="center", va="center", fontsize="small", color=ink)
            below += parts
        ax.set_ylabel(f"{said_of(years)}\n[% of trajectories]" if years[0].quarters == 1 else f"{said_of(years)} [%]")
        _finish(ax, places, "Which limit binds, mean over trajectories")
        ax.set_axisbelow(True)
        ax.set_xlim(places[0] - 0.5, places[-1] + 0.5)
        ax.set_ylim(0.0, 100.0)
        handles, labels = ax.get_legend_handles_labels()
        ax.legend(handles[::-1], labels[::-1], loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
        return ax


def _limit_order(name: str) -> int:
    """What binds from the bottom up, nothing on top."""
    known = list(LIMIT_COLOURS)
    return known.index(name) if name in known else -1


def _event_style(name: str, number: int) -> dict[str, Any]:
    """Layers keep their colour; other events differ in colour and dashes."""
    if name.startswith(LEAD):
        layer = name.removeprefix(LEAD)
        return {"color": colour(layer), "label": layer_name(layer), "linestyle": "-"}
    dashes = ("-", "--", ":", "-.")[number % 4]
    return {"color": EVENT_COLOURS[number % len(EVENT_COLOURS)], "label": metric_name(name), "linestyle": dashes}


def yearly(forecast: Forecast, metric: str, layer: str | None) -> tuple[list[int], list[int]]:
    """Years and cells of one output."""
    layers = pick(forecast.cells.index, metric, "metric")
    name = normal_layer(layer) if layer is not None else ("" if "" in layers else None)
    if name is None:
        raise StackcastError(f"{metric}: layer: needed, allowed: {', '.join(layers)}")
    periods = pick(layers, name, f"{metric}: layer")
    numbers = {int(period): number for period, number in periods.items() if period.isdigit()}
    if not numbers:
        raise StackcastError(f"{metric}: has no yearly figures: allowed periods {', '.join(periods)}")
    return sorted(numbers), [numbers[year] for year in sorted(numbers)]


def event_names(forecast: Forecast) -> dict[str, int]:
    """Events of the run and their cells."""
    cells = forecast.cells
    found = {}
    for metric, layers in cells.index.items():
        number = next(iter(next(iter(layers.values())).values()))
        if cells.kind(number) == DATED:
            found[metric] = number
    return found


def _bar_edges(low: float, high: float, log: bool, scale: Any) -> np.ndarray:
    """Edges of the bars; where the bins are even, whole bins, so that no bar holds one bin more than its neighbour."""
    if high <= low:
        margin = 0.5 * abs(low) or 0.5
        return np.linspace(low - margin, low + margin, _BARS + 1)
    if log:
        return np.geomspace(low, high, _BARS + 1)
    if scale.kind in _EVEN and max(-low, high) <= scale.threshold:
        step = scale.width * np.ceil((high - low) / _BARS / scale.width)
        return step * np.arange(np.floor(low / step), np.ceil(high / step) + 1.0)
    return np.linspace(low, high, _BARS + 1)


def _set_scale(ax: Any, scale: str) -> None:
    known = {"linear": {}, "log": {}, "symlog": {"linthresh": 1.0}}
    ax.set_yscale(scale, **pick(known, scale, "scale"))
    if scale != "linear":
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}")  # 10^-1 as mathematics takes ten times as long
        ax.minorticks_off()


def _new_axes() -> Axes:
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=(7.0, 4.2), layout="constrained")[1]


def _finish(ax: Any, years: Sequence[int], heading: str) -> None:
    set_heading(ax, heading)
    ax.set_xlabel("year")
    first, last = min(years), max(years)
    ax.set_xlim(first, last if last > first else first + 1)
    room = max(1.0, ax.bbox.width / ax.figure.dpi / _INCHES_PER_YEAR)
    step = next(step for step in (1, 2, 4, 5, 10, 20, last - first + 1) if (last - first) / step <= room)
    ax.set_xticks(range(first + (last - first) % step, last + 1, step))
    ax.grid(True, axis="y", color=FAINT, linewidth=0.5, alpha=0.6)
    _plain(ax)


def set_heading(ax: Any, text: str) -> None:
    """Title at the left; its height is given, as looking for a free one measures every text of the axes again."""
    ax.set_title(text, loc="left", y=1.0)


def _plain(ax: Any) -> None:
    ax.spines[["top", "right"]].set_visible(False)
