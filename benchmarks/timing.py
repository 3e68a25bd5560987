"""Interleaved timing of contestants, and ratios of what it finds round by round."""

from __future__ import annotations

from stackcast.timing import ROUNDS, Spread, interleave

__all__ = ["ROUNDS", "Spread", "interleave", "ratio"]


def ratio(over: list[float], under: list[float]) -> Spread:
    """Ratio round by round."""
    return Spread.of(a / b for a, b in zip(over, under, strict=True))
