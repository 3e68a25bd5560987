"""The pictures of a run folder."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import StackcastError
from ..ledger.layers import LAYERS
from .canvas import Margins, foot_label, grid, panels, side_label, sign, title
from .labels import layer_name
from .limits import has_limits
from .palette import INK, colour
from .plot import LEAD, Plots, event_names, set_heading, yearly

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from .forecast import Forecast

_FILE = {"dpi": 110, "pil_kwargs": {"compress_level": 1}}  # 9 % more bytes in a fifth less time than level 6
_SNAPSHOT = 2030
_SMALL = 0.16


def write_all(forecast: Forecast, folder: str | Path) -> list[str]:
    """Write every picture that the run has outputs for; returns what could not be drawn, and why.

    A picture that fails must not cost the numbers of a long run, so only a full or unwritable disk is an error here.
    """
    messages = []
    for name, draw in PICTURES.items():
        try:
            figure = draw(forecast)
        except (ValueError, TypeError, ArithmeticError, LookupError, StackcastError) as error:
            messages.append(f"figures/{name}.png not drawn: {type(error).__name__}: {error}")
            continue
        if figure is not None:
            figure.savefig(Path(folder) / f"{name}.png", **_FILE)
    return messages


def warm_up() -> None:
    """Load what the first picture would: fonts, the drawing of lines and text, the writing of a file."""
    figure, axes = grid(1, 1, (4.0, 3.0), Margins())
    axes[0].fill_between([0, 1], [0, 1])
    axes[0].plot([0, 1], label="line")
    axes[0].legend()
    figure.savefig(io.BytesIO(), format="png", **_FILE)


def share_stack(forecast: Forecast) -> Figure | None:
    """Mean shares over time."""
    if not _layers(forecast, "share"):
        return None
    figure, axes = grid(1, 1, (8.8, 4.6), Margins(right=2.1))
    Plots(forecast).share(ax=axes[0])
    return sign(figure, forecast)


def share_fans(forecast: Forecast) -> Figure | None:
    """Spread of each layer's share over time: one scale for all, but for layers too small to be seen on it."""
    layers = _layers(forecast, "share")
    if not layers:
        return None
    figure, axes = panels(len(layers), share_y=False)
    for ax, layer in zip(axes, layers, strict=False):
        _fan(forecast, "share", layer, ax, "linear")
        if ax.dataLim.y1 < _SMALL:
            ax.autoscale(axis="y")
            ax.set_ylim(bottom=0.0)
            set_heading(ax, f"{layer_name(layer)} (own scale)")
    side_label(figure, "share of gross profit [fraction]")
    foot_label(figure, "year")
    title(figure, "Share of gross profit (accrual book): median, central 50 % and 90 % of the trajectories")
    return sign(figure, forecast)


def profit_fans(forecast: Forecast) -> Figure | None:
    """Spread of each layer's gross profit over time, on one logarithmic scale."""
    layers = _layers(forecast, "gross_profit")
    if not layers:
        return None
    cells = forecast.cells
    numbers = [number for layer in layers for number in yearly(forecast, "gross_profit", layer)[1]]
    losses = min(float(cells.quantiles(number, np.array([0.05]))[0]) for number in numbers) <= 0.0
    figure, axes = panels(len(layers), share_y=True)
    for ax, layer in zip(axes, layers, strict=False):
        _fan(forecast, "gross_profit", layer, ax, "symlog" if losses else "log")
    side_label(figure, "gross profit [billion US dollars a year]")
    foot_label(figure, "year")
    note = "logarithmic, linear between -1 and 1" if losses else "logarithmic"
    title(figure, f"Gross profit (accrual book): median, central 50 % and 90 % of the trajectories; axis {note}")
    return sign(figure, forecast)


