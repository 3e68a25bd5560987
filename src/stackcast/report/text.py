"""What is said beside every table."""

import math
from collections.abc import Sequence

from ..forecast.histogram import interval_factor


def cut_text(feedbacks: Sequence[str]) -> str:
    """A line that says which feedbacks are cut; empty where none is."""
    return f"Feedbacks cut: {', '.join(feedbacks)}\n" if feedbacks else ""


def drawn_text(sampling: str, degrees: int, pairs: bool = False) -> str:
    """A line that says how trajectories were drawn, and how many errors an interval then reaches to either side.

    ``pairs``: the errors of means come from the means of pairs.
    """
    factor = interval_factor(degrees, 0.95)
    text = (
        f"sampling: {sampling}; errors from their spread: a 95 % interval is +- {factor:.2f} errors "
        f"(Student's t, {degrees} degrees)"
    )
    if pairs:
        text += f"; of means of numbers from that of the pairs' means: +- {interval_factor(math.inf, 0.95):.2f} errors"
    return text + "\n"


MONTE_CARLO_ERROR = """\
What "+-" is: the Monte Carlo standard error, how far this number may lie from the one that infinitely many trajectories
of this model, with these priors, would give. It shrinks with the square root of the number of trajectories; compare
numbers of one run, or of two, with it. Quantiles carry besides the width of the bins (0.001 for shares and margins,
0.5 % for money).
What it is not: how sure the forecast is. That is the range between the quantiles, and it does not shrink with more
trajectories. Nor does either say how wrong the model or its priors may be: a law that is missing, or an interval that
is too narrow, shows in neither.
A mean marked ! has a tail so heavy that its standard error means nothing: use the median."""

BOOKS = """\
Accrual book (headline): the cloud's cost of revenue holds the depreciation of plant in service.
Cash book: the cloud's capital spending is deducted in the quarter in which it is paid.
Share = positive gross profit of a layer / sum of the positive gross profits; the loss ratio is the sum of the losses
over the same sum, and is what shares of positive profit leave out."""

VARIANCE = """\
Estimate: adjusted R^2 of a least-squares fit of the share on the normal scores of all priors and their squares, on the
sample; what both kinds explain jointly is halved. The rest is shocks, events and interactions of priors."""

LIMITS_ERROR = """\
The error is at most this: as if a trajectory's four quarters always agreed. `forecast.limits()` has these figures."""
