"""Answers to claims as text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..claims import Answer
    from ..claims.theses import Verdict

_MOST_DIGITS = 6


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
    """Claims with their probabilities; a conditional variant stands below its claim."""
    from .tables import plain_table, plain_text

    table = plain_table("Claims: probability of each, +- Monte Carlo error")
    for heading in ("", "claim", "probability"):
        table.add_column(heading, overflow="fold", justify="right" if heading == "probability" else "left")
    essay = None
    for verdict in verdicts:
        thesis = verdict.thesis
        if thesis.essay != essay:
            table.add_section()
            table.add_row("", thesis.essay, "")
            table.add_section()
            essay = thesis.essay
        said = thesis.statement if thesis.condition is None else f"    if {thesis.condition}"
        table.add_row(thesis.id if thesis.condition is None else "", said, _probability(verdict))
    return plain_text(table)


def _probability(verdict: Verdict) -> str:
    if verdict.probability is None or verdict.mcse is None:
        return f"met by {verdict.answer.n_condition:,}: too few"
    return with_error(verdict.probability, verdict.mcse)
