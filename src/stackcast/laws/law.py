"""What makes an equation a law: one kernel, one checked public function, one declared domain an argument."""

from __future__ import annotations

import functools
import inspect
import math
import numbers
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, Protocol, TypeVar

import numpy as np
from numba.core import config, types

from stackcast.engine.jit import compiled, kernel

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result", covariant=True)


class Law(Protocol[Arguments, Result]):
    """A public law: callable with checks; ``kernel`` is the unchecked function for compiled code."""

    kernel: Callable[..., Any]
    domains: dict[str, Domain]

    def __call__(self, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result: ...


@dataclass(frozen=True)
class Interval:
    """The finite real numbers from ``low`` to ``high``; an end belongs to it only if it says so."""

    low: float = -math.inf
    high: float = math.inf
    with_low: bool = False
    with_high: bool = False
    because: str = ""

    numba_type = types.float64

    def check(self, name: str, value: Any, given: dict[str, Any]) -> np.float64:
        """Return the value as a double, or raise ``ValueError``."""
        number = as_number(value)
        above = self.low < number or (self.with_low and self.low == number)
        below = number < self.high or (self.with_high and number == self.high)
        if not (above and below):  # NaN is neither; an infinite end never belongs to the interval
            raise ValueError(f"{name} = {shown(value)}: must be {self}")
        return np.float64(number)

    def __str__(self) -> str:
        bounds = []
        if self.low > -math.inf:
            bounds.append(f"{'>=' if self.with_low else '>'} {self.low:g}")
        if self.high < math.inf:
            bounds.append(f"{'<=' if self.with_high else '<'} {self.high:g}")
        return f"a finite number {' and '.join(bounds)}".rstrip() + (f" ({self.because})" if self.because else "")


@dataclass(frozen=True)
class Record:
    """A NamedTuple of numbers, each with a domain of its own."""

    type: type
    fields: dict[str, Interval]

    @property
    def numba_type(self) -> types.Type:
        """The record as numba sees it."""
        return types.NamedUniTuple(types.float64, len(self.fields), self.type)

    def check(self, name: str, value: Any, given: dict[str, Any]) -> Any:
        """Return the record with every field a double, or raise ``ValueError``."""
        if not isinstance(value, self.type):
            raise ValueError(f"{name} = {shown(value)}: must be a {self.type.__name__}")
        return self.type(*(d.check(f"{name}.{f}", getattr(value, f), given) for f, d in self.fields.items()))


@dataclass(frozen=True)
class Above:
    """The finite numbers above a bound that depends on the arguments checked before this one."""

    bound: Callable[[dict[str, Any]], float]
    because: str

    numba_type = types.float64

    def check(self, name: str, value: Any, given: dict[str, Any]) -> np.float64:
        """Return the value as a double, or raise ``ValueError``."""
        return Interval(low=float(self.bound(given)), because=self.because).check(name, value, given)


Domain = Interval | Record | Above

REAL = Interval()
POSITIVE = Interval(low=0.0)
NONNEGATIVE = Interval(low=0.0, with_low=True)
FRACTION = Interval(low=0.0, high=1.0, with_low=True, with_high=True)
BELOW_ONE = Interval(low=0.0, high=1.0, with_low=True)
ABOVE_ONE = Interval(low=1.0)


def as_number(value: Any) -> float:
    """A real number as a float, NaN for anything that is not one (a truth value is not)."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf


def shown(value: Any) -> str:
    """What was given, short enough for one line."""
    try:
        text = " ".join(repr(value).split())
    except ValueError:  # an integer of more digits than Python is willing to print
        text = f"a number of type {type(value).__name__}, too long to print"
    return text if len(text) <= 60 else text[:57] + "..."


def law(**domains: Domain) -> Callable[[Callable[Arguments, Result]], Law[Arguments, Result]]:
    """Turn a formula into a law; ``domains`` says what every argument may be.

    The checks run in the order of ``domains``, so that a bound may depend on an argument named before.
    """

    def decorate(formula: Callable[Arguments, Result]) -> Law[Arguments, Result]:
        signature = inspect.signature(formula)
        if set(signature.parameters) != set(domains):
            raise TypeError(f"{formula.__name__}: every argument needs a domain")

        @functools.cache
        def evaluate() -> Callable[..., Any]:
            # Compiled at the first call and kept on disk, so that importing the laws costs no compilation.
            return compiled(tuple(domains[name].numba_type for name in signature.parameters))(formula)

        @functools.wraps(formula)
        def checked(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            given = bound.arguments
            for name, domain in domains.items():
                given[name] = domain.check(name, given[name], given)
            return _as_python(formula.__name__, _call(evaluate(), tuple(given.values())))

        checked.kernel = kernel(formula)
        checked.domains = domains
        return checked

    return decorate


def _call(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    if not config.DISABLE_JIT:
        return function(*arguments)
    with np.errstate(all="ignore"):  # the kernels rely on IEEE arithmetic, infinities included
        return function(*arguments)


def _as_python(name: str, result: Any) -> Any:
    numbers_out = tuple(float(value) for value in result) if isinstance(result, tuple) else (float(result),)
    if not all(map(math.isfinite, numbers_out)):
        raise ValueError(f"{name}: these arguments lead beyond the range of double precision")
    return numbers_out if isinstance(result, tuple) else numbers_out[0]