def both_books(forecast: Forecast) -> Figure | None:
    """Accrual and cash shares of one year side by side."""
    layers = [layer for layer in _layers(forecast, "share") if layer in _layers(forecast, "share_cash")]
    if not layers:
        return None
    year = _year(forecast, "share", layers[0])
    figure, axes = grid(1, 1, (8.0, 4.8), Margins(left=1.6, top=0.65))
    ax = axes[0]
    rows = np.arange(len(layers))[::-1]
    for metric, shift, marker in (("share", 0.16, "o"), ("share_cash", -0.16, "s")):
        levels = [
            forecast.quantile(metric, layer=layer, year=year, q=[0.05, 0.25, 0.5, 0.75, 0.95]) for layer in layers
        ]
        for row, layer, (p5, p25, p50, p75, p95) in zip(rows + shift, layers, levels, strict=True):
            shade, filled = colour(layer), metric == "share"
            ax.plot([p5, p95], [row, row], color=shade, linewidth=1.2)
            ax.plot([p25, p75], [row, row], color=shade, linewidth=4.5, solid_capstyle="butt")
            ax.plot(
                p50, row, marker, color=INK, markerfacecolor=INK if filled else "white", markersize=6, clip_on=False
            )
    ax.set_yticks(rows, [layer_name(layer) for layer in layers])
    ax.set_xlim(left=0.0)
    ax.set_xlabel("share of positive gross profit [fraction]")
    set_heading(ax, f"Both books, {year}: median, central 50 % (thick) and 90 % (thin)")
    ax.plot([], [], "o", color=INK, label="accrual: depreciation of plant in service")
    ax.plot([], [], "s", color=INK, markerfacecolor="white", label="cash: capital spending when paid")
    figure.legend(frameon=False, loc="upper right", ncols=2)
    ax.grid(True, axis="x", linewidth=0.5, alpha=0.5)
    ax.spines[["top", "right"]].set_visible(False)
    return sign(figure, forecast)


def events(forecast: Forecast) -> Figure | None:
    """Probabilities of the events, and of each layer having led, by year."""
    names = event_names(forecast)
    leads = [LEAD + layer for layer in LAYERS if LEAD + layer in names]
    others = [name for name in names if name not in leads]
    if not names:
        return None
    groups = [
        (heading, group)
        for heading, group in (("Events", others), ("Layers that have earned the most in some quarter", leads))
        if group
    ]
    figure, axes = grid(1, len(groups), (6.8 * len(groups), 4.2), Margins(right=2.1, between_columns=3.0))
    for ax, (heading, group) in zip(axes, groups, strict=True):
        Plots(forecast).events(group, ax=ax)
        set_heading(ax, heading)
    return sign(figure, forecast)


def limits(forecast: Forecast) -> Figure | None:
    """Which limit binds, year by year."""
    if not has_limits(forecast.cells):
        return None
    figure, axes = grid(1, 1, (9.2, 4.6), Margins(right=1.6))
    Plots(forecast).limits(ax=axes[0])
    return sign(figure, forecast)


def share_histograms(forecast: Forecast) -> Figure | None:
    """Distribution of each layer's share in one year."""
    layers = _layers(forecast, "share")
    if not layers:
        return None
    year = _year(forecast, "share", layers[0])
    figure, axes = panels(len(layers), share_y=False)
    for ax, layer in zip(axes, layers, strict=False):
        Plots(forecast).histogram("share", layer=layer, year=year, ax=ax)
        ax.set(xlabel="", ylabel="")
        set_heading(ax, layer_name(layer))
    label = "share of gross profit (accrual book) [fraction]; each panel has its own scale"
    foot_label(figure, label)
    side_label(figure, "trajectories per bar [%]")
    title(figure, f"Share of gross profit in {year}")
    return sign(figure, forecast)


PICTURES: dict[str, Callable[[Any], Any]] = {
    "share_by_layer": share_stack,
    "share_fans": share_fans,
    "gross_profit_fans": profit_fans,
    "both_books": both_books,
    "events": events,
    "limits": limits,
    "share_histograms": share_histograms,
}


def _fan(forecast: Forecast, metric: str, layer: str, ax: Any, scale: str) -> None:
    Plots(forecast).fan(metric, layer=layer, ax=ax, scale=scale)
    ax.set(xlabel="", ylabel="")


def _layers(forecast: Forecast, metric: str) -> list[str]:
    known = forecast.cells.index.get(metric, {})
    return [layer for layer in LAYERS if layer in known]


def _year(forecast: Forecast, metric: str, layer: str) -> int:
    """2030, or the last year of a shorter run."""
    years = [int(period) for period in forecast.cells.index[metric][layer] if period.isdigit()]
    return _SNAPSHOT if _SNAPSHOT in years else max(years)
