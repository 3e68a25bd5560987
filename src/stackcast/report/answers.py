"""Answers to claims as text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from ..claims import Answer, Rare
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
        return f"no figure: {answer.note}" + ("" if answer.rare is None else f"\n    {_tilts(answer.rare)}")
    rests = "" if answer.n_condition == answer.n else f"; from {answer.n_condition:,} of {answer.n:,} trajectories"
    if answer.n_undefined:
        rests += f" ({answer.n_undefined:,} left out: divided by zero, or too large)"
    if answer.kind == "probability":
        if answer.rare is not None:
            return f"probability {_small(answer.value, answer.mcse)}{rests}{_weighed(answer, answer.rare)}"
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


def _small(value: float, error: float) -> str:
    """Value and error with an exponent, to the second digit of the error."""
    if not 0.0 < error < value:
        return f"{value:.1e} +- {error:.1e}"
    digits = 1 + math.floor(math.log10(value)) - math.floor(math.log10(error))
    return f"{value:.{digits}e} +- {error:.1e}"


def _weighed(answer: Answer, rare: Rare) -> str:
    """What an importance-sampled figure rests on: hits, their worth, tilts, and a warning where it is little."""
    rests = f"; met by {rare.hits:,} of {answer.n:,} trajectories, worth {rare.effective:,.0f} equal ones"
    warning = f"\n    beware: {rare.warning}" if rare.warning else ""
    return f"{rests}\n    {_tilts(rare)}{warning}"


def _tilts(rare: Rare) -> str:
    """Priors with the mean their scores were drawn with, in standard deviations, and a wider spread."""
    moved = [
        f"{name} {shift:+.2f} sd" + (f" (spread x {scale:.2f})" if scale != 1.0 else "")
        for name, (shift, scale) in rare.tilts.items()
    ]
    return f"drawn at {', '.join(moved)}"


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
