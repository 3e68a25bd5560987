"""Every feedback that a scenario can cut: what it does is the difference with and without it, on the same draws.

Each case names a world in which the feedback is at work, and figures with the sign of (with - without) that its causes
give. A sign holds at five standard errors of the paired difference.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from stackcast.mechanisms.feedbacks import FEEDBACKS
from tests.feedbacks.paired import ERRORS, against, differences, errors_from_none, figures, program

BREAK = 'events.scaling_break={at = "2026Q1"}'
NOTHING_LEFT = "priors.scaling_break_factor.value=0"


@dataclass(frozen=True)
class Case:
    """A feedback, a world in which it works, and the sign that it gives to figures."""

    feedback: str
    why: str
    signs: dict[str, int]
    world: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.feedback}: {self.why}"


CASES = (
    Case(
        "scarcity_margin",
        "chips short of orders are dearer and their designer's margin is higher",
        {"chip_price @ 2024Q4": 1, "chip_margin @ 2024Q4": 1, "gross_margin_chips @ 2024": 1},
    ),
    Case(
        "overhang_bust",
        "spending beyond what is tolerated brings busts, a bust less plant, smaller models and less spend",
        {
            "capital_bust @ 2035Q4 < 2031": 1,
            "log capital_spending @ 2030": -1,
            "log fleet_h100e @ 2030Q4": -1,
            "log lab_raised @ 2030": -1,
            "capability @ 2032Q4": -1,
            "log end_spend @ 2033": -1,
        },
        ("priors.bust_overhang.value=0.3",),
    ),
    Case(
        "fleet_training",
        "a larger fleet trains larger models, which are worth more, so more is spent and built",
        {
            "log frontier_flop @ 2030Q4": 1,
            "capability @ 2030Q4": 1,
            "usefulness @ 2030Q4": 1,
            "log end_spend @ 2032": 1,
            "log capital_spending @ 2032": 1,
        },
    ),
    Case(
        "usefulness_demand",
        "models that are worth more raise demand, the cloud's revenue and capital spending",
        {
            "log spend_products @ 2030Q4": 1,
            "log end_spend @ 2030": 1,
            "log revenue_cloud @ 2030": 1,
            "log capital_spending @ 2032": 1,
        },
    ),
    Case(
        "revenue_capital",
        "revenue that grows brings plant, plant compute, compute capability",
        {"log capital_spending @ 2028": 1, "log fleet_h100e @ 2028Q4": 1, "capability @ 2030Q4": 1},
    ),
    Case(
        "gap_premium",
        "a frontier that stands still lets open models catch up: more tokens, a lower closed premium",
        {"open_share @ 2030Q4": 1, "log closed_dearness @ 2030Q4": -1},
        (BREAK, NOTHING_LEFT),
    ),
    Case(
        "slowdown_spend",
        "a frontier that stands still moves spending from training and experiments to tools and data: chips grow less",
        {
            "log revenue_tooling + revenue_data @ 2030": 1,
            "log bid_training @ 2030Q4": -1,
            "log revenue_chips @ 2030": -1,
            "log pay_apps_cloud_rd @ 2030Q4": -1,
        },
        (BREAK, NOTHING_LEFT),
    ),
    Case(
        "exhaustion_data",
        "text that runs short makes data dear, and its sellers earn more of a larger bill",
        {
            "data_price_log @ 2030Q4": 1,
            "gross_margin_data @ 2030": 1,
            "log revenue_data @ 2030": 1,
            "share_data @ 2030": 1,
        },
        ("priors.text_stock_start.value=10e12", "priors.synthetic_worth.value=0"),
    ),
    Case(
        "moats",
        "moats that are never lost raise margins wherever they stand",
        {
            "foundry_gross_margin @ 2030Q4": 1,
            "chip_margin @ 2030Q4": 1,
            "operations_rate @ 2030Q4": -1,
            "lab_margin @ 2030Q4": 1,
            "data_gross_margin @ 2030Q4": 1,
            "app_cost_share @ 2030Q4": -1,
        },
        tuple(
            f"priors.moat_{kind}_decay.value=0"
            for kind in ("supply", "ecosystem", "scale", "algorithms", "distribution", "pipeline")
        ),
    ),
    Case(
        "moats",
        "moats that nothing rebuilds are lost, and margins with them",
        {
            "foundry_gross_margin @ 2030Q4": -1,
            "chip_margin @ 2030Q4": -1,
            "operations_rate @ 2030Q4": 1,
            "lab_margin @ 2030Q4": -1,
            "data_gross_margin @ 2030Q4": -1,
            "app_cost_share @ 2030Q4": 1,
        },
        tuple(
            f"priors.moat_{kind}_build.value=0"
            for kind in ("supply", "ecosystem", "scale", "algorithms", "distribution", "pipeline")
        ),
    ),
    Case(
        "silicon_entry",
        "a margin above what lasts brings in rivals, who take shipments and lower the price",
        {"rival_share @ 2027Q4": 1, "chip_price @ 2027Q4": -1, "gross_margin_chips @ 2027": -1},
        ("priors.chip_margin_start.value=0.75", "priors.chip_margin_long.value=0.55"),
    ),
    Case(
        "rent_own_centres",
        "rents above cost make labs build, which keeps rent with them and costs clouds their claim",
        {
            "own_centre_share @ 2030Q4": 1,
            "gross_margin_closed_models @ 2030": 1,
            "hyperscaler_share @ 2030Q4": -1,
            "partner_rate @ 2030Q4": -1,
        },
    ),
)


def test_every_feedback_has_a_case():
    assert {case.feedback for case in CASES} == set(FEEDBACKS)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_feedback_has_the_sign_of_its_causes(case):
    found = differences(program(*case.world), program(*case.world, f"feedbacks.{case.feedback}=false"), [*case.signs])
    assert not against(case.signs, found)


def test_a_slowdown_lowers_the_closed_premium_through_the_gap_alone():
    """What a break does to the premium with the feedback, without it, and the difference of the two.

    Without it the premium rises: models that last longer keep labs concentrated.
    """
    premium, cut = "log closed_premium @ 2030Q4", "feedbacks.gap_premium=false"
    world, never = (BREAK, NOTHING_LEFT), ("priors.scaling_break_hazard.value=0",)
    worlds = (world, never, (*world, cut), (*never, cut))
    broken, whole, broken_cut, whole_cut = (figures(program(*setting), [premium])[premium] for setting in worlds)
    assert errors_from_none(broken - whole) < -ERRORS
    assert errors_from_none(broken_cut - whole_cut) > ERRORS
    assert errors_from_none((broken - whole) - (broken_cut - whole_cut)) < -ERRORS


@pytest.mark.parametrize("feedback", ["fleet_training", "usefulness_demand", "revenue_capital"])
def test_the_circle_from_capital_to_capital_is_cut_at_any_of_its_links(feedback):
    """Capital -> compute -> capability -> demand -> revenue -> capital: without any one link all of them grow less."""
    circle = {
        f"log {row} @ 2033": 1 for row in ("capital_spending", "end_spend", "revenue_cloud", "fleet_h100e")
    } | {"capability @ 2033": 1}  # fmt: skip
    found = differences(program(), program(f"feedbacks.{feedback}=false"), [*circle])
    assert not against(circle, found)
