"""Runs that are made as large as errors demand: targets, sizes, rounds."""

from .finding import find
from .reading import read
from .rounds import Course, Goal, Round, carry_on, judge
from .sizes import DOUBLING, FIRST, LEAST, MOST, STEP, at_least, at_most, next_size, step_of
from .target import Look, Target, look
from .words import distance, missed, recorded, short_distance

__all__ = [
    "DOUBLING", "FIRST", "LEAST", "MOST", "STEP", "Course", "Goal", "Look", "Round", "Target", "at_least", "at_most",
    "carry_on", "distance", "find", "judge", "look", "missed", "next_size", "read", "recorded", "short_distance",
    "step_of",
]  # fmt: skip
