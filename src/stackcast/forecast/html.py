"""What a notebook shows for a forecast."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ..ledger.layers import LAYERS
from .labels import layer_name, limit_name
from .limits import by_year, has_limits, said_of

if TYPE_CHECKING:
    from .forecast import Forecast

_YEARS = 5


def as_html(forecast: Forecast) -> str:
    """Layer shares by year as a small table, and which run it is."""
    head = f"<b>{escape(forecast.caption)}</b>"
    known = forecast.cells.index.get("share", {})
    layers = [layer for layer in LAYERS if layer in known]
    if not layers:
        metrics = ", ".join(escape(metric) for metric in forecast.cells.index)
        return f"<div>{head}<br>Outputs: {metrics}</div>"
    years = chosen_years([int(period) for period in known[layers[0]] if period.isdigit()])
    header = "".join(f"<th>{year}</th>" for year in years)
    rows = "".join(
        f"<tr><th style='text-align:left'>{escape(layer_name(layer))}</th>"
        + "".join(f"<td>{_range(forecast, layer, year)}</td>" for year in years)
        + "</tr>"
        for layer in layers
    )
    note = "Share of gross profit, accrual book, %: median [5 % to 95 % of the trajectories]."
    return f"<div>{head}<table><tr><th></th>{header}</tr>{rows}</table>{note}{_limits(forecast, years)}</div>"


def _limits(forecast: Forecast, years: list[int]) -> str:
    """Which limit binds in the same years, where the run says so."""
    if not has_limits(forecast.cells):
        return ""
    known = by_year(forecast.cells)
    shown = [one for one in known if one.year in years]
    names = dict.fromkeys(name for one in shown for name in one.parts)
    header = "".join(f"<th>{one.year}</th>" for one in shown)
    rows = "".join(
        f"<tr><th style='text-align:left'>{escape(limit_name(name))}</th>"
        + "".join(f"<td>{100 * one.parts[name].value:.1f}</td>" if name in one.parts else "<td></td>" for one in shown)
        + "</tr>"
        for name in names
    )
    note = f"Which limit binds, %: {said_of(known)}, mean over trajectories."
    return f"<table><tr><th></th>{header}</tr>{rows}</table>{note}"


def chosen_years(years: list[int], most: int = _YEARS) -> list[int]:
    """A few of the years for a table: the fifth years where there are enough, the first and last otherwise."""
    wanted = [year for year in years if year in (2024, 2026, 2028, 2030, 2035)]
    if len(wanted) >= min(3, len(years)):
        return wanted[:most]
    step = max(1, -(-len(years) // most))
    return sorted({*years[::step], years[-1]})[-most:]


def _range(forecast: Forecast, layer: str, year: int) -> str:
    low, middle, high = forecast.quantile("share", layer=layer, year=year, q=[0.05, 0.5, 0.95])
    return f"{100 * middle:.1f} [{100 * low:.1f} to {100 * high:.1f}]"
