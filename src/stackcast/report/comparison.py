"""Tables of a comparison of scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..forecast.html import chosen_years
from ..forecast.labels import layer_name, metric_name
from ..ledger.layers import GROUPS
from .answers import with_error
from .tables import plain_table, plain_text

if TYPE_CHECKING:
    from ..claims.comparing import Comparison, Difference

SHOWN = ("share", "gross_profit")

PAIRED = """\
Difference of the means to the first scenario, +- its Monte Carlo error. Both scenarios run on the same trajectories, so
the error is that of the difference taken trajectory by trajectory; below it, the share of the trajectories in which the
figure is larger than in the first scenario."""


def comparison_text(comparison: Comparison) -> str:
    """Shares and profits by layer and year, a table per scenario and metric."""
    known = {found.metric for found in comparison.differences}
    tables = [
        _difference_table(comparison, name, metric)
        for name in comparison.names[1:]
        for metric in SHOWN
        if metric in known
    ]
    return plain_text(comparison.caption, *tables, PAIRED)


def _difference_table(comparison: Comparison, name: str, metric: str) -> Any:
    found = [row for row in comparison.differences if (row.scenario, row.metric) == (name, metric)]
    unit = "percentage points" if found[0].unit == "1" else found[0].unit
    table = plain_table(f"{name} less {comparison.names[0]}: {metric_name(metric)}, {unit}")
    years = chosen_years(sorted({row.year for row in found}))
    table.add_column("layer", no_wrap=True)
    for year in years:
        table.add_column(str(year), justify="right", no_wrap=True)
    cells = {(row.layer, row.year): _cell(row) for row in found}
    for layer in dict.fromkeys(row.layer for row in found):
        if layer == next(iter(GROUPS)):
            table.add_section()
        label = f"= {layer_name(layer)}" if layer in GROUPS else layer_name(layer)
        table.add_row(label, *(cells[layer, year] for year in years))
    return table


def _cell(row: Difference) -> str:
    factor = 100.0 if row.unit == "1" else 1.0
    if row.difference == 0.0 and row.mcse == 0.0:
        return "same"
    return f"{with_error(factor * row.difference, factor * row.mcse)}\n({100 * row.above:.0f} % above)"
