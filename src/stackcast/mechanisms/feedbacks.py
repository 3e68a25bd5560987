"""Feedbacks of the model that a scenario can cut: each is a name, and the priors that carry it.

A feedback is a loop of causes through several mechanisms. It is cut where one of its links is a response that a prior
measures: the prior is held at the value at which nothing responds, and everything else is drawn as before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Feedback:
    """A feedback in words, and what the priors that carry it become when it is cut (in the mechanisms' units)."""

    doc: str
    cut: Mapping[str, float]

    def __post_init__(self) -> None:
        object.__setattr__(self, "cut", MappingProxyType(dict(self.cut)))


FEEDBACKS: Mapping[str, Feedback] = MappingProxyType(
    {
        "scarcity_margin": Feedback(
            "orders beyond what can be made raise the price of chips and the margin of their designers",
            {"chip_price_response": 0.0, "chip_margin_response": 0.0},
        ),
        "overhang_bust": Feedback(
            "plant ahead of the revenue that pays for it makes a collapse of capital spending likelier",
            {"bust_sensitivity": 0.0},
        ),
        "fleet_training": Feedback(
            "a larger fleet lets the largest training run grow",
            {"run_fleet_elasticity": 0.0},
        ),
        "usefulness_demand": Feedback(
            "more useful models bring more users and more tokens a user",
            {"usefulness_link": 0.0},
        ),
        "revenue_capital": Feedback(
            "revenue that reaches the cloud sets the plant it wants, and capital spending follows",
            {"capital_response": 0.0},
        ),
        "gap_premium": Feedback(
            "the gap between closed and open models moves the closed models' tokens and their price premium",
            {"gap_preference": 0.0, "gap_pricing": 0.0},
        ),
        "slowdown_spend": Feedback(
            "slower progress of base models moves spending from upkeep of products to tooling and data, "
            "and applications drop experiments",
            {"slowdown_tooling": 0.0, "slowdown_data": 0.0, "slowdown_experiments": 0.0, "model_upkeep": 0.0},
        ),
        "exhaustion_data": Feedback(
            "text that runs short raises what is paid for data",
            {"data_response": 0.0},
        ),
        "moats": Feedback(
            "what a layer has built up (supply, ecosystem, scale, algorithms, distribution, data) raises its margin",
            {"moat_margin": 0.0},
        ),
        "silicon_entry": Feedback(
            "a high margin of chip designers brings competing silicon",
            {"rival_response": 0.0},
        ),
        "rent_own_centres": Feedback(
            "high rents make labs build centres of their own (cut: labs have none at all)",
            {"own_centre_long": 0.0},
        ),
    }
)
"""Every feedback that a scenario can switch off, by name."""
