"""The picture of a comparison: mean differences by layer, year after year."""

from __future__ import annotations

from typing import Any

from ..errors import StackcastError
from ..ledger.layers import LAYERS
from .canvas import Margins, grid, title
from .labels import layer_name, metric_name, unit_name
from .palette import FAINT, INK, colour, deep

_ERRORS = 2.0


def figure(comparison: Any, metric: str = "share") -> Any:
    """A panel per scenario; lines are mean differences to the first, bands twice their Monte Carlo error."""
    known = [found for found in comparison.differences if found.metric == metric and found.layer in LAYERS]
    if not known:
        allowed = ", ".join(dict.fromkeys(found.metric for found in comparison.differences))
        raise StackcastError(f"metric = {metric}: not compared: allowed: {allowed}")
    others = comparison.names[1:]
    margins = Margins(left=1.0, right=2.0, top=0.95, bottom=0.75, between_rows=0.6)
    drawn, axes = grid(len(others), 1, (9.0, 1.7 + 3.6 * len(others)), margins)
    for ax, name in zip(axes, others, strict=True):
        _panel(ax, [found for found in known if found.scenario == name])
        ax.set_title(name, loc="left", fontsize="medium")
    scale = "percentage points" if known[0].unit == "1" else unit_name(known[0].unit)
    for ax in axes:
        ax.set_ylabel(scale)
    axes[0].legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize="small")
    title(drawn, f"Mean difference to {comparison.names[0]}: {metric_name(metric)} (band: 2 Monte Carlo errors)")
    drawn.text(0.995, 0.008, comparison.caption, ha="right", va="bottom", fontsize=7, color=INK)
    return drawn


def _panel(ax: Any, found: list[Any]) -> None:
    factor = 100.0 if found[0].unit == "1" else 1.0
    ax.axhline(0.0, color=FAINT, linewidth=0.8)
    for layer in LAYERS:
        rows = sorted((row for row in found if row.layer == layer), key=lambda row: row.year)
        years = [row.year for row in rows]
        low = [factor * (row.difference - _ERRORS * row.mcse) for row in rows]
        high = [factor * (row.difference + _ERRORS * row.mcse) for row in rows]
        ax.fill_between(years, low, high, color=colour(layer), alpha=0.4, linewidth=0)
        middle = [factor * row.difference for row in rows]
        ax.plot(years, middle, color=deep(layer), marker=".", label=layer_name(layer))
