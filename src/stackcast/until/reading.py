"""From text such as "se(share[chips] @ 2030) <= 0.0005" to a target, by the grammar of claims."""

from __future__ import annotations

from ..claims.parse import parse
from ..claims.tree import Call, Compare, Dated, Group, Minus, Moment, Node, Number, Place, Quarter, Series
from ..errors import END, ClaimError, StackcastError, shorten
from ..forecast.cells import QUANTILE_NAMES
from .target import MEAN, Condition, Target

EXAMPLE = "se(share[chips] @ 2030) <= 0.0005"
FIGURES = "share[chips] @ 2030, p95(share[chips]) @ 2030, share[chips] > 0.4 @ 2030, scaling_break <= 2030"


def read(text: object, option: str = "until") -> Target:
    """A target from its text. Raises StackcastError: one line with the option and the character at fault."""
    written = text.strip() if isinstance(text, str) else ""
    if not written:
        raise StackcastError(f"{option} = {shorten(repr(text))}: allowed: a text such as {EXAMPLE}")
    try:
        return _Reader(written).target()
    except ClaimError as problem:
        said = str(problem).removeprefix(f"claim '{shorten(problem.text)}': ")
        raise StackcastError(f"{option} = {shorten(written)}: {said}") from None


class _Reader:
    """One target's text; every refusal is a ClaimError at its character."""

    def __init__(self, text: str) -> None:
        self.text, self.percent = text, text.endswith("%")

    def refuse(self, place: Place, problem: str) -> ClaimError:
        return ClaimError(self.text, place.start, place.text, problem)

    def target(self) -> Target:
        question = parse(self.text.removesuffix("%").rstrip())
        if question.condition is not None:
            raise self.refuse(Place(self.text.index("|"), "|"), "no condition in a target: allowed: an output's error")
        body, moment = self.bare(question.body, None)
        if not isinstance(body, Compare):
            raise self.refuse(Place(len(self.text), END), f"not a target: allowed: {EXAMPLE}")
        if body.operator.text not in ("<=", "<"):
            raise self.refuse(body.operator, "allowed: <=")
        error, moment = self.bare(body.left, moment)
        if not isinstance(error, Call) or error.name not in ("se", "rse") or error.over or len(error.bodies) != 1:
            raise self.refuse(error.place, "not an error: allowed: se(...) or rse(...) of one output")
        relative = error.name == "rse"
        allowed = self.allowed(body.right, relative)
        return self.figure(error.bodies[0], moment, relative, allowed)

    def allowed(self, node: Node, relative: bool) -> float:
        """The largest error wanted: of a relative one a fraction, or a percentage."""
        if not isinstance(node, Number):
            raise self.refuse(node.place, "allowed: a positive number")
        if self.percent and not relative:
            raise self.refuse(node.place, "% is for rse(...): allowed: a number in the output's unit")
        value = node.value / 100.0 if self.percent else node.value
        if value <= 0.0 or (relative and value > 1.0):
            raise self.refuse(node.place, f"allowed: {'above 0 and up to 1 (100 %)' if relative else 'above 0'}")
        return value

    def figure(self, node: Node, moment: Moment | None, relative: bool, allowed: float) -> Target:
        """What stands inside of se(...), dated there or outside."""
        statistic, condition = MEAN, None
        node, moment = self.bare(node, moment)
        if isinstance(node, Call):
            statistic = self.quantile(node)
            node, moment = self.bare(node.bodies[0], moment)
        elif isinstance(node, Compare):
            condition = self.condition(node)
            node, moment = self.bare(node.left, moment)
        if not isinstance(node, Series):
            raise self.refuse(node.place, f"not an output of a run: allowed: {FIGURES}")
        if len(node.layers) > 1:
            raise self.refuse(node.layers[1], "layers added are no output: allowed: one layer or group")
        layer = node.layers[0].text if node.layers else None
        period = None if moment is None else moment.place.text
        return Target(self.text, relative, allowed, node.metric, layer, period, statistic, condition)

    def bare(self, node: Node, moment: Moment | None) -> tuple[Node, Moment | None]:
        """What stands inside of parentheses and before a date, and that date."""
        while isinstance(node, Group | Dated):
            if isinstance(node, Dated):
                if moment is not None:
                    raise self.refuse(node.moment.place, "a second date: allowed: one")
                moment = node.moment
            node = node.body
        return node, moment

    def quantile(self, node: Call) -> str:
        if node.name not in QUANTILE_NAMES or node.over or len(node.bodies) != 1:
            raise self.refuse(node.place, f"allowed: {', '.join(QUANTILE_NAMES)} of one output")
        return node.name

    def condition(self, node: Compare) -> Condition:
        """The sign and what is right of it: a number, a quarter as a date (2028.5), the name of a category."""
        sign, right = node.operator.text, node.right
        if isinstance(right, Minus) and isinstance(right.body, Number):
            return sign, -right.body.value
        if isinstance(right, Number):
            return sign, right.value
        if isinstance(right, Quarter):
            return f"{sign} quarter", right.moment.year + (right.moment.quarter - 1) / 4
        if isinstance(right, Series) and not right.layers:
            return sign, right.metric
        raise self.refuse(right.place, "allowed: a number, a date, the name of a category")
