"""Answers to claims as text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from ..claims import Answer
    from ..claims.theses import Verdict

_MOST_DIGITS = 6
_CLAIM_WIDTH = 82
_PROBABILITY_WIDTH = 20

JUDGED = """\
Probability over all trajectories, +- its Monte Carlo error; below a claim, "if": over those that meet the condition
(their number is in the output of --json). "The year" is the one beside the probability."""


def answer_text(answer: Answer) -> str:
    """An expression and below it what the run says."""
    return f"{answer.expression}\n    {_said(answer)}"


def _said(answer: Answer) -> str:
    if answer.value is None or answer.mcse is None:
        return f"no figure: {answer.note}"
    rests = "" if answer.n_condition == answer.n else f"; from {answer.n_condition:,} of {answer.n:,} trajectories"
    if answer.n_undefined:
        rests += f" ({answer.n_undefined:,} left out: divided by zero, or too large)"
    if answer.kind == "probability":
        return f"probability {with_error(answer.value, answer.mcse)}{rests}"
    spread = _spread(answer)
    if answer.kind == "date":
        return f"happens within the run with probability {with_error(answer.value, answer.mcse)}; {spread}{rests}"
    return f"mean {with_error(answer.value, answer.mcse)}; {spread}{rests}"


def _spread(answer: Answer) -> str:
    found = answer.quantiles or {}
    low, middle, high = (_value(answer, found[name]) for name in ("p5", "p50", "p95"))
    return f"median {middle}, [5 % - 95 %] {low} - {high}"


def _value(answer: Answer, value: float) -> str:
    if answer.kind == "date":
        return "never" if math.isinf(value) else f"{int(value)}Q{int(value % 1 * 4) + 1}"
    return f"{value:.4g}"


def with_error(value: float, error: float) -> str:
    """Value and error to the first two digits of the error."""
    if not 0.0 < error < math.inf:
        return f"{value:.6g} +- {error:.2g}"
    if error >= 1e6 or error < 1e-6:
        return f"{value:.6g} +- {error:.2g}"
    digits = min(max(1 - math.floor(math.log10(error)), 0), _MOST_DIGITS)
    return f"{value:.{digits}f} +- {error:.{digits}f}"


def verdict_table(verdicts: Sequence[Verdict]) -> str:
    """A table for each essay: its claims with their probabilities by year, a conditional variant below its claim."""
    from .tables import plain_text

    essays = dict.fromkeys(verdict.thesis.essay for verdict in verdicts)
    tables = [_essay_table(essay, [v for v in verdicts if v.thesis.essay == essay]) for essay in essays]
    return plain_text(*tables, JUDGED)


def _essay_table(essay: str, verdicts: Sequence[Verdict]) -> Table:
    from ..claims.theses import by_claim
    from .tables import plain_table

    table = plain_table(essay)
    width = max(len(verdict.thesis.id) for verdict in verdicts)
    table.add_column("", no_wrap=True, min_width=width)
    table.add_column("claim", overflow="fold", width=_CLAIM_WIDTH - width)
    table.add_column("year", justify="right", no_wrap=True, min_width=4)
    table.add_column("probability", justify="right", no_wrap=True, min_width=_PROBABILITY_WIDTH)
    for (name, condition), found in by_claim(verdicts).items():
        said = next(iter(found.values())).thesis.general if condition is None else f"  if {condition}"
        years = "\n".join("" if year is None else str(year) for year in found)
        table.add_row(name if condition is None else "", said, years, "\n".join(map(_probability, found.values())))
    return table


def _probability(verdict: Verdict) -> str:
    if verdict.outside:
        return "- outside the run"
    if verdict.probability is None or verdict.mcse is None:
        return f"too few ({verdict.answer.n_condition:,})"
    return with_error(verdict.probability, verdict.mcse)
