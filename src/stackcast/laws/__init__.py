"""Published equations as pure scalar functions, usable on their own; one topic a file.

Every law exists once and is offered twice: ``scaling.loss(...)`` checks its arguments (``ValueError``
naming the argument, what was given and what is allowed), ``scaling.loss.kernel`` is the unchecked,
branch-free function that the simulation inlines.
"""

from __future__ import annotations

import importlib

__all__ = ["adoption", "conditioning", "datacentre", "dynamics", "growth", "learning", "pricing", "scaling"]


def __getattr__(name: str):
    # Topics are imported when first used: `import stackcast` must not pay for a compiler.
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
