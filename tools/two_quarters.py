"""The first two quarters of the model by hand: every prior at its median, nothing random, plain Python arithmetic.

`deterministic` makes that scenario for the core, `quarters` works it out line by line from the equations in
`tools/hand.py`, `block` prints the tables of docs/two_quarters.md (`make docs`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from stackcast.engine.draws import Quantile
from stackcast.engine.vecmath import inverse_normal
from stackcast.scenario import Scenario
from tools import hand

DIGITS = 6
"""Medians are rounded to so many digits, so that the page shows them whole."""
SHOWN = 9
STILL = (
    "capital_noise", "chip_price_noise", "run_noise", "demand_noise", "open_lag_noise", "lab_noise", "sales_noise",
    "scaling_break_hazard", "supply_shock_hazard", "open_leap_hazard", "bust_probability",
)  # fmt: skip
"""Priors that are nothing where nothing is random."""
FUNCTIONS = {
    "exp": math.exp, "log": math.log, "log10": math.log10, "sqrt": math.sqrt, "min": min, "max": max,
    "clip": lambda x, low, high: min(max(x, low), high),
}  # fmt: skip
_WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
_KEPT = {*FUNCTIONS, "if", "else"}


class Line(NamedTuple):
    """A quantity: its arithmetic in names and in numbers, its value, and whether the page shows it."""

    name: str
    formula: str
    numbers: str
    value: float
    shown: bool


def median(quantile: Quantile) -> float:
    """The middle of a prior."""
    u = quantile.u_low + 0.5 * (quantile.u_high - quantile.u_low)
    if quantile.kind in ("normal", "lognormal"):
        x = quantile.a + quantile.b * (inverse_normal(u) if quantile.truncated else 0.0)
        return math.exp(x) if quantile.kind == "lognormal" else x
    if quantile.kind == "uniform":
        return quantile.a + u * (quantile.b - quantile.a)
    if quantile.kind == "table":
        return float(quantile.knots[len(quantile.knots) // 2])
    if quantile.kind == "steps":
        values, cumulative = quantile.knots
        return next(float(x) for x, reached in zip(values, cumulative, strict=True) if reached >= 0.5)
    if quantile.kind == "constant":
        return quantile.a
    raise ValueError(f"median of a prior of kind {quantile.kind}")


def middles(scenario: Scenario) -> dict[str, float]:
    """All priors at their medians, in the mechanisms' units, what makes chance at nothing."""
    found = {name: float(f"{median(prior.draw.quantile):.{DIGITS}g}") for name, prior in scenario.priors.items()}
    return found | dict.fromkeys(STILL, 0.0)


def deterministic(scenario: Scenario) -> Scenario:
    """The same scenario without chance: one future, whatever the seed."""
    resolved = scenario.resolved()
    resolved["name"] = f"{scenario.name}-without-chance"
    resolved["correlations"] = {}
    resolved["priors"] = {
        name: {"value": value, "unit": scenario.priors[name].unit, "source": "assumption: median of the prior"}
        for name, value in middles(scenario).items()
    }
    return Scenario.from_resolved(resolved)


def lines(text: str) -> Iterator[tuple[bool, str, str]]:
    """(shown, name, formula) of every line of `hand`."""
    for line in re.sub(r"\n +", " ", text.strip()).replace("; ", "\n").splitlines():
        name, formula = line.removeprefix("- ").split(" = ", 1)
        yield not line.startswith("- "), name, formula


def _lookup(name: str, now: Mapping[str, float], last: Mapping[str, float]) -> float:
    return last[name.removeprefix("last_")] if name.startswith("last_") else now[name]


def number(x: float) -> str:
    """A number as the page writes it."""
    return re.sub(r"e([+-])0*", lambda match: "e" + match[1].strip("+"), f"{float(x):.{SHOWN}g}")


def _written(formula: str, now: Mapping[str, float], last: Mapping[str, float]) -> str:
    """A formula with its names replaced by their values."""

    def value(match: re.Match) -> str:
        if match[0] in _KEPT:
            return match[0]
        text = number(_lookup(match[0], now, last))
        return f"({text})" if text.startswith("-") else text

    return _WORD.sub(value, formula).replace("**", "^")


def _worked(text: str, now: dict[str, float], last: Mapping[str, float]) -> list[Line]:
    """Work out lines in order; each may use those before it, which ``now`` collects."""
    done = []
    for shown, name, formula in lines(text):
        names = {word: _lookup(word, now, last) for word in _WORD.findall(formula) if word not in _KEPT}
        value = float(eval(formula, {"__builtins__": {}, **FUNCTIONS}, names))
        done.append(Line(name, formula, _written(formula, now, last), value, shown))
        now[name] = value
    return done


def start(scenario: Scenario) -> tuple[list[Line], dict[str, float], dict[str, float]]:
    """Start rows; what is known before the first quarter; the state at its beginning."""
    known = middles(scenario)
    once = _worked(hand.ONCE, known, {})
    before = {line.name: line.value for line in _worked(hand.BEFORE, dict(known), {})}
    return once, known, before


def quarters(scenario: Scenario, count: int = 2) -> Iterator[tuple[float, dict[str, list[Line]]]]:
    """(date, lines by mechanism) of the first quarters; ``count`` must end before 2025."""
    _, known, last = start(scenario)
    for step in range(count):
        year = scenario.start + 0.25 * step
        now = known | {"year": year}
        yield year, {name: _worked(text, now, last) for name, text in hand.QUARTER.items()}
        last = now


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def block(scenario: Scenario) -> str:
    """The tables of the page."""
    once, *_ = start(scenario)
    parts = [_row("start rows", "arithmetic", "value"), _row("---", "---", "---:")]
    parts += [_row(f"`{line.name}`", f"`{line.numbers}`", number(line.value)) for line in once]
    (_, first), (_, second) = quarters(scenario)
    for mechanism in first:
        parts += ["", _row(mechanism, "2023Q1", "", "2023Q2", ""), _row("---", "---", "---:", "---", "---:")]
        for a, b in zip(first[mechanism], second[mechanism], strict=True):
            if a.shown:
                cells = f"`{a.numbers}`", number(a.value), f"`{b.numbers}`", number(b.value)
                parts.append(_row(f"`{a.name}`", *cells))
    return "\n".join(parts)
