"""What the rounds said: lines for a reader, entries for the manifest."""

from __future__ import annotations

import math
from typing import Any

from .rounds import Course, Goal, Round
from .target import Look, Target


def distance(goal: Goal, done: Round) -> str:
    """One line after a round: how many targets hold, how far the furthest is off, and how large the next round is."""
    count = len(goal.targets)
    held = sum(found.met for found in done.looks)
    alone = "the target holds" if held else "the target does not hold"
    hold = alone if count == 1 else f"{held} of {count} targets hold"
    target, found = max(
        zip(goal.targets, done.looks, strict=True), key=lambda pair: (not pair[1].trusted, pair[1].ratio)
    )
    following = f"; next {done.following:,}" if done.following else ""
    return f"{done.n:,} trajectories: {hold}; {_standing(target, found)}{following}"


def short_distance(done: Round) -> str:
    """The same in a few words."""
    return f"error {_times(done.worst)}"


def missed(course: Course) -> list[str]:
    """A message for every target that the largest run allowed did not reach."""
    last = course.rounds[-1]
    return [
        f"until {target.text}: not reached with {last.n:,} trajectories, the most allowed: {_standing(target, found)}"
        for target, found in zip(course.goal.targets, last.looks, strict=True)
        if not found.met
    ]


def recorded(course: Course) -> dict[str, Any]:
    """The manifest's entry: the targets and what was reached, and the size and errors of every round."""
    last = course.rounds[-1]
    return {
        "met": course.met,
        "min_trajectories": course.goal.first,
        "max_trajectories": course.goal.most,
        "targets": [
            {"target": target.text, "value": _number(found.value), "allowed": target.allowed,
             "error": _number(found.error), "relative": target.relative, "trusted": found.trusted, "met": found.met}
            for target, found in zip(course.goal.targets, last.looks, strict=True)
        ],
        "rounds": [
            {"trajectories": one.n, "errors": [_number(found.error) for found in one.looks]} for one in course.rounds
        ],
    }  # fmt: skip


def _standing(target: Target, found: Look) -> str:
    shown = f"{100 * found.error:.3g} %" if target.relative else f"{found.error:.3g}"
    doubt = "" if found.trusted else ", and not to be believed (heavy tail; a median's is)"
    return f"error {shown} in {target.text}: {_times(found.ratio)}{doubt}"


def _times(ratio: float) -> str:
    return f"{ratio:.3g} times the target" if math.isfinite(ratio) else "no finite error"


def _number(value: float) -> float | None:
    """JSON has no infinity: a date that is never, an error that cannot be told."""
    return float(value) if math.isfinite(value) else None
