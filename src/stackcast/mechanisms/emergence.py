"""Emergence: how useful models are at their capability.

Loss is not usefulness: a smooth logistic part, and three groups of use-cases that arrive in jumps when capability
passes a drawn threshold. Weights and thresholds are assumptions; Wei et al. 2022 (arXiv 2206.07682) find abilities
that appear suddenly, Schaeffer et al. 2023 (arXiv 2304.15004) hold them for an effect of the yardstick, hence a
weight of the jumps that is drawn from nothing up.
"""

from __future__ import annotations

from stackcast.engine.declare import Loop, Mechanism, Row
from stackcast.engine.vecmath import exp, log

USE_CASES = 3.0
# Where all weight lies on jumps and none has come, the logarithm still needs a number.
LEAST_USEFULNESS = 1e-6
USEFULNESS_OF_2023 = 0.01
LOG_USEFULNESS_OF_2023 = -4.605170185988091


def judge_models(
    capability, usefulness_midpoint, usefulness_slope, use_case_weight, use_case_1, use_case_2, use_case_3
):
    """Use-cases that models are capable of, their usefulness in [0, 1] and its logarithm."""
    odds = exp(usefulness_slope * (usefulness_midpoint - capability))
    first = 1.0 if capability >= use_case_1 else 0.0
    second = 1.0 if capability >= use_case_2 else 0.0
    third = 1.0 if capability >= use_case_3 else 0.0
    cases = first + second + third
    usefulness = (1.0 - use_case_weight) / (1.0 + odds) + use_case_weight * cases / USE_CASES
    return cases, usefulness, log(max(usefulness, LEAST_USEFULNESS))


EMERGENCE = Mechanism(
    name="emergence",
    doc="Usefulness of models: a smooth part, and use-cases that arrive in jumps.",
    priors={
        "usefulness_midpoint": "1",
        "usefulness_slope": "1",
        "use_case_weight": "1",
        "use_case_1": "1",
        "use_case_2": "1",
        "use_case_3": "1",
    },
    reads=("capability",),
    writes={
        "use_cases": Row("1", "stock", "groups of use-cases that models are capable of, of three", "ratio"),
        "usefulness": Row("1", "stock", "usefulness of the best model", "share"),
        "log_usefulness": Row("1", "stock", "natural logarithm of usefulness"),
    },
    neutral={"use_cases": 0.0, "usefulness": USEFULNESS_OF_2023, "log_usefulness": LOG_USEFULNESS_OF_2023},
    loops=(Loop(judge_models, ("use_cases", "usefulness", "log_usefulness")),),
)
