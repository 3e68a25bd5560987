"""What a user writes becomes what the engine draws: the only place that parses.

A TOML file, the files it extends and ``--set`` are merged, validated, converted to the mechanisms'
units and resolved to a plan of draws. The engine is imported when a scenario is loaded, not before:
``json_schema`` works without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackcast.lazy import lazily

if TYPE_CHECKING:
    from stackcast.scenario.models import json_schema
    from stackcast.scenario.priors import Prior
    from stackcast.scenario.scenario import Scenario, load_scenario

__all__ = ["Prior", "Scenario", "json_schema", "load_scenario"]

_HOME = {
    "Prior": "priors",
    "Scenario": "scenario",
    "json_schema": "models",
    "load_scenario": "scenario",
}

__getattr__, __dir__ = lazily(__name__, _HOME)
