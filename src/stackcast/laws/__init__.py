"""Published equations as pure scalar functions, usable on their own; one topic a file.

Every law exists once and is offered twice: ``scaling.loss(...)`` checks its arguments (``ValueError``
naming the argument, what was given and what is allowed), ``scaling.loss.kernel`` is the unchecked,
branch-free function that the simulation inlines.
"""

from __future__ import annotations

from stackcast.lazy import lazily

__all__ = ["adoption", "conditioning", "datacentre", "dynamics", "growth", "learning", "pricing", "scaling"]

# Topics are imported when first used: `import stackcast` must not pay for a compiler.
__getattr__, __dir__ = lazily(__name__, {topic: topic for topic in __all__})
