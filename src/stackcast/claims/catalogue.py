"""Which series a claim may name, and the rows of the program they are read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..aggregate.outputs import QUARTER, YEAR_SUM, Source
from ..engine.program import Program
from ..ledger.layers import GROUPS, LAYERS

_RATIOS = {"gross_margin": ("gross_profit", "revenue")}
LEADING = {"leading_layer": "share", "leading_layer_cash": "share_cash"}
"""Series that say which layer has the largest share, one for each book."""
_WHOLE_RUN = ("cumulative_gross_profit", "discounted_gross_profit")


@dataclass(frozen=True)
class Reading:
    """How a figure is read: the sum of rows; where ``below`` is given, divided by the sum of those (0 where that is
    not positive)."""

    rows: tuple[str, ...]
    below: tuple[str, ...] = ()


@dataclass(frozen=True)
class Metric:
    """A series by layer ("" is the market): the row of its year and, where there is one, of its quarter."""

    name: str
    unit: str
    report: str
    yearly: dict[str, str] = field(default_factory=dict)
    quarterly: dict[str, str] = field(default_factory=dict)

    @property
    def layered(self) -> bool:
        """Whether it has to be followed by layers in brackets."""
        return "" not in self.yearly

    @property
    def additive(self) -> bool:
        """Whether layers may be added."""
        return self.report in ("money", "share") or self.name in _RATIOS


@dataclass(frozen=True)
class Catalogue:
    """All series and events of a program."""

    metrics: Mapping[str, Metric]
    events: Mapping[str, str]
    start: float
    quarters: int
    years: tuple[int, ...]

    @property
    def leading(self) -> Mapping[str, str]:
        """Series of the layer with the largest share, and the share they are read from."""
        return {name: share for name, share in LEADING.items() if share in self.metrics and name not in self.metrics}

    @property
    def end(self) -> float:
        """The last quarter."""
        return self.start + (self.quarters - 1) / 4

    def span(self, yearly: bool) -> str:
        """The years or quarters that the run has, in words."""
        if yearly:
            return f"{self.years[0]} to {self.years[-1]}" if self.years else "quarters: the run holds no whole year"
        first, last = round(self.start * 4), round(self.end * 4)
        return f"{first // 4}Q{first % 4 + 1} to {last // 4}Q{last % 4 + 1}"

    def reading(self, metric: Metric, layers: tuple[str, ...], yearly: bool) -> Reading | None:
        """How to read layers of a metric in a year or a quarter; None where it is not known by quarter."""
        if metric.name in _RATIOS and (len(layers) > 1 or not yearly):
            above, below = (self._rows(self.metrics[name], layers, yearly) for name in _RATIOS[metric.name])
            return None if above is None or below is None else Reading(above, below)
        rows = self._rows(metric, layers, yearly)
        return None if rows is None else Reading(rows)

    def _rows(self, metric: Metric, layers: tuple[str, ...], yearly: bool) -> tuple[str, ...] | None:
        if yearly:
            return tuple(metric.yearly[layer] for layer in layers)
        if not all(layer in metric.quarterly or _in_layers(metric, layer) for layer in layers):
            return None
        split = [(layer,) if layer in metric.quarterly else GROUPS[layer] for layer in layers]
        return tuple(metric.quarterly[member] for members in split for member in members)


def _in_layers(metric: Metric, layer: str) -> bool:
    return layer in GROUPS and all(member in metric.quarterly for member in GROUPS[layer])


def catalogue_of(program: Program) -> Catalogue:
    """The catalogue of a program; rows "quarter:..." are there when it was built with ``derive_quarters``."""
    plan = program.outputs
    metrics: dict[str, Metric] = {}
    values = [Source(s.metric, s.layer, s.unit, s.report, s.row) for s in (*plan.yearly, *plan.final)]
    for source in values:
        metric = metrics.setdefault(source.metric, Metric(source.metric, source.unit, source.report))
        metric.yearly[source.layer] = source.row
        row = _quarter_row(program, source)
        if row is not None:
            metric.quarterly[source.layer] = row
    events = {source.metric: source.row for source in plan.events}
    return Catalogue(metrics, events, program.start, program.quarters, plan.years)


def _quarter_row(program: Program, source: Source) -> str | None:
    if source.metric in _WHOLE_RUN:
        return None  # these rows change once a year
    if not source.row.startswith(YEAR_SUM):
        return source.row
    row = source.row.removeprefix(YEAR_SUM)
    if row in program.names:
        return row
    derived = source.metric not in _RATIOS and (source.layer in LAYERS or source.report in ("share", "ratio"))
    return QUARTER + row if derived else None


def needs_quarters(rows: set[str]) -> bool:
    """Whether any of these rows exists only in a program built with ``derive_quarters``."""
    return any(row.startswith(QUARTER) for row in rows)
