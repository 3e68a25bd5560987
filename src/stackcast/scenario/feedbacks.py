"""Switches of the model's feedbacks: a feedback that is cut holds the priors that carry it at a constant.

Only the values of those priors change. They keep their place in the draws, in groups of correlated priors and in files
of joint draws, so that every other prior has the same bits with and without the feedback.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from stackcast.engine.draws import PriorDraw, Quantile
from stackcast.scenario.draw import PRIOR_STREAM
from stackcast.scenario.priors import Prior
from stackcast.scenario.problem import Problem, unknown

if TYPE_CHECKING:
    from stackcast.mechanisms.feedbacks import Feedback


@dataclass(frozen=True)
class Cut:
    """Names of the feedbacks that are cut, all priors as they are then, and what could not be cut."""

    names: tuple[str, ...]
    priors: dict[str, Prior]
    messages: tuple[str, ...]


def registry() -> Mapping[str, Feedback]:
    """The feedbacks that can be cut."""
    from stackcast.mechanisms import feedbacks

    return feedbacks.FEEDBACKS


def cut_feedbacks(switches: Mapping[str, bool], priors: Mapping[str, Prior]) -> Cut:
    """Apply a scenario's switches to its resolved priors; ``Problem`` names an unknown feedback."""
    known = registry()
    for name, on in switches.items():
        if name not in known:
            raise Problem(name, on, unknown(name, known, "feedback"))
    names = tuple(name for name in known if switches.get(name) is False)
    found, messages = dict(priors), []
    for name in names:
        used = {prior: value for prior, value in known[name].cut.items() if prior in priors and priors[prior].used_by}
        found.update({prior: _held(priors[prior], value, name) for prior, value in used.items()})
        missing = [prior for prior in known[name].cut if prior not in used]
        if missing:
            messages.append(f"feedbacks.{name}: {_not_cut(missing, bool(used))}")
    return Cut(names, found, tuple(messages))


def _held(prior: Prior, value: float, feedback: str) -> Prior:
    """The prior as a constant in its mechanism's unit."""
    draw = PriorDraw(prior.name, PRIOR_STREAM + prior.name, Quantile("constant", value))
    source = f"assumption: feedback {feedback} is cut"
    return replace(prior, dist="constant", given_unit=prior.unit, source=source, as_of=None, note=None, draw=draw)


def _not_cut(missing: list[str], partly: bool) -> str:
    what = "cut in part" if partly else "nothing to cut"
    return f"{what}: no mechanism that runs uses {' or '.join(missing)}"
