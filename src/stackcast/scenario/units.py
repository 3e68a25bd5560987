"""Units of priors: a small table, a small grammar, and the conversion to a mechanism's unit.

A unit is pieces joined by ``_per_`` (or ``/``) and ``*``; a piece is an atom of the table, optionally
after ``thousand_``, ``million_``, ``billion_`` or ``trillion_``. Factors are exact fractions until the end, so that
the conversion of a prior is one correctly rounded number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from stackcast.scenario.problem import Problem, unknown

# Natural logarithms of ten and two, as exact fractions of their doubles.
_LN_10 = Fraction(2.302585092994046)
_LN_2 = Fraction(0.6931471805599453)

_WORDS = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}

# Atom -> (dimension, factor to the dimension's base unit).
_ATOMS: dict[str, tuple[str, Fraction | int]] = {
    "1": ("", 1), "share": ("", 1), "ratio": ("", 1), "pct": ("", Fraction(1, 100)), "percent": ("", Fraction(1, 100)),
    "x": ("factor", 1), "log": ("log", 1), "oom": ("log", _LN_10), "doubling": ("log", _LN_2),
    "year": ("time", 1), "quarter": ("time", Fraction(1, 4)), "month": ("time", Fraction(1, 12)),
    "week": ("time", Fraction(7 * 4, 1461)), "day": ("time", Fraction(4, 1461)),
    "hour": ("time", Fraction(4, 1461 * 24)), "minute": ("time", Fraction(4, 1461 * 24 * 60)),
    "second": ("time", Fraction(4, 1461 * 24 * 3600)), "s": ("time", Fraction(4, 1461 * 24 * 3600)),
    "calendar_year": ("date", 1),
    "token": ("tokens", 1), "ktok": ("tokens", 10**3), "Mtok": ("tokens", 10**6),
    "page": ("pages", 1), "byte": ("bytes", 1), "word": ("words", 1), "nat": ("nats", 1),
    "parameter": ("parameters", 1), "FLOP": ("FLOP", 1), "GFLOP": ("FLOP", 10**9), "TFLOP": ("FLOP", 10**12),
    "PFLOP": ("FLOP", 10**15), "EFLOP": ("FLOP", 10**18), "ZFLOP": ("FLOP", 10**21),
    "H100e": ("H100e", 1), "chip": ("chips", 1), "wafer": ("wafers", 1), "user": ("users", 1), "seat": ("users", 1),
    "person": ("users", 1), "firm": ("firms", 1), "lab": ("labs", 1), "model": ("models", 1), "task": ("tasks", 1),
    "request": ("requests", 1), "point": ("points", 1), "epoch": ("epochs", 1),
    "USD": ("money", 1), "USD_k": ("money", 10**3), "USD_mn": ("money", 10**6), "USD_bn": ("money", 10**9),
    "USD_tn": ("money", 10**12),
    "W": ("power", 1), "kW": ("power", 10**3), "MW": ("power", 10**6), "GW": ("power", 10**9), "TW": ("power", 10**12),
}  # fmt: skip

# Energy is power times time; these are spelled as one word.
_ENERGY = {"Wh": 1, "kWh": 10**3, "MWh": 10**6, "GWh": 10**9, "TWh": 10**12}


@dataclass(frozen=True)
class Unit:
    """A unit as written, its dimensions (name -> power) and its size in base units."""

    text: str
    dimensions: tuple[tuple[str, int], ...]
    factor: Fraction

    @property
    def dimension(self) -> str:
        """The dimensions in words, for messages."""
        top = [name if power == 1 else f"{name}^{power}" for name, power in self.dimensions if power > 0]
        bottom = [name if power == -1 else f"{name}^{-power}" for name, power in self.dimensions if power < 0]
        return (" ".join(top) or ("a number" if not bottom else "1")) + ("".join(f" per {name}" for name in bottom))


@dataclass(frozen=True)
class Conversion:
    """Value in the mechanism's unit = (ln of, if ``logarithm``) the given value, times ``factor``."""

    factor: float = 1.0
    logarithm: bool = False

    @property
    def identity(self) -> bool:
        """Whether nothing changes."""
        return self.factor == 1.0 and not self.logarithm


@cache
def known_units() -> tuple[str, ...]:
    """All atoms, for messages and the schema."""
    return (*_ATOMS, *_ENERGY)


def _atom(piece: str) -> tuple[dict[str, int], Fraction] | None:
    for name in (piece, piece.removesuffix("s"), piece.removesuffix("es")):
        if name in _ATOMS:
            dimension, factor = _ATOMS[name]
            return ({dimension: 1} if dimension else {}), Fraction(factor)
        if name in _ENERGY:
            return {"power": 1, "time": 1}, _ENERGY[name] * Fraction(4, 1461 * 24)
    if piece == "people":
        return {"users": 1}, Fraction(1)
    word, _, rest = piece.partition("_")
    if word in _WORDS:
        inner = _atom(rest) if rest else ({}, Fraction(1))
        return None if inner is None else (inner[0], inner[1] * _WORDS[word])
    return None


def _pieces(text: str) -> list[tuple[str, int]]:
    """Pieces of a unit with the sign of their power."""
    spelled = re.sub(r"\s*([*/])\s*", r"\1", text.strip())
    spelled = re.sub(r"\s+", "_", spelled)
    spelled = re.sub(r"_per_", "/", spelled)
    spelled = re.sub(r"^per_", "1/", spelled)
    return [
        (piece, 1 if place == 0 else -1)
        for place, side in enumerate(spelled.split("/"))
        for piece in side.split("*")
    ]  # fmt: skip


@cache
def parse_unit(text: str) -> Unit:
    """Read a unit; ``Problem`` names the nearest known one."""
    if not text.strip() or len(text) > 100:
        raise Problem("unit", text, "must be a unit such as USD_bn, tokens, log_per_quarter or 1")
    dimensions: dict[str, int] = {}
    factor = Fraction(1)
    for piece, sign in _pieces(text):
        found = _atom(piece)
        if found is None:
            raise Problem("unit", text, _unknown_unit(piece))
        for name, power in found[0].items():
            dimensions[name] = dimensions.get(name, 0) + sign * power
        factor = factor * found[1] if sign > 0 else factor / found[1]
    kept = tuple(sorted((name, power) for name, power in dimensions.items() if power))
    return Unit(text, kept, factor)


def _unknown_unit(piece: str) -> str:
    word, _, rest = piece.partition("_")
    return unknown(rest if word in _WORDS and rest else piece, known_units(), f"unit {piece!r}")


def conversion(given: Unit, wanted: Unit, who: str) -> Conversion:
    """How a value in ``given`` becomes one in ``wanted``; ``Problem`` names both when they do not fit."""
    if given.dimensions == wanted.dimensions:
        if ("factor", 1) in given.dimensions and given.factor != wanted.factor:
            raise Problem("unit", given.text, f"{who} works in {wanted.text!r}: a growth factor keeps its period")
        return Conversion(float(given.factor / wanted.factor))
    as_log = tuple(sorted(("log" if name == "factor" else name, power) for name, power in given.dimensions))
    if ("factor", 1) in given.dimensions and as_log == wanted.dimensions:
        # 2.35x a year is a growth rate of ln 2.35 a year.
        return Conversion(float(given.factor / wanted.factor), logarithm=True)
    raise Problem(
        "unit", given.text, f"{who} works in {wanted.text!r}: {given.dimension} cannot become {wanted.dimension}"
    )
