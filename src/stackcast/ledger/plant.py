"""Conventions of the plant account: how construction enters service, and what plant in four stages is worth."""

from __future__ import annotations

from stackcast.engine.jit import kernel

SERVICE_RATE = 0.65
"""Part of plant under construction that enters service in a quarter: mean lag half a quarter (assumption)."""


@kernel
def net_value(stage_1, stage_2, stage_3, stage_4):
    """Net book value of gross plant in four stages: each stage passed has cost a quarter of it."""
    return stage_1 + 0.75 * stage_2 + 0.5 * stage_3 + 0.25 * stage_4
