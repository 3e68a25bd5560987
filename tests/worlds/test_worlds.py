"""The shipped worlds: each says whose claim it is and where its numbers are from, runs, and does what its author says.

The signs below were written down from the essays before any world was run. Where the model disagrees with an author
the claim stays in the table with the sign that holds, and ``NOT_BORNE_OUT`` says so, as does the world's header.
"""

from __future__ import annotations

import datetime
import re
import tomllib

import numpy as np
import pytest

from stackcast.engine.assembly import build
from stackcast.engine.driver import simulate
from stackcast.scenario import load_scenario
from tests.feedbacks.paired import CONFIGS, against, differences, figures, program

ESSAYS = {
    "platform_2023": ("Who owns the generative AI platform?", "Andreessen Horowitz", "2023"),
    "linux_moment": ("AI's Linux moment", "Next Big Teng", "2023"),
    "gpu_constrained": ("Five takeaways from the April 2023 AI economy", "Lux Capital", "2023"),
    "rebundling": ("The modern ML stack is broken, but it won't be for long", "Radical Ventures", "2023"),
    "scaling_wall": ("Infrastructure after AI scaling", "Canaan", "2024"),
    "data_wall": ("Infrastructure after AI scaling", "Canaan", "2024"),
    "power_wall": ("Infrastructure after AI scaling", "Canaan", "2024"),
}
INFRASTRUCTURE = "share_foundry + share_chips + share_cloud @ 2030"
AFTER = "share_tooling + share_data + share_open_models @ 2032"

SIGNS: dict[str, dict[str, int]] = {
    "platform_2023": {INFRASTRUCTURE: 1, "share_chips @ 2030": 1},
    "linux_moment": {
        "open_share @ 2030Q4": 1,
        "log closed_premium @ 2030Q4": -1,
        "lab_hhi @ 2030Q4": -1,
        "share_closed_models @ 2030": -1,
    },
    "gpu_constrained": {"chip_scarcity @ 2026Q4": 1, "gross_margin_tooling @ 2030": -1, "share_chips @ 2028": 1},
    "rebundling": {"platform_share @ 2028Q4": 1, "share_tooling @ 2030": 1},
    "scaling_wall": {AFTER: 1, "share_chips @ 2032": -1},
    "data_wall": {"exhaustion @ 2035Q4 < 2030": 1, "share_data @ 2030": 1, "share_chips @ 2032": -1},
    "power_wall": {"log fleet_h100e @ 2032Q4": -1, "rental_price @ 2032Q4": 1, "share_chips @ 2032": -1},
}
"""World -> figure -> sign of (world less baseline) that its author claims."""

NOT_BORNE_OUT: dict[str, dict[str, int]] = {
    "linux_moment": {"open_share @ 2030Q4": -1},
    "gpu_constrained": {"share_chips @ 2028": -1},
    "rebundling": {"share_tooling @ 2030": -1},
}
"""World -> figure -> sign that the model has instead, against its author's claim."""


def toml(world: str) -> dict:
    return tomllib.loads((CONFIGS / f"{world}.toml").read_text())


def test_the_baseline_and_every_essay_have_a_world():
    assert {path.stem for path in CONFIGS.glob("*.toml")} == {"baseline", "baseline_2025", *ESSAYS}


@pytest.mark.parametrize("world", ESSAYS)
def test_a_header_says_whose_claim_it_is(world):
    text = (CONFIGS / f"{world}.toml").read_text()
    header = " ".join(line.lstrip("# ") for line in text.split("\nextends")[0].splitlines())
    assert all(word in header for word in ESSAYS[world]), header


@pytest.mark.parametrize("world", ESSAYS)
def test_a_world_changes_priors_alone_and_says_where_each_number_is_from(world):
    data, baseline = toml(world), toml("baseline")["priors"]
    assert set(data) == {"extends", "name", "description", "priors"}
    assert data["extends"] == "baseline.toml"
    assert data["name"] == world
    for name, prior in data["priors"].items():
        shape = {key: value for key, value in prior.items() if key not in ("source", "as_of", "note")}
        assert shape != {key: value for key, value in baseline[name].items() if key in shape}, f"{name} is unchanged"
        assert len(prior["source"].removeprefix("assumption")) > 10, f"{name}: a source, or why it is assumed"
        assert isinstance(prior["as_of"], datetime.date), name
        assert prior["source"] == load_scenario(CONFIGS / f"{world}.toml").priors[name].source


@pytest.mark.parametrize("world", ESSAYS)
def test_nothing_in_a_world_was_known_after_its_essay(world):
    for name, prior in toml(world)["priors"].items():
        assert str(prior["as_of"].year) == ESSAYS[world][2], name


@pytest.mark.parametrize("world", NOT_BORNE_OUT)
def test_a_header_says_which_claim_is_not_borne_out(world):
    assert "# Not borne out: " in (CONFIGS / f"{world}.toml").read_text()


@pytest.mark.parametrize("world", ["baseline", *ESSAYS])
def test_a_world_runs_and_its_books_balance(world):
    scenario = load_scenario(CONFIGS / f"{world}.toml", set=["mechanisms.audit=true"])
    assert not scenario.messages
    audited = build(scenario)
    result = simulate(audited, 2_000, 5, sample=2_000)  # a figure that is not finite is an error of the run
    assert np.isfinite(result.aggregates.total).all()
    assert np.isfinite(result.sample).all()
    identities = [name for name in audited.names if re.fullmatch(r"identity_[IC]\d", name)]
    assert len(identities) == 9
    worst = figures(audited, [f"{name} @ 2035Q4" for name in identities])
    assert max(value.max() for value in worst.values()) < 1e-9


@pytest.mark.parametrize("world", ESSAYS)
def test_a_world_differs_from_the_baseline_as_its_author_claims(world):
    against_claim = NOT_BORNE_OUT.get(world, {})
    assert set(against_claim) <= set(SIGNS[world])
    held = SIGNS[world] | against_claim
    found = differences(program(world=world), program(), [*held], n=8_000)
    assert not against(held, found)
