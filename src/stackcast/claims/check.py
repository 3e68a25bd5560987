"""From a tree to something that can be evaluated: names are looked up, kinds agree, every series has its dates."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from ..engine.declare import NEVER
from ..errors import ClaimError, OutsideRun
from ..forecast.labels import CATEGORIES
from ..forecast.lookup import unknown
from ..ledger.layers import GROUPS, LAYERS
from . import evaluate, scores
from .catalogue import LEADING, Catalogue, Metric
from .evaluate import Step
from .parse import LARGEST, parse
from .terms import KINDS, Claim, Columns, Kind, Term, Time
from .tree import (
    Call,
    Chain,
    Compare,
    Dated,
    Group,
    Minus,
    Moment,
    Never,
    Node,
    Not,
    Number,
    Place,
    Quarter,
    Series,
    written,
)

_OVER = ("max", "min", "sum", "mean")
_LISTS = ("first", "max", "min")
_OTHER = "other"
_CALLS = ("first", *_OVER, _OTHER)
_CATEGORIES = {**CATEGORIES, **dict.fromkeys(LEADING, LAYERS)}
_FURTHEST = 1000.0
_FIRST_YEAR, _LAST_YEAR = 1900, 2999


def check(text: str, catalogue: Catalogue, columns: Columns, paired: bool = False) -> Claim:
    """Read and check one question; what it observes is added to ``columns``. Raises ClaimError.

    ``paired`` says that there is another run, of the same series, for ``other(...)``.
    """
    tree = parse(text)
    checker = _Checker(text, catalogue, columns, paired)
    condition = None
    if tree.condition is not None:
        condition = checker.expect("truth", checker.term(tree.condition, Time()), "after |").step
    body = checker.term(tree.body, Time())
    return Claim(text, body.kind, body.step, condition, checker.compares, checker.until, body.score)


class _Checker:
    def __init__(self, text: str, catalogue: Catalogue, columns: Columns, paired: bool) -> None:
        self.text, self.catalogue, self.columns, self.paired = text, catalogue, columns, paired
        self.elsewhere = self.compares = False  # inside other(...); whether anything was
        self.until = -math.inf  # the last quarter that dates are compared with
        self.rules: dict[type, Callable] = {
            Number: self._number, Quarter: self._quarter, Never: self._never, Series: self._series, Call: self._call,
            Group: self._group, Dated: self._dated, Minus: self._minus, Not: self._not, Chain: self._chain,
            Compare: self._compare,
        }  # fmt: skip

    def term(self, node: Node, time: Time) -> Term:
        return self.rules[type(node)](node, time)

    def refuse(self, place: Place, problem: str) -> ClaimError:
        return ClaimError(self.text, place.start, place.text, problem)

    def expect(self, kind: Kind, term: Term, where: str) -> Term:
        if term.kind != kind:
            raise self.refuse(term.place, f"{KINDS[term.kind]}: allowed {where}: {KINDS[kind]}")
        return term

    def _number(self, node: Number, time: Time) -> Term:
        return self._constant(node.value, node.place)

    def _constant(self, value: float, place: Place) -> Term:
        if not abs(value) <= LARGEST:  # not a number neither
            raise self.refuse(place, f"the value is too large: allowed: numbers up to {LARGEST:g}")
        return Term("number", evaluate.constant(value), place, value)

    def _quarter(self, node: Quarter, time: Time) -> Term:
        date = node.moment.year + (node.moment.quarter - 1) / 4
        return Term("date", evaluate.constant(date), node.place)

    def _never(self, node: Never, time: Time) -> Term:
        return Term("date", evaluate.constant(NEVER), node.place)

    def _group(self, node: Group, time: Time) -> Term:
        return self.term(node.body, time)

    def _dated(self, node: Dated, time: Time) -> Term:
        moment = node.moment
        step = self._step(moment)
        inner = Time((step,), (), yearly=moment.quarter is None)
        term = self.term(node.body, inner)
        if not inner.used:
            raise self.refuse(node.place, "there is no undated series for this date")
        return term

    def _step(self, moment: Moment) -> int:
        """The quarter at whose end the figures of a moment stand."""
        quarter = 4 if moment.quarter is None else moment.quarter
        step = round((moment.year + (quarter - 1) / 4 - self.catalogue.start) * 4)
        inside = moment.year in self.catalogue.years if moment.quarter is None else 0 <= step < self.catalogue.quarters
        if not inside:
            span = self.catalogue.span(moment.quarter is None)
            raise OutsideRun(self.text, moment.place.start, moment.place.text, span)
        return step

    def _series(self, node: Series, time: Time) -> Term:
        if node.metric in self.catalogue.events:
            return self._event(node)
        if node.metric in self.catalogue.leading:
            return self._leading(node, time)
        metric = self.catalogue.metrics.get(node.metric)
        if metric is None:
            raise self.refuse(node.place, unknown(node.metric, self._names(), "series").partition(": ")[2])
        return Term("number", self._read(node, metric, self._layers(node, metric), time), node.place)

    def _leading(self, node: Series, time: Time) -> Term:
        """The number of the layer with the largest share."""
        if node.layers:
            raise self.refuse(node.layers[0], f"{node.metric} is of the market: allowed: no layers")
        metric = self.catalogue.metrics[self.catalogue.leading[node.metric]]
        shares = [self._read(node, metric, (layer,), time) for layer in LAYERS]
        return Term("number", evaluate.leading(shares), node.place)

    def _read(self, node: Series, metric: Metric, layers: tuple[str, ...], time: Time) -> Step:
        """The figure of a series, as its rows and dates say."""
        if not time.steps:
            raise self.refuse(node.place, f"{written(node)} has no date: allowed: @ 2030 or @ 2030Q3 after it")
        time.used = True
        reading = self.catalogue.reading(metric, layers, time.yearly)
        if reading is None:
            raise self.refuse(node.place, f"{written(node)} is not known by quarter: allowed: years")
        step = self._sum(reading.rows, time)
        return evaluate.ratio_where_positive(step, self._sum(reading.below, time)) if reading.below else step

    def _sum(self, rows: Sequence[str], time: Time) -> Step:
        figures = [self._figure(self.columns.take(row, time.steps), time.running) for row in rows]
        return figures[0] if len(figures) == 1 else evaluate.add(figures, ["+"] * (len(figures) - 1))

    def _figure(self, column: slice, running: bool) -> Step:
        self.compares = self.compares or self.elsewhere
        return evaluate.figure(column, running, self.elsewhere)

    def _names(self) -> list[str]:
        return [*self.catalogue.metrics, *self.catalogue.leading, *self.catalogue.events]

    def _event(self, node: Series) -> Term:
        if node.layers:
            raise self.refuse(node.layers[0], f"{node.metric} is an event: allowed: no layers")
        column = self.columns.take(self.catalogue.events[node.metric], (self.catalogue.quarters - 1,))
        return Term("date", self._figure(column, running=False), node.place)

    def _layers(self, node: Series, metric: Metric) -> tuple[str, ...]:
        if not metric.layered:
            if node.layers:
                raise self.refuse(node.layers[0], f"{node.metric} is of the market: allowed: no layers")
            return ("",)
        if not node.layers:
            raise self.refuse(node.place, f"needs a layer: allowed: {node.metric}[LAYER], {', '.join(metric.yearly)}")
        counted: set[str] = set()
        for layer in node.layers:
            if layer.text not in metric.yearly:
                raise self.refuse(layer, unknown(layer.text, metric.yearly, "layer").partition(": ")[2])
            members = set(GROUPS.get(layer.text, (layer.text,)))
            if counted & members:
                raise self.refuse(layer, f"{', '.join(sorted(counted & members))} would count twice")
            counted |= members
        if len(node.layers) > 1 and not metric.additive:
            raise self.refuse(node.layers[1], f"{node.metric} of layers cannot be added: allowed: one layer")
        return tuple(layer.text for layer in node.layers)

    def _call(self, node: Call, time: Time) -> Term:
        if node.name not in _CALLS:
            raise self.refuse(node.place, f"nothing can be called but {', '.join(_CALLS)}")
        if len(node.bodies) > 1:
            return self._listed(node, time)
        if node.name == _OTHER:
            return self._other(node, time)
        inner = self._window(node)
        body = self.term(node.bodies[0], inner)
        if not inner.used:
            hint = "a series without a date of its own, such as share[chips]"
            raise self.refuse(node.place, f"nothing in it runs over the dates: allowed: {hint}")
        if node.name == "first":
            self.expect("truth", body, "in first")
            return Term("date", evaluate.first(body.step, inner.dates), node.place)
        if node.name in ("max", "min") or body.kind == "date":
            self.expect("number", body, f"in {node.name}")
        if node.name in ("max", "min"):
            step = evaluate.largest(body.step) if node.name == "max" else evaluate.smallest(body.step)
        else:
            step = evaluate.total(body.step) if node.name == "sum" else evaluate.average(body.step, len(inner.steps))
        return Term("number", step, node.place)

    def _listed(self, node: Call, time: Time) -> Term:
        """The earliest of several dates, the largest or smallest of several numbers."""
        if node.name not in _LISTS:
            raise self.refuse(node.place, f"takes one expression: allowed: a list in {', '.join(_LISTS)}")
        if node.over is not None:
            raise self.refuse(node.over[0].place, "a list has no dates of its own: allowed: one expression")
        kind: Kind = "date" if node.name == "first" else "number"
        steps = [self.expect(kind, self.term(body, time), f"in a list in {node.name}").step for body in node.bodies]
        return Term(kind, evaluate.of_list(node.name, steps), node.place)

    def _other(self, node: Call, time: Time) -> Term:
        """An expression of which all series are those of the other run."""
        if not self.paired:
            raise self.refuse(node.place, "there is no other run: allowed: where one is named (against)")
        if node.over is not None:
            raise self.refuse(node.over[0].place, "other does not run over dates: allowed: no dates")
        if self.elsewhere:
            raise self.refuse(node.place, "is within other already")
        self.compares, self.elsewhere = False, True
        body = self.term(node.bodies[0], time)
        if not self.compares:
            raise self.refuse(node.place, "nothing in it is of a run: allowed: a series or an event")
        self.compares, self.elsewhere = True, False
        return Term(body.kind, body.step, node.place)

    def _window(self, node: Call) -> Time:
        if node.over is None:
            if node.name in _OVER:
                raise self.refuse(node.place, f"needs dates: allowed: {node.name}(... over 2026..2030)")
            steps = tuple(range(self.catalogue.quarters))
            return Time(steps, self._dates(steps), yearly=False, running=True)
        first, last = node.over
        if (first.quarter is None) != (last.quarter is None):
            raise self.refuse(last.place, "allowed: two years or two quarters")
        yearly = first.quarter is None
        low, high = self._step(first), self._step(last)
        if low > high:
            raise self.refuse(last.place, f"before {first.place.text}: allowed: the earlier date first")
        steps = tuple(range(low, high + 1, 4 if yearly else 1))
        # The date of a year is its beginning, the figure stands at its end.
        return Time(steps, self._dates(tuple(s - 3 for s in steps) if yearly else steps), yearly, running=True)

    def _dates(self, steps: tuple[int, ...]) -> tuple[float, ...]:
        return tuple(self.catalogue.start + step / 4 for step in steps)

    def _minus(self, node: Minus, time: Time) -> Term:
        body = self.expect("number", self.term(node.body, time), "after -")
        if body.constant is not None:
            return self._constant(-body.constant, node.place)
        return Term("number", evaluate.negative(body.step), node.place)

    def _not(self, node: Not, time: Time) -> Term:
        body = self.expect("truth", self.term(node.body, time), "after not")
        return Term("truth", evaluate.opposite(body.step), node.place, score=scores.opposite(body.score))

    def _chain(self, node: Chain, time: Time) -> Term:
        operator = node.operators[0].text
        terms = [self.term(operand, time) for operand in node.operands]
        if operator in ("and", "or"):
            parts = [self.expect("truth", term, f"beside {operator}") for term in terms]
            combine = evaluate.every if operator == "and" else evaluate.some
            score = scores.Joined(tuple(part.score for part in parts), operator == "and")
            return Term("truth", combine([part.step for part in parts]), node.place, score=score)
        if operator in ("+", "-") and any(term.kind == "date" for term in terms):
            return self._shifted(node, terms)
        for term in terms:
            self.expect("number", term, f"beside {operator}")
        return self._arithmetic(node, terms)

    def _arithmetic(self, node: Chain, terms: Sequence[Term]) -> Term:
        signs = [operator.text for operator in node.operators]
        value = terms[0].constant
        for operator, term in zip(node.operators, terms[1:], strict=True):
            if operator.text == "/" and term.constant == 0.0:
                raise self.refuse(term.place, "division by zero")
            value = self._folded(operator, value, term.constant)
        if value is not None:
            return self._constant(value, node.place)
        combine = evaluate.multiply if signs[0] in "*/" else evaluate.add
        return Term("number", combine([term.step for term in terms], signs), node.place)

    def _folded(self, operator: Place, left: float | None, right: float | None) -> float | None:
        """The value of two constants; Python's floats and NumPy's agree on these four operations."""
        if left is None or right is None:
            return None
        results = {"+": left + right, "-": left - right, "*": left * right}
        value = left / right if operator.text == "/" else results[operator.text]
        return self._constant(value, operator).constant

    def _shifted(self, node: Chain, terms: Sequence[Term]) -> Term:
        """A date plus or minus a fixed number of years."""
        date, shift = self.expect("date", terms[0], "first beside a date"), 0.0
        for operator, term in zip(node.operators, terms[1:], strict=True):
            if term.constant is None or abs(term.constant) > _FURTHEST:
                allowed = f"allowed: a date and a fixed number of years up to {_FURTHEST:g}"
                raise self.refuse(term.place, allowed)
            shift += term.constant if operator.text == "+" else -term.constant
        return Term("date", evaluate.later(date.step, shift), node.place, shift=date.shift + shift)

    def _compare(self, node: Compare, time: Time) -> Term:
        left, right = self._sides(node, time)
        operator = node.operator.text
        if "truth" in (left.kind, right.kind):
            raise self.refuse(node.operator, "compares conditions: allowed: numbers or dates on both sides")
        if left.kind == right.kind == "date":
            self._decide(operator, node, left, right)
            score = scores.of_dates(operator, left.step, right.step, self._end())
            return Term("truth", evaluate.compare_dates(operator, left.step, right.step), node.place, score=score)
        if right.kind == "date":
            left, right, operator = right, left, evaluate.MIRRORED[operator]
        if left.kind == "date":
            year = self._year(right)
            self._reach(operator, year - left.shift, year + 0.75 - left.shift)
            step = evaluate.compare_year(operator, left.step, year)
            score = scores.of_year(operator, left.step, year, self._end())
            return Term("truth", step, node.place, score=score)
        score = scores.of_numbers(operator, left.step, right.step)
        return Term("truth", evaluate.compare(operator, left.step, right.step), node.place, score=score)

    def _end(self) -> float:
        """The date at which the run ends."""
        return self.catalogue.start + self.catalogue.quarters / 4

    def _decide(self, operator: str, node: Compare, left: Term, right: Term) -> None:
        """Note how far a run must reach for a date to be compared with a quarter."""
        for side, date, seen in ((node.right, left, operator), (node.left, right, evaluate.MIRRORED[operator])):
            bound = _bare(side)
            if isinstance(bound, Quarter):
                quarter = bound.moment.year + (bound.moment.quarter - 1) / 4 - date.shift
                self._reach(seen, quarter, quarter)

    def _reach(self, operator: str, first: float, last: float) -> None:
        """A date is told from the quarters ``first`` to ``last`` by what happens before them, or to their end."""
        self.until = max(self.until, first - 0.25 if operator in ("<", ">=") else last)

    def _year(self, term: Term) -> float:
        value = term.constant
        if value is None or value != math.floor(value) or not _FIRST_YEAR <= value <= _LAST_YEAR:
            raise self.refuse(term.place, "beside a date: allowed: a year (2028), a quarter (2028Q3), never, or a date")
        return value

    def _sides(self, node: Compare, time: Time) -> tuple[Term, Term]:
        """Both sides; the bare name of a category beside its series stands for its number."""
        sides = node.left, node.right
        terms = []
        for side, other in (sides, sides[::-1]):
            number = self._category(side, other)
            terms.append(self.term(side, time) if number is None else self._constant(number, side.place))
        return terms[0], terms[1]

    def _category(self, side: Node, other: Node) -> float | None:
        other = _bare(other)
        if not (isinstance(side, Series) and isinstance(other, Series) and not side.layers):
            return None
        names = _CATEGORIES.get(other.metric, ())
        if not names or side.metric in self._names():
            return None
        if side.metric not in names:
            raise self.refuse(side.place, unknown(side.metric, names, other.metric).partition(": ")[2])
        return float(names.index(side.metric))


def _bare(node: Node) -> Node:
    """What is left without date, parentheses and other(...)."""
    while isinstance(node, Dated | Group) or (isinstance(node, Call) and node.name == _OTHER):
        node = node.bodies[0] if isinstance(node, Call) else node.body
    return node
