"""A checked list of mechanisms becomes a program: rows are handed out, loops bound to them, outputs chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from stackcast.aggregate import derived
from stackcast.aggregate.outputs import (
    QUARTER,
    YEAR_SUM,
    OutputPlan,
    Source,
    derived_sources,
    reported_rows,
    value_sources,
)
from stackcast.engine.declare import CLOCK, LAST, Loop, Mechanism, Row, record_rows
from stackcast.engine.draws import DrawPlan, check_streams
from stackcast.engine.lanes import BoundLoop
from stackcast.engine.order import check
from stackcast.engine.program import AHEAD, Program, odd_row, quarter_name, shocks_of, unseen
from stackcast.errors import ModelError
from stackcast.ledger.layers import GROUPS, LAYERS


class _Rows:
    """Hands out row numbers by name."""

    def __init__(self) -> None:
        self.names: dict[str, int] = {}

    def add(self, name: str) -> int:
        return self.names.setdefault(name, len(self.names))

    def __getitem__(self, name: str) -> int:
        return self.names[name]


def build(scenario, derive_quarters: bool = False) -> Program:
    """The program of a scenario (anything with its attributes). Raises ModelError, which names its file.

    ``derive_quarters`` computes shares and concentration by quarter, whether they are reported or not.
    """
    try:
        return assemble(
            scenario.mechanisms,
            scenario.plan,
            start=scenario.start,
            quarters=scenario.quarters,
            switched_off=scenario.switched_off,
            quarterly=scenario.outputs.quarterly,
            discount_rate=scenario.discount_rate,
            derive_quarters=derive_quarters,
        )
    except ModelError as problem:
        path = getattr(scenario, "path", None)
        raise (ModelError(f"{path}: {problem}") if path else problem) from None


def assemble(
    mechanisms: Sequence[Mechanism],
    plan: DrawPlan,
    start: float = 2023.0,
    quarters: int = 52,
    switched_off: Sequence[Mechanism] = (),
    held: Mapping[str, float] | None = None,
    quarterly: Iterable[str] = (),
    discount_rate: float = 0.10,
    derive_quarters: bool = False,
) -> Program:
    """Check mechanisms and lay out their rows.

    ``switched_off`` mechanisms hold their rows at the neutral value they declare; ``held`` adds rows kept
    at a constant; ``quarterly`` lists metrics reported by quarter as well; ``derive_quarters`` computes the
    quarters' shares even where none is reported. Raises ModelError.
    """
    priors = [prior.name for prior in plan.priors]
    kept = _held_rows(mechanisms, switched_off, dict(held or {}), set(priors))
    complete = _with_leaders(mechanisms)
    also_read = {name.removeprefix(LAST) for m in switched_off for loop in m.loops for name in loop.inputs}
    check(complete, kept, also_read, priors)
    shocks = shocks_of(complete)
    check_streams([*(f"shock:{name}" for name in shocks), *{prior.stream for prior in plan.priors}])
    layout = _Layout(complete, plan, start, quarters, kept, quarterly, discount_rate, shocks)
    layout.derive_quarters = derive_quarters
    program = layout.program()
    _ = program.passes  # compiled now, so that a body the compiler refuses is an error of the scenario
    return program


def _held_rows(mechanisms: Sequence[Mechanism], switched_off: Sequence[Mechanism], held: dict, priors: set) -> dict:
    # A row that is only amended (read and written) still needs somebody to start it.
    written = {row for mechanism in mechanisms for row in mechanism.writes if row not in mechanism.reads}
    for mechanism in switched_off:
        for row in mechanism.writes:
            value = mechanism.neutral.get(row, mechanism.carries.get(row))
            if row not in written and value is not None:
                if isinstance(value, str) and value not in priors:
                    raise ModelError(
                        f"mechanism {mechanism.name!r} is off and holds {row!r} at prior {value!r}, "
                        "which the scenario does not have"
                    )
                held.setdefault(row, value)
    return held


def _layered(rows: Mapping[str, Row]) -> bool:
    """Whether all four money rows of all layers are written as reported flows."""
    found = [rows.get(name) for name in derived.LAYER_ROWS]
    return all(row is not None and row.kind == "flow" and row.report is not None for row in found)


def quarterly_metrics(mechanisms: Sequence[Mechanism]) -> set[str]:
    """Metrics that may be reported by quarter: everything but events."""
    rows = {name: row for mechanism in mechanisms for name, row in mechanism.writes.items()}
    sources = [source for source in reported_rows(rows) if source.report != "event"]
    sources += derived_sources(QUARTER, margins=False) if _layered(rows) else []
    return {source.metric for source in sources}


def _with_leaders(mechanisms: Sequence[Mechanism]) -> tuple[Mechanism, ...]:
    rows = {name: row for mechanism in mechanisms for name, row in mechanism.writes.items()}
    return (*mechanisms, derived.LEADERS) if _layered(rows) else tuple(mechanisms)


def _leading_to(rows: set[str], loops: Sequence[Loop]) -> list[Loop]:
    """Those of some loops in order that these rows need."""
    needed, found = set(rows), []
    for loop in reversed(loops):
        if needed & set(loop.writes):
            needed |= set(loop.inputs)
            found.append(loop)
    return found[::-1]


class _Layout:
    """Assigns rows and binds loops to them; used once."""

    def __init__(self, mechanisms, plan, start, quarters, held, quarterly, discount_rate, shocks) -> None:
        self.mechanisms, self.plan, self.held = mechanisms, plan, held
        self.start, self.quarters, self.discount_rate = start, quarters, discount_rate
        self.shocks, self.quarterly_metrics = shocks, tuple(quarterly)
        self.derive_quarters = False
        self.rows = _Rows()
        self.lags: dict[str, int] = {}
        self.declared: dict[str, Row] = {}
        self.done: set[str] = set()

    def program(self) -> Program:
        series = dict.fromkeys(series for mechanism in self.mechanisms for series in mechanism.observes)
        observed = [row for name in series for row in record_rows(name)]
        names = (prior.name for prior in self.plan.priors)
        for name in (*names, *CLOCK, *observed, *self.shocks, *map(odd_row, self.shocks)):
            self.rows.add(name)
        if self.plan.sampling.even:
            for name, kind in self.shocks.items():
                if kind == "normal":
                    self.rows.add(AHEAD + name)
        for row in self.held:
            self.rows.add(row)
        for mechanism in self.mechanisms:
            for name, row in mechanism.writes.items():
                self.rows.add(name)
                self.declared.setdefault(name, row)
        start_loops, loops = self._bind_mechanisms()
        outputs, year_loops, more, sums = self._outputs()
        constants, copies = self._starts()
        return Program(
            mechanisms=tuple(self.mechanisms), plan=self.plan, start=self.start, quarters=self.quarters,
            discount_rate=self.discount_rate, loops=(*loops, *more), start_loops=tuple(start_loops),
            year_loops=tuple(year_loops), constants=tuple(constants), copies=tuple(copies),
            lags=tuple((self.rows[row], lag) for row, lag in self.lags.items()), sums=tuple(sums),
            shocks=self.shocks, outputs=outputs, names=self.rows.names,
            units={name: row.unit for name, row in self.declared.items()},
            record={name: unseen(self.quarters) for name in series},
        )  # fmt: skip

    def _bind_mechanisms(self) -> tuple[list[BoundLoop], list[BoundLoop]]:
        start_loops: list[BoundLoop] = []
        loops: list[BoundLoop] = []
        for mechanism in self.mechanisms:
            for loop in mechanism.loops:
                bound = self._bind(mechanism, loop)
                (start_loops if loop.when == "start" else loops).append(bound)
                if loop.when == "quarter":
                    self.done |= set(loop.writes)
        return start_loops, loops

    def _bind(self, mechanism: Mechanism, loop: Loop) -> BoundLoop:
        written = tuple(self.rows.add(name) for name in loop.writes)
        even = [self._row_of(name) for name in loop.inputs]
        odd = [self._row_of(odd_row(name) if name in self.shocks else name) for name in loop.inputs]
        reads = tuple(zip(even, odd, strict=True))
        return BoundLoop(mechanism.name, loop.label, loop.body, reads, written, mechanism.cached)

    def _row_of(self, name: str) -> int:
        if name in self.rows.names or not name.startswith(LAST):
            return self.rows[name]
        row = name.removeprefix(LAST)
        if row not in self.done:
            return self.rows[row]  # not yet written this quarter: the row still holds last quarter's value
        return self.lags.setdefault(row, self.rows.add(name))

    def _starts(self) -> tuple[list, list]:
        """Constants and copies that set up the rows before the first quarter."""
        begin = dict(self.held)
        for mechanism in self.mechanisms:
            begin.update({row: value for row, value in mechanism.carries.items() if value is not None})
        constants = [(self.rows[row], float(v)) for row, v in begin.items() if not isinstance(v, str)]
        copies = [(self.rows[value], self.rows[row]) for row, value in begin.items() if isinstance(value, str)]
        return constants, copies

    def _outputs(self) -> tuple[OutputPlan, list[BoundLoop], list[BoundLoop], list]:
        reported = reported_rows(self.declared)
        events = [source for source in reported if source.report == "event"]
        values = [source for source in reported if source.report != "event"]
        yearly, sums = self._year_sums(values)
        year_loops, final, more = [], [], []
        quarterly_known = list(values)
        if _layered(self.declared):
            year_loops, extra = self._layer_outputs()
            yearly += extra
            final = value_sources()
            quarterly_known += derived_sources(QUARTER, margins=False)
        quarterly, more = self._quarterly(quarterly_known)
        plan = OutputPlan(
            tuple(yearly), tuple(quarterly), tuple(final), tuple(events), self._years(),
            tuple(quarter_name(self.start, step) for step in range(self.quarters)),
        )  # fmt: skip
        return plan, year_loops, more, sums

    def _years(self) -> tuple[int, ...]:
        """Years that lie wholly inside the run."""
        first, last = round(self.start * 4), round(self.start * 4) + self.quarters
        return tuple(range(-(-first // 4), last // 4))

    def _year_sums(self, values: list[Source]) -> tuple[list[Source], list[tuple[int, int]]]:
        yearly, sums = [], []
        for source in values:
            row = source.row
            if source.flow:
                row = YEAR_SUM + source.row
                sums.append((self.rows[source.row], self.rows.add(row)))
            yearly.append(Source(source.metric, source.layer, source.unit, source.report, row))
        return yearly, sums

    def _layer_outputs(self) -> tuple[list[BoundLoop], list[Source]]:
        def row(metric: str, who: str) -> str:
            return f"{YEAR_SUM}{metric}_{who}"

        loops: list[Loop] = []
        for metric in derived.MONEY_METRICS:
            loops += derived.group_loops(metric, row)
        loops += derived.share_loops(row, lambda name: YEAR_SUM + name)
        loops += derived.margin_loops(row) + derived.value_loops(row)
        found = [
            Source(metric, group, "USD_bn", "money", row(metric, group))
            for metric in derived.MONEY_METRICS
            for group in GROUPS
        ]
        for name in (f"{metric}_{who}" for metric in ("cumulative_gross_profit", "discounted_gross_profit")
                     for who in (*LAYERS, *GROUPS)):  # fmt: skip
            self.held[name] = 0.0
            self.rows.add(name)
        return self._bind_derived(loops), found + derived_sources(YEAR_SUM, margins=True)

    def _bind_derived(self, loops: list[Loop]) -> list[BoundLoop]:
        owner = Mechanism("yearly figures", "figures derived from rows", (), {})
        bound = []
        for loop in loops:
            for name in loop.writes:
                self.rows.add(name)
            bound.append(self._bind(owner, loop))
        return bound

    def _quarterly(self, known: list[Source]) -> tuple[list[Source], list[BoundLoop]]:
        chosen = []
        names = {source.metric for source in known}
        for metric in self.quarterly_metrics:
            if metric not in names:
                raise ModelError(f"outputs.quarterly: {metric!r}: allowed are {', '.join(sorted(names))}")
            chosen += [source for source in known if source.metric == metric]
        loops = derived.share_loops(
            lambda metric, who: f"{metric}_{who}" if metric in derived.MONEY_METRICS else f"{QUARTER}{metric}_{who}",
            lambda name: QUARTER + name,
        )
        if not (self.derive_quarters and _layered(self.declared)):
            loops = _leading_to({source.row for source in chosen}, loops)
        return chosen, self._bind_derived(loops)
