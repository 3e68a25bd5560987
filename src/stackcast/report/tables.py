"""Tables for the terminal. Each function returns text; nothing is printed and nothing is simulated."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..errors import StackcastError
from ..forecast.html import chosen_years
from ..forecast.labels import layer_name, limit_name, metric_name
from ..forecast.limits import by_year, has_limits, said_of
from ..ledger.layers import GROUPS, LAYERS
from .answers import with_error
from .bands import standings
from .text import BOOKS, LIMITS_ERROR, MONTE_CARLO_ERROR, VARIANCE, cut_text, drawn_text
from .variance import assumption_shares

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

    from ..forecast import Forecast

WIDTH = 118
_WIDEST = 400
FORMATS = ("table", "csv", "json")
_SHOWN = ("mean", "sd", "p5", "p50", "p95", "min", "max")
MARK = "!"
_LEAST_PERCENT = 0.001


def show(
    forecast: Forecast,
    metric: str | None = None,
    layer: str | None = None,
    year: int | str | None = None,
    grouped: bool = False,
    format: str = "table",
) -> str:
    """Outputs of a run as a table for reading, or in full as CSV or JSON."""
    if format not in FORMATS:
        raise StackcastError(f"format = {format}: allowed {', '.join(FORMATS)}")
    frame = forecast.to_frame(metric=metric, layer=layer, period=year)
    if layer is None:
        frame = _of_level(frame, grouped)
    if format == "csv":
        return frame.to_csv(index=False)
    if format == "json":
        return json.dumps(_records(frame), indent=1)
    if metric is None and layer is None and year is None:
        return layer_table(forecast, grouped=grouped)
    return plain_text(_statistics_table(frame))


def layer_table(forecast: Forecast, grouped: bool | None = None) -> str:
    """Shares of gross profit by layer and year in both books, losses beside them; None shows layers and groups."""
    names = {None: (*LAYERS, *GROUPS), False: LAYERS, True: tuple(GROUPS)}[grouped]
    parts: list[Any] = [_headline(forecast)]
    tables = [_share_table(forecast, metric, names) for metric in ("share", "share_cash")]
    parts += [table for table in tables if table is not None]
    if len(parts) == 1:
        return plain_text(*parts, _market_table(forecast), MONTE_CARLO_ERROR)
    return plain_text(*parts, BOOKS, "", MONTE_CARLO_ERROR)


def limits_table(forecast: Forecast) -> str:
    """Which limit binds by year, with errors; empty where the run does not say."""
    if not has_limits(forecast.cells):
        return ""
    years = by_year(forecast.cells)
    names = list(dict.fromkeys(name for one in years for name in one.parts))
    table = plain_table(f"Which limit binds [%]: {said_of(years)}, mean +- error")
    for heading in ("year", *map(limit_name, names)):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in years:
        cells = (with_error(100.0 * p.value, 100.0 * p.mcse) if p else "" for p in map(one.parts.get, names))
        table.add_row(str(one.year), *cells)
    return plain_text(table, LIMITS_ERROR) if years[0].quarters > 1 else plain_text(table)


def band_table(forecast: Forecast) -> str:
    """Published ranges and where this run stands."""
    table = plain_table("Plausibility: published forecasts and where this run stands (nothing is fitted to them)")
    for heading in ("", "quantity", "published", "this run", "inside"):
        table.add_column(heading, overflow="fold")
    for band, standing in standings(forecast):
        inside = {True: "yes", False: "no", None: "-"}[standing.inside]
        table.add_row(band.id, band.quantity, f"{band.published}\n{band.source}", standing.text, inside)
    return plain_text(table)


def assumption_table(forecast: Forecast, year: int = 2030) -> str:
    """Share of the variance of every layer's share that comes from priors marked as assumptions."""
    rows = assumption_shares(forecast, year)
    count = len(forecast.sampled)
    if not rows:
        return f"Variance from assumptions: cannot be told from {count:,} sampled trajectories for {year}.\n"
    table = plain_table(
        f"Variance of each layer's {year} share by where the priors come from [%], {count:,} trajectories"
    )
    for heading in ("layer", "priors marked assumption", "priors with a source", "shocks, events, interactions"):
        table.add_column(heading, justify="left" if heading == "layer" else "right")
    for row in rows:
        pairs = ((row.assumption, row.assumption_error), (row.sourced, row.sourced_error))
        parts = [f"{100 * max(value, 0.0):.1f} +- {100 * error:.1f}" for value, error in pairs]
        table.add_row(layer_name(row.layer), *parts, f"{100 * min(row.rest, 1.0):.1f}")
    return plain_text(table, VARIANCE)


def full_report(forecast: Forecast) -> str:
    """Everything that is printed after a run."""
    parts = [layer_table(forecast), limits_table(forecast), band_table(forecast), assumption_table(forecast)]
    return "\n".join(filter(None, parts))


def _headline(forecast: Forecast) -> str:
    manifest = forecast.manifest
    line = (
        f"{forecast.name}: {forecast.n:,} trajectories, seed {manifest['seed']}, "
        f"scenario {manifest['scenario']['hash']}, digest {forecast.digest()[:16]}"
    )
    return "\n".join([line, *_drawn(forecast), cut_text(forecast.cut_feedbacks)]).rstrip()


def _drawn(forecast: Forecast) -> list[str]:
    """How trajectories were drawn and where errors come from, if they are not independent."""
    cells = forecast.cells
    if math.isinf(cells.degrees):
        return []
    return [drawn_text(forecast.manifest["sampling"], int(cells.degrees), pairs=cells.pairs is not None).rstrip()]


