"""The other run of a claim that compares two: the scenario with something changed, on the same draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..engine.draws import PriorDraw, Quantile
from ..engine.vecmath import log
from ..errors import ScenarioError
from ..scenario.layers import parse_setting
from ..scenario.models import Described
from ..scenario.problem import unknown

if TYPE_CHECKING:
    from ..scenario import Scenario

LARGEST_FACTOR = 1e6
_TABLES = ("set", "scale")


@dataclass(frozen=True)
class Against:
    """What the other run changes.

    ``set`` holds settings as on the command line ("priors.open_lag.value=3"); ``scale`` multiplies draws of priors, in
    the unit that the mechanisms work in, trajectory by trajectory.
    """

    set: tuple[str, ...] = ()
    scale: tuple[tuple[str, float], ...] = ()

    def __str__(self) -> str:
        return ", ".join([*self.set, *(f"{name} times {factor:g}" for name, factor in self.scale)])


def read_against(file: str, place: str, table: Any) -> Against:
    """The table ``against`` of a claim. Raises ScenarioError."""
    if not isinstance(table, Mapping) or not table or set(table) - set(_TABLES):
        raise ScenarioError(file, place, table, "allowed: a table with set = [...], scale = {...} or both")
    settings, factors = table.get("set", []), table.get("scale", {})
    if not isinstance(settings, list) or not all(isinstance(setting, str) for setting in settings):
        raise ScenarioError(file, f"{place}.set", settings, 'allowed: a list such as ["priors.open_lag.value=3"]')
    if not isinstance(factors, Mapping):
        raise ScenarioError(file, f"{place}.scale", factors, "allowed: a table such as { open_lag = 0.5 }")
    for name, factor in factors.items():
        number = isinstance(factor, int | float) and not isinstance(factor, bool)
        if not number or not 1 / LARGEST_FACTOR <= factor <= LARGEST_FACTOR:
            allowed = f"allowed: a factor from {1 / LARGEST_FACTOR:g} to {LARGEST_FACTOR:g}"
            raise ScenarioError(file, f"{place}.scale.{name}", factor, allowed)
    return Against(tuple(settings), tuple((name, float(factor)) for name, factor in factors.items()))


def changed(scenario: Scenario, against: Against) -> Scenario:
    """The scenario with the changes; all else, and every draw, as it is. Raises ScenarioError."""
    from ..scenario import Scenario

    data = scenario.resolved()
    for setting in against.set:
        _assign(data, setting)
    code = bool(data.get("embedded", {}).get("code"))  # runs already
    other = Scenario.from_resolved(data, allow_code=code, path=scenario.path)
    factors = dict(against.scale)
    for name in factors:
        if name not in other.priors:
            raise ScenarioError("against", f"scale.{name}", None, unknown(name, other.priors, "prior"))
    draws = tuple(_scaled(draw, factors.get(draw.name, 1.0)) for draw in other.plan.priors)
    return replace(other, plan=replace(other.plan, priors=draws))


def _assign(data: dict[str, Any], setting: str) -> None:
    """Change one field of a resolved scenario, which spells out every field but the feedbacks that are on."""
    path, value = parse_setting(setting)
    table: Any = data
    for depth, part in enumerate(path[:-1]):
        if not isinstance(table, dict) or not isinstance(table.get(part), dict):
            known = table if isinstance(table, dict) else ()
            raise ScenarioError("against", ".".join(path[: depth + 1]), None, unknown(part, known))
        table = table[part]
    if path[0] == "priors" and path[-1] == "value":
        for key in [key for key in table if key not in Described.model_fields]:
            del table[key]
    table[path[-1]] = value


def _scaled(draw: PriorDraw, factor: float) -> PriorDraw:
    return draw if factor == 1.0 else replace(draw, quantile=_times(draw.quantile, factor))


def _times(quantile: Quantile, factor: float) -> Quantile:
    """The quantile function of a multiple."""
    if quantile.kind == "lognormal":
        return replace(quantile, a=quantile.a + log(factor))
    knots = quantile.knots
    if knots is not None:
        # Of steps, the second row holds probabilities.
        knots = knots * ([[factor], [1.0]] if quantile.kind == "steps" else factor)
    return replace(quantile, a=quantile.a * factor, b=quantile.b * factor, c=quantile.c * factor, knots=knots)
