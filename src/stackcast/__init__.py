"""stackcast: from a scenario file to the distribution of value captured by every layer of the AI stack.

    import stackcast

    forecast = stackcast.run("configs/baseline.toml", trajectories=100_000)
    forecast.quantile("share", layer="chips", year=2030, q=[0.05, 0.5, 0.95])

Names are imported when first used, so that `import stackcast` and `stackcast --help` load nothing heavy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from . import laws
    from .api import ask, compare, replay, run, theses
    from .engine.sampling import Sampling
    from .errors import ClaimError, ModelError, NumericalError, ScenarioError, StackcastError
    from .forecast import Forecast, open_run
    from .scenario import Scenario, load_scenario

__all__ = [
    "ClaimError",
    "Forecast",
    "ModelError",
    "NumericalError",
    "Sampling",
    "Scenario",
    "ScenarioError",
    "StackcastError",
    "__version__",
    "ask",
    "compare",
    "laws",
    "load_scenario",
    "open_run",
    "replay",
    "run",
    "theses",
]

_HOME = {
    "ClaimError": "errors",
    "Forecast": "forecast",
    "ModelError": "errors",
    "NumericalError": "errors",
    "Sampling": "engine.sampling",
    "Scenario": "scenario",
    "ScenarioError": "errors",
    "StackcastError": "errors",
    "ask": "api",
    "compare": "api",
    "load_scenario": "scenario",
    "open_run": "forecast",
    "replay": "api",
    "run": "api",
    "theses": "api",
}


def __getattr__(name: str) -> Any:
    if name == "laws":
        return importlib.import_module(".laws", __name__)
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
