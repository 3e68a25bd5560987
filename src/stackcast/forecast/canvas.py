"""Figures of fixed layout, outside of pyplot: nothing global is touched and nothing stays open.

Margins are given in inches instead of being found by matplotlib's constrained layout, which draws every text twice:
half of the time of a run folder's pictures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .palette import INK

if TYPE_CHECKING:
    from .forecast import Forecast


class Margins(NamedTuple):
    """Space around and between the axes, in inches."""

    left: float = 0.9
    right: float = 0.2
    top: float = 0.4
    bottom: float = 0.75
    between_columns: float = 0.5
    between_rows: float = 0.55


def grid(
    rows: int, columns: int, size: tuple[float, float], margins: Margins, share_y: bool = False
) -> tuple[Any, list[Any]]:
    """A figure and its axes, row by row."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size)
    width, height = size
    across = (width - margins.left - margins.right - (columns - 1) * margins.between_columns) / columns
    down = (height - margins.top - margins.bottom - (rows - 1) * margins.between_rows) / rows
    place = {
        "left": margins.left / width,
        "right": 1.0 - margins.right / width,
        "top": 1.0 - margins.top / height,
        "bottom": margins.bottom / height,
        "wspace": margins.between_columns / across,
        "hspace": margins.between_rows / down,
    }
    axes = figure.subplots(rows, columns, squeeze=False, sharey=share_y, gridspec_kw=place)
    return figure, list(axes.ravel())


def panels(count: int, share_y: bool) -> tuple[Any, list[Any]]:
    """Small panels in two rows, below a title."""
    margins = Margins(left=1.0, top=0.75, between_columns=0.6 if share_y else 0.65)
    return grid(min(count, 2), (count + 1) // 2, (12.0, 6.0), margins, share_y)


def title(figure: Any, text: str) -> None:
    """A line over all panels."""
    figure.text(0.01, 0.985, text, ha="left", va="top", fontsize="large")


def side_label(figure: Any, text: str) -> None:
    """One label for the vertical axes of all panels."""
    figure.supylabel(text, x=0.006, ha="left", fontsize="medium")


def foot_label(figure: Any, text: str) -> None:
    """One label for the horizontal axes of all panels."""
    figure.supxlabel(text, y=0.04, fontsize="medium")


def sign(figure: Any, forecast: Forecast) -> Any:
    """Say under a picture which run it is of, so that it can be repeated; panels without data go away."""
    for ax in figure.axes:
        if not ax.has_data():
            ax.set_visible(False)
    figure.text(0.995, 0.008, forecast.caption, ha="right", va="bottom", fontsize=7, color=INK)
    return figure
