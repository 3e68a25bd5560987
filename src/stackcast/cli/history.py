"""`stackcast history`: what the record holds, rows of it, a picture of it."""

from __future__ import annotations

import math

from .asking import picture
from .running import print_json

SHOWN = ("entity", "date", "quarter", "period", "value", "unit", "published", "basis", "source")
WIDEST = 60


def history(
    series: str | None, entity: str | None, as_of: str | None, files: tuple[str, ...], plot: str | None, json: bool
) -> int:
    """Print a table of series, or the rows of one; draw the record."""
    from ..errors import StackcastError
    from ..history import observations
    from ..history.summary import summary

    target = None if plot is None else picture(plot, "--out")
    frame = observations(series=series, entity=entity, as_of=as_of, files=files)
    if frame.empty:
        given = " ".join(text for text in (series, entity, as_of) if text)
        raise StackcastError(f"history {given}: no such rows: allowed: series of `stackcast history`, a later date")
    if target is not None:
        from ..report.history import record_figure

        record_figure(frame).savefig(target, dpi=110)
    if json:
        shown = frame if series or entity else summary(frame)
        print_json([{name: _plain(cell) for name, cell in row.items()} for row in shown.to_dict("records")])
    elif series or entity:
        _print(frame[list(SHOWN)] if series else frame[["series", *SHOWN]], f"{len(frame):,} observations")
    else:
        _print(summary(frame), f"{len(frame):,} observations, the last of {frame['date'].max()}")
    return 0


def _plain(cell: object) -> object:
    """A number, a text, or nothing: dates as text, no NaN."""
    if isinstance(cell, float) and math.isnan(cell):
        return None
    return cell if isinstance(cell, int | float | str) else str(cell)


def _print(frame, title: str) -> None:
    from ..report.tables import plain_table, plain_text

    table = plain_table(title)
    for name in frame.columns:
        table.add_column(name, justify="right" if name in ("rows", "value") else "left", no_wrap=True)
    for row in frame.itertuples(index=False):
        table.add_row(*(f"{cell:,.6g}" if isinstance(cell, float) else str(cell)[:WIDEST] for cell in row))
    print(plain_text(table), end="", flush=True)
