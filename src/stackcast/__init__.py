"""stackcast: from a scenario file to the distribution of value captured by every layer of the AI stack.

    import stackcast

    forecast = stackcast.run("configs/baseline.toml", trajectories=100_000)
    forecast.quantile("share", layer="chips", year=2030, q=[0.05, 0.5, 0.95])

Names are imported when first used, so that `import stackcast` and `stackcast --help` load nothing heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._version import __version__
from .lazy import lazily

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
    "laws": "laws",
    "load_scenario": "scenario",
    "open_run": "forecast",
    "replay": "api",
    "run": "api",
    "theses": "api",
}

__getattr__, __dir__ = lazily(__name__, _HOME)
