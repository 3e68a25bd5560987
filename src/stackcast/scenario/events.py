"""Events of a scenario: shorthand for fixing the priors that drive them.

An event NAME is driven by the prior ``NAME_hazard`` and may be dated by ``NAME_from``. Setting it to false
makes the hazard 0; ``from`` moves the date; ``at`` sets the date and makes the event certain.
"""

from __future__ import annotations

from typing import Any

from stackcast.scenario.models import EventSetting
from stackcast.scenario.problem import Problem, unknown

CERTAIN = 1e6
"""A hazard so high that the event happens in the first quarter it may."""


def quarter_date(text: str) -> float:
    """Calendar date of a quarter's start: 2027.5 of "2027Q3"."""
    return int(text[:4]) + (int(text[5]) - 1) / 4


def event_priors(events: dict[str, Any], priors: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Tables of the priors that events replace."""
    names = {name.removesuffix("_hazard") for name in priors if name.endswith("_hazard")}
    made: dict[str, dict[str, Any]] = {}
    for name, setting in events.items():
        if name not in names:
            raise Problem(name, None, unknown(name, names, "event") + " (an event has a prior NAME_hazard)")
        made.update(_priors_of(name, setting, priors))
    return made


def _priors_of(name: str, setting: EventSetting | bool, priors: dict[str, Any]) -> dict[str, dict[str, Any]]:
    hazard, date = f"{name}_hazard", f"{name}_from"
    if setting is False:
        return {hazard: _fixed(priors[hazard], 0.0, name)}
    if (setting.earliest is None) == (setting.at is None):
        raise Problem(name, None, 'give from = "2027Q1" (not before) or at = "2027Q1" (certain then)')
    if date not in priors:
        raise Problem(name, None, f"has no date to set: there is no prior {date}")
    found = {date: _fixed(priors[date], quarter_date(setting.at or setting.earliest), name)}
    return {**found, hazard: _fixed(priors[hazard], CERTAIN, name)} if setting.at else found


def _fixed(prior: Any, value: float, event: str) -> dict[str, Any]:
    return {"value": value, "unit": prior.unit, "source": f"assumption: set by events.{event}"}
