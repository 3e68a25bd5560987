"""The rounds of a run that is made as large as its targets demand.

Every round draws the same trajectories from the first on, and more of them, so the last round is the run of its size:
same digest, replayable. Its size was fixed by the round before; it stops the run or fixes the next. With sizes that are
fixed ahead and errors estimated consistently, intervals keep their coverage as targets become small (Chow and Robbins
1965, Ann. Math. Stat. 36: 457-462; for simulations Glynn and Whitt 1992, Ann. Appl. Probab. 2: 180-198); at the sizes
allowed here benchmarks/coverage.py has measured it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from ..forecast.cells import Cells
from .sizes import LEAST, STEP, at_least, at_most, next_size
from .target import Look, Target, look

_DOUBTFUL = 2.0


class Drawn(Protocol):
    """A finished run, as far as it is looked at here."""

    @property
    def cells(self) -> Cells: ...


D = TypeVar("D", bound=Drawn)


@dataclass(frozen=True)
class Goal:
    """Targets that must all hold, and the sizes of the first round and of the largest allowed."""

    targets: tuple[Target, ...]
    first: int
    most: int
    step: int = STEP
    least: int = LEAST


@dataclass(frozen=True)
class Round:
    """A finished round: its size, what it says about each target, and the size of the next (0 for none)."""

    n: int
    looks: tuple[Look, ...]
    following: int

    @property
    def met(self) -> bool:
        """Whether all targets hold."""
        return all(found.met for found in self.looks)

    @property
    def worst(self) -> float:
        """The largest error over its target; a doubtful error counts as twice its target at least."""
        return max(found.ratio if found.trusted else max(found.ratio, _DOUBTFUL) for found in self.looks)


@dataclass(frozen=True)
class Course:
    """All rounds of a run."""

    goal: Goal
    rounds: tuple[Round, ...]

    @property
    def met(self) -> bool:
        """Whether the run ended because all targets hold."""
        return self.rounds[-1].met and self.rounds[-1].n >= self.goal.least

    @property
    def repeated(self) -> float:
        """Trajectories of all earlier rounds, drawn again in the last, over those of the last."""
        return sum(one.n for one in self.rounds[:-1]) / self.rounds[-1].n


def carry_on(goal: Goal, draw: Callable[[int], D], watch: Callable[[Round], None] | None = None) -> tuple[D, Course]:
    """Draw rounds until all targets hold or the largest size is reached; the last of them, and all that they said."""
    rounds: list[Round] = []
    n = goal.first
    while True:
        drawn = draw(n)
        rounds.append(judge(goal, n, drawn.cells))
        if watch is not None:
            watch(rounds[-1])
        if not rounds[-1].following:
            return drawn, Course(goal, tuple(rounds))
        n = rounds[-1].following


def judge(goal: Goal, n: int, cells: Cells) -> Round:
    """What a round of n trajectories says, and how large the next has to be."""
    looks = tuple(look(target, cells) for target in goal.targets)
    found = Round(n, looks, 0)
    most = at_most(goal.most, goal.step)
    if n >= most or (found.met and n >= goal.least):
        return found
    following = max(next_size(n, found.worst, goal.step), at_least(goal.least, goal.step))
    return Round(n, looks, min(following, most))
