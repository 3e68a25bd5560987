"""The picture of a comparison: mean differences by layer, year after year."""

from __future__ import annotations

from typing import Any

from ..errors import StackcastError
from ..ledger.layers import LAYERS
from .canvas import Margins, grid, title
from .labels import layer_name, metric_name, unit_name
from .palette import FAINT, INK, colour, deep

_ERRORS = 2.0
_BOTH = ("share", "gross_profit")


def figure(comparison: Any, metric: str | None = None) -> Any:
    """A row of panels per scenario; lines are mean differences to the first, bands twice their Monte Carlo error.

    Without a metric, shares stand on the left and profits on the right.
    """
    wanted = _BOTH if metric is None else (metric,)
    known = [found for found in comparison.differences if found.metric in wanted and found.layer in LAYERS]
    metrics = [one for one in wanted if any(found.metric == one for found in known)]
    if not known:
        allowed = ", ".join(dict.fromkeys(found.metric for found in comparison.differences))
        raise StackcastError(f"metric = {metric}: not compared: allowed: {allowed}")
    others = comparison.names[1:]
    margins = Margins(left=0.9, right=2.0, top=0.75, bottom=0.75, between_rows=0.6, between_columns=0.9)
    drawn, axes = grid(len(others), len(metrics), (4.2 + 4.6 * len(metrics), 1.7 + 3.6 * len(others)), margins)
    pairs = [(name, one) for name in others for one in metrics]
    for ax, (name, one) in zip(axes, pairs, strict=True):
        found = [row for row in known if (row.scenario, row.metric) == (name, one)]
        _panel(ax, found)
        ax.set_title(f"{name}: {metric_name(one)}", loc="left", fontsize="medium")
        ax.set_ylabel("percentage points" if found[0].unit == "1" else unit_name(found[0].unit))
    axes[len(metrics) - 1].legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize="small")
    title(drawn, f"Mean difference to {comparison.names[0]} (band: 2 Monte Carlo errors)")
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