def _share_table(forecast: Forecast, metric: str, names: Sequence[str]) -> Table | None:
    known = forecast.cells.index.get(metric, {})
    names = [name for name in names if name in known]
    if not names:
        return None
    years = chosen_years([int(period) for period in known[names[0]] if period.isdigit()])
    with_mean = metric == "share"
    below = "; below it mean +- error" if with_mean else ""
    table = plain_table(f"{metric_name(metric).capitalize()} [%]: median, [5 % - 95 %] of trajectories{below}")
    table.add_column("layer", no_wrap=True)
    for year in years:
        table.add_column(str(year), justify="right", no_wrap=True)
    for name in names:
        if name in GROUPS and not set(names[: names.index(name)]) & set(GROUPS):
            table.add_section()
        label = f"= {layer_name(name)}" if name in GROUPS else layer_name(name)
        table.add_row(label, *(_share_cell(forecast, metric, name, year, with_mean) for year in years))
    if with_mean and "loss_ratio" in forecast.cells.index:
        table.add_section()
        table.add_row("loss ratio", *(_share_cell(forecast, "loss_ratio", "", year, True) for year in years))
    return table


def _share_cell(forecast: Forecast, metric: str, layer: str, year: int, with_mean: bool) -> str:
    number = forecast.cells.index[metric][layer][str(year)]
    found = {s.name: s for s in forecast.cells.statistics(number)}
    low, middle, high = (_percent(found[name].value) for name in ("p5", "p50", "p95"))
    text = f"{middle} [{low} - {high}]"
    if not with_mean:
        return text
    return f"{text}\n{_mean(found['mean'])}"


def _mean(mean: Any) -> str:
    """Mean and error in percent, to the first digit of the error."""
    value, error, mark = 100.0 * mean.value, 100.0 * mean.mcse, MARK if mean.tail_flag else ""
    if max(abs(value), error) < _LEAST_PERCENT:
        return f"under {_LEAST_PERCENT}{mark}"
    digits = min(max(-math.floor(math.log10(error)), 1), 6) if error > 0.0 else 1
    return f"{value:.{digits}f} +- {error:.{digits}f}{mark}"


def _percent(fraction: float) -> str:
    """Two digits or one decimal: more would be read as more than it is."""
    return f"{100 * fraction:.0f}" if abs(fraction) >= 0.0995 else f"{100 * fraction:.1f}"


def _market_table(forecast: Forecast) -> Table:
    """The last period of every output: what a run without layers has to show."""
    frame = forecast.to_frame()
    last = frame.groupby(["metric", "layer"], sort=False)["period"].transform("last")
    return _statistics_table(frame[frame["period"] == last])


def _statistics_table(frame: pd.DataFrame) -> Table:
    table = plain_table(None)
    labels = [key for key in ("metric", "layer", "period", "unit") if (frame[key] != "").any()]
    for label in labels:
        table.add_column(label, no_wrap=True)
    shown = [name for name in _SHOWN if name in set(frame["statistic"])]
    for name in shown:
        table.add_column(name, justify="right", no_wrap=True)
        if name == "mean":
            table.add_column("+- error", justify="right", no_wrap=True)
    for _, part in frame.groupby(["metric", "layer", "period"], sort=False):
        found = {row.statistic: row for row in part.itertuples()}
        cells = [text for name in shown for text in _number_cells(found.get(name), name)]
        table.add_row(*(part[label].iloc[0] for label in labels), *cells)
    return table


def _number_cells(row: Any, name: str) -> list[str]:
    """The number, and for a mean its error."""
    if row is None:
        return ["", ""] if name == "mean" else [""]
    if name == "mean":
        return [f"{row.value:.4g}", f"{row.mcse:.1g}{MARK if row.tail_flag else ''}"]
    if row.period == "event":
        return ["never" if row.value == float("inf") else f"{row.value:.2f}"]
    return [f"{row.value:.4g}"]


def _of_level(frame: pd.DataFrame, grouped: bool) -> pd.DataFrame:
    """Groups instead of layers, or the other way round; market outputs belong to both."""
    dropped = LAYERS if grouped else tuple(GROUPS)
    return frame[~frame["layer"].isin(dropped)]


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON can hold them: no NaN, and no infinite date."""
    finite = frame.astype(object).where(frame.notna() & (frame != float("inf")), None)
    return finite.to_dict(orient="records")


def plain_table(title: str | None) -> Table:
    from rich import box
    from rich.table import Table

    return Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)


def plain_text(*parts: Any) -> str:
    """Lay tables and paragraphs out as plain text; a table of numbers is never squeezed."""
    from rich.console import Console
    from rich.measure import Measurement

    def console(width: int) -> Console:
        return Console(file=io.StringIO(), width=width, color_system=None, force_terminal=False, legacy_windows=False)

    rigid = [p for p in parts if not isinstance(p, str) and all(column.no_wrap for column in p.columns)]
    wide = console(_WIDEST)
    widths = [Measurement.get(wide, wide.options, table).maximum for table in rigid]
    page = console(max([WIDTH, *widths]))
    for part in parts:
        page.print(part, highlight=False, markup=False, soft_wrap=isinstance(part, str))
    return "\n".join(line.rstrip() for line in page.file.getvalue().splitlines()).rstrip() + "\n"  # type: ignore[attr-defined]
