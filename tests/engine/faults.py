"""Faults planted in mechanisms, for checks of the guard on any program."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from stackcast.engine.declare import Loop, Mechanism
from stackcast.engine.draws import DrawPlan, PriorDraw, Quantile, draw_values
from stackcast.engine.vecmath import log

DICE = "dice_of_the_test"
SINCE = 2026.25
BORDER = 0.99


def logarithm_of_minus_one(x, year, dice):
    """x, but log(-1) from ``SINCE`` on where the dice show more than ``BORDER``."""
    broken = (dice > BORDER) & (year >= SINCE)
    return (x + log(-1.0 if broken else 1.0),)


def logarithm_at_the_start(x, dice):
    """x, but log(-1) where the dice show more than ``BORDER``."""
    return (x + log(-1.0 if dice > BORDER else 1.0),)


def overflow(x, year, dice):
    """x, but an infinity from ``SINCE`` on where the dice show more than ``BORDER``."""
    broken = (dice > BORDER) & (year >= SINCE)
    return (x + (1e308 if broken else 0.0) * 10.0,)


def with_dice(plan: DrawPlan) -> DrawPlan:
    """A draw plan with one uniform more, which decides where a fault strikes."""
    return dataclasses.replace(plan, priors=(*plan.priors, PriorDraw(DICE, f"prior:{DICE}", Quantile("uniform", 0, 1))))


def planted(mechanisms: Sequence[Mechanism], position: int, body=logarithm_of_minus_one) -> tuple[list[Mechanism], str]:
    """The mechanisms with ``body`` applied to the last row that one of them writes, and that row's name."""
    victim = mechanisms[position]
    when = "start" if body is logarithm_at_the_start else "quarter"
    row = [loop for loop in victim.loops if loop.when == when][-1].writes[-1]
    reads = (row, DICE) if when == "start" else (row, "year", DICE)
    fault = Loop(body, (row,), when=when, reads=reads)
    place = max(k for k, loop in enumerate(victim.loops) if loop.when == when) + 1
    loops = (*victim.loops[:place], fault, *victim.loops[place:])
    broken = dataclasses.replace(victim, loops=loops, priors={**victim.priors, DICE: "1"})
    return [*mechanisms[:position], broken, *mechanisms[position + 1 :]], row


def first_struck(plan: DrawPlan, seed: int, trajectories: int) -> int:
    """The first trajectory whose dice show more than ``BORDER``."""
    return int(np.flatnonzero(draw_values(with_dice(plan), seed, 0, trajectories)[DICE] > BORDER)[0])
