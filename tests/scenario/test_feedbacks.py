"""Switches of feedbacks: what they cut, what they leave as it was, and what they refuse."""

from __future__ import annotations

import json

import numpy as np
import pytest

from stackcast.engine.draws import draw_values
from stackcast.errors import ScenarioError
from stackcast.mechanisms import MECHANISMS, feedbacks
from stackcast.mechanisms.domains import DOMAINS
from stackcast.mechanisms.feedbacks import FEEDBACKS, Feedback
from stackcast.scenario import Scenario

GROUP = """
a = { dist = "normal", mean = 0, sd = 1, unit = "1", source = "assumption" }
z = { dist = "normal", mean = 0, sd = 1, unit = "1", source = "assumption" }
[correlations.together]
between = ["a", "growth", "price_level", "z"]
rank = 0.6
source = "assumption"
"""


@pytest.fixture(autouse=True)
def toy(monkeypatch):
    """Feedbacks of the small model."""
    made = {
        "growing": Feedback("it grows", {"growth": 0.0}),
        "pricing": Feedback("prices", {"price_level": 2.5, "not_there": 0.0}),
    }
    monkeypatch.setattr(feedbacks, "FEEDBACKS", made)


def drawn(scenario: Scenario) -> dict[str, np.ndarray]:
    return draw_values(scenario.plan, 11, 0, 1000)


def same_but(one: Scenario, other: Scenario, *cut: str) -> bool:
    first, second = drawn(one), drawn(other)
    return first.keys() == second.keys() and all(np.array_equal(first[k], second[k]) for k in first if k not in cut)


def test_a_cut_holds_its_priors_and_leaves_every_other_draw(files):
    plain, cut = files.model(), files.model("[feedbacks]\ngrowing = false")
    assert (plain.cut_feedbacks, cut.cut_feedbacks) == ((), ("growing",))
    assert same_but(plain, cut, "growth")
    assert not same_but(plain, cut)
    assert np.all(drawn(cut)["growth"] == 0.0)
    prior = cut.priors["growth"]
    assert (prior.dist, prior.source, prior.unit) == (
        "constant", "assumption: feedback growing is cut", "H100e_per_quarter",
    )  # fmt: skip
    assert prior.assumption
    assert cut.messages == ()


@pytest.mark.parametrize("name", ["growing", "pricing"])
def test_priors_correlated_with_a_cut_one_keep_their_draws(files, name):
    """The first and a later member of the group: both are mixed into those after them."""
    plain, cut = files.model(GROUP), files.model(GROUP + f"[feedbacks]\n{name} = false")
    (prior, value) = next(iter(feedbacks.FEEDBACKS[name].cut.items()))
    assert same_but(plain, cut, prior)
    assert np.all(drawn(cut)[prior] == value)
    assert np.corrcoef(drawn(cut)["a"], drawn(cut)["z"])[0, 1] > 0.5


def test_priors_drawn_from_the_rows_of_a_cut_one_keep_their_draws(files):
    files.write("u,v\n" + "\n".join(f"{k + 1},{k * k}" for k in range(30)), "d.csv")
    text = files.base.replace(
        'price_level = { dist = "normal", mean = 30, sd = 2, unit = "USD_k", source = "assumption" }',
        'price_level = { dist = "empirical", file = "d.csv", column = "u", unit = "USD_k", source = "s", low = 5 }\n'
        'other = { dist = "empirical", file = "d.csv", column = "v", unit = "1", source = "s" }',
    )
    plain = files.load(text, registry=files.registry)
    cut = files.load(text + "[feedbacks]\npricing = false", registry=files.registry)
    assert same_but(plain, cut, "price_level")
    assert np.all(drawn(cut)["price_level"] == 2.5)


def test_switches_extend_and_are_set(files):
    files.write(files.base + "[feedbacks]\ngrowing = false", "below.toml")
    over = 'extends = "below.toml"\n[feedbacks]\npricing = false'
    load = {"registry": files.registry}
    assert files.load(over, **load).cut_feedbacks == ("growing", "pricing")
    assert files.load(over, set=["feedbacks.growing=true"], **load).cut_feedbacks == ("pricing",)
    assert files.model(set="feedbacks.growing=false").cut_feedbacks == ("growing",)


def test_what_is_cut_is_part_of_the_resolved_scenario_and_of_its_hash(files):
    plain, on = files.model(), files.model("[feedbacks]\ngrowing = true")
    cut = files.model("[feedbacks]\ngrowing = false\npricing = true")
    assert plain.hash() == on.hash() != cut.hash()
    assert plain.resolved()["feedbacks"] == {}
    assert cut.resolved()["feedbacks"] == {"growing": False}
    again = Scenario.from_resolved(json.loads(json.dumps(cut.resolved())), registry=files.registry)
    assert (again.hash(), again.cut_feedbacks) == (cut.hash(), ("growing",))
    assert same_but(cut, again)


def test_a_cut_that_finds_nothing_to_cut_says_so(files):
    part = files.model("[feedbacks]\npricing = false")
    assert part.messages == ("feedbacks.pricing: cut in part: no mechanism that runs uses not_there",)
    off = files.model("[feedbacks]\npricing = false\n[mechanisms]\nprice = false")
    assert off.messages == (
        "feedbacks.pricing: nothing to cut: no mechanism that runs uses price_level or not_there",
    )  # fmt: skip
    assert same_but(files.model("[mechanisms]\nprice = false"), off)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("growin = false", "feedbacks.growin = False: unknown feedback; did you mean 'growing'?"),
        ("xyz = true", "feedbacks.xyz = True: unknown feedback; known: growing, pricing"),
        ('growing = "no"', "feedbacks.growing = no: must be true or false"),
        ("growing = 0", "feedbacks.growing = 0: must be true or false"),
        ("growing.x = false", "feedbacks.growing = {'x': False}: must be true or false"),
        ("'a b' = false", "feedbacks.a b: a name is letters, digits and _, starting with a letter"),
    ],
)
def test_bad_switches_are_one_line(files, text, said):
    with pytest.raises(ScenarioError) as caught:
        files.model(f"[feedbacks]\n{text}")
    assert str(caught.value).endswith(said)
    assert "\n" not in str(caught.value)


def test_bad_settings_name_the_command_line(files):
    for setting, said in (
        ("feedbacks.growin=false", "--set: feedbacks.growin = False: unknown feedback; did you mean 'growing'?"),
        ("feedbacks.growing=False", "--set: feedbacks.growing = False: must be true or false"),
        ("feedbacks=false", "--set: feedbacks = False: must be a table, [feedbacks]"),
        ("feedback.growing=false", "--set: feedback.growing = False: unknown key; did you mean 'feedbacks'?"),
    ):
        with pytest.raises(ScenarioError) as caught:
            files.model(set=setting)
        assert str(caught.value) == said


def test_every_shipped_feedback_cuts_priors_of_shipped_mechanisms():
    """At a value that means something there."""
    used = {prior for mechanism in MECHANISMS.values() for prior in mechanism.priors}
    for name, feedback in FEEDBACKS.items():
        assert feedback.doc
        assert feedback.cut
        for prior, value in feedback.cut.items():
            assert prior in used, f"{name}: {prior}"
            domain = DOMAINS.get(prior)
            if domain is not None:
                assert domain.low <= value <= domain.high, prior
                assert not (domain.open_low and value == domain.low), prior
