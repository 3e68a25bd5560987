"""Audit: the ledger's identities on every trajectory and quarter, as the largest relative error so far.

Off in the baseline; a scenario switches it on with ``[mechanisms] audit = true``. It changes no other row.
"""

from __future__ import annotations

import inspect

from stackcast.engine.declare import LAST, Loop, Mechanism, Row
from stackcast.ledger.identities import IDENTITIES, STEPS

_PRIORS = ("lab_other_cost", "hardware_research", "cloud_research", "software_research")


def keep_largest(error, last_worst):
    """Largest error so far; a NaN stays."""
    return (max(error, last_worst),)


def _inputs(step) -> tuple[str, ...]:
    return step.reads or tuple(inspect.signature(step.body).parameters)


def _outside_rows() -> tuple[str, ...]:
    own = {name for step in STEPS for name in step.writes} | set(_PRIORS)
    names = dict.fromkeys(name for step in STEPS for name in _inputs(step))
    return tuple(name for name in names if name not in own and not name.startswith(LAST))


_MONEY = Row("USD_bn", "flow", "a total of the audit")
_WORST = {f"identity_{name}": f"largest relative error of {name} so far" for name in IDENTITIES}

AUDIT = Mechanism(
    name="audit",
    doc="Identities of the ledger, checked on every trajectory and quarter.",
    priors=dict.fromkeys(_PRIORS, "1"),
    reads=_outside_rows(),
    carries={
        **dict.fromkeys(_WORST, 0.0),
        **dict.fromkeys(("plant_building", "plant_1", "plant_2", "plant_3", "plant_4", "lab_cash")),
    },
    writes={
        **{name: _MONEY for step in STEPS for name in step.writes},
        **{row: Row("1", "stock", words, "positive") for row, words in _WORST.items()},
    },
    neutral=dict.fromkeys(_WORST, 0.0),
    loops=(
        *(Loop(step.body, step.writes, reads=step.reads) for step in STEPS),
        *(
            Loop(keep_largest, (f"identity_{name}",), reads=(f"error_{name}", f"{LAST}identity_{name}"))
            for name in IDENTITIES
        ),
    ),
)
