"""Rare events: closed forms, brute force, errors that hold, what is refused, the same bits however it is run.

Seeds are fixed. Correct code fails a comparison within 4 errors with a chance of 6e-5 each.
"""

import math
import re

import numpy as np
import pytest
from scipy import stats

from stackcast.claims import ask, ask_rare, tilting
from stackcast.claims.rare import chosen
from stackcast.engine.assembly import build
from stackcast.engine.draws import PriorDraw, Quantile
from stackcast.errors import StackcastError
from stackcast.report.answers import answer_text
from tests.claims import toys
from tests.claims.rares import HALF, NORMAL, ZERO, above, pair
from tests.engine import toy

N = 20_000


def asked(scenario, text, rare=("a", "b"), n=N, seed=1, **more):
    (found,) = ask_rare(scenario, [text], n, seed, rare, **more)
    return found


def assert_within(found, p, errors=4.0):
    assert abs(found.value - p) < errors * found.mcse, f"{found.value} +- {found.mcse} is not {p}"


@pytest.mark.parametrize("seed", range(1, 6))
def test_one_in_ten_million_is_found_with_its_error(seed):
    found = asked(pair(), above(1e-7, math.sqrt(2)), seed=seed)
    assert_within(found, 1e-7)
    assert found.mcse < 0.03e-7
    assert found.rare.effective > 2000
    assert found.rare.largest < 0.002
    assert found.rare.warning == ""
    assert found.mcse == pytest.approx(found.value * math.sqrt(1 / found.rare.effective - 1 / N), rel=1e-9)


CUT = Quantile("normal", 0.0, 1.0, u_low=0.2, u_high=1.0 - 1e-9)
WIDTH = 1.0 - 1e-9 - 0.2
SQUARE = math.sqrt(2e-7)
CLOSED = {
    "one prior": (pair(b=ZERO), above(1e-7), ("a",), 1e-7),
    "far below": (pair(b=ZERO), f"total < {stats.norm.ppf(1e-12):.12f} @ 2023", ("a",), 1e-12),
    "far above": (pair(b=ZERO), above(1e-12), ("a",), 1e-12),
    "correlated": (pair(correlation=0.6), above(1e-7, math.sqrt(3.2)), ("a", "b"), 1e-7),
    "correlated against": (pair(correlation=-0.6), above(1e-7, math.sqrt(0.8)), ("a", "b"), 1e-7),
    "truncated": (
        pair(a=CUT, b=ZERO), f"total > {stats.norm.ppf(0.2 + WIDTH * (1 - 1e-6)):.12f} @ 2023", ("a",), 1e-6
    ),
    "uniform": (pair(a=HALF, b=HALF), f"total > {2 - SQUARE:.15f} @ 2023", ("a", "b"), 1e-7),
    "either side": (
        pair(), f"{above(5e-6, math.sqrt(2))} or -{above(5e-6, math.sqrt(2))}", ("a", "b"), 1e-5
    ),
    "both": (
        pair(b=ZERO), f"{above(1e-5)} and 1000 * walk > 2000 @ 2023", ("a",), 1e-5 * stats.norm.sf(1.0)
    ),
    "not": (pair(b=ZERO), f"not total <= {stats.norm.isf(1e-7):.12f} @ 2023", ("a",), 1e-7),
}  # fmt: skip


@pytest.mark.parametrize("name", CLOSED)
def test_closed_forms_are_met(name):
    scenario, text, rare, p = CLOSED[name]
    found = asked(scenario, text, rare, n=2 * N)
    assert_within(found, p)
    assert found.rare.effective > 200
    assert found.rare.warning == ""


def test_a_steps_prior_can_be_tilted():
    steps = Quantile("steps", knots=np.array([[0.0, 1.0], [1.0 - 1e-3, 1.0]]))
    edge = 1.0 + stats.norm.isf(1e-4)
    found = asked(pair(a=steps), f"total > {edge:.12f} @ 2023")
    assert_within(found, 1e-3 * 1e-4 + (1.0 - 1e-3) * stats.norm.sf(edge))
    assert found.rare.effective > 1000


@pytest.mark.parametrize("seed", range(5))
def test_a_claim_that_also_depends_on_shocks_is_found(seed):
    """A fifth of the variance is not tilted."""
    text = f"total + walk / 4 > {math.sqrt(1.25) * stats.norm.isf(1e-5):.12f} @ 2023"
    found = asked(pair(b=ZERO), text, ("a",), n=2 * N, seed=seed)
    assert_within(found, 1e-5)
    assert found.rare.effective > 100


def test_brute_force_agrees_at_one_in_ten_thousand():
    """Of the toy, with correlated and truncated priors, shocks of eight quarters, and the largest of many figures."""
    scenario, text = toys.scenario(quarters=8), "max(size over 2023Q1..2024Q4) > 25"
    scenario.plan = toy.plan(rate=Quantile("normal", 0.03, 0.1))
    (plain,) = ask(scenario, [text], 600_000, 5)
    assert 5e-5 < plain.value < 2e-4
    found = asked(scenario, text, ("rate", "size_start", "spread"))
    assert abs(found.value - plain.value) < 4 * math.hypot(found.mcse, plain.mcse)
    assert found.mcse < plain.mcse / 2
    assert found.rare.effective > 500


def test_errors_hold_their_level():
    """Of 120 answers with an interval of 95 %, fewer than 105 hold what they should with a chance of 0.0004."""
    scenario, text = pair(), above(1e-6, math.sqrt(2))
    off = []
    for seed in range(120):
        found = asked(scenario, text, n=1000, seed=seed, pilots=1000)
        off.append((found.value - 1e-6) / found.mcse)
    assert 105 <= np.count_nonzero(np.abs(off) < 1.96) < 120
    assert abs(np.mean(off)) < 4 / math.sqrt(120)


def test_a_prior_that_moves_nothing_gives_what_counting_gives():
    text = above(2e-3, 2.0, "walk")
    found = asked(pair(), text, ("a",), n=5 * N)
    assert_within(found, 2e-3)
    (plain,) = ask(pair(), [text], 5 * N, 1)
    assert 0.5 * plain.mcse < found.mcse < 2.0 * plain.mcse
    assert abs(found.rare.tilts["a"][0]) < 1.0


def test_a_claim_that_is_not_rare_is_counted_as_it_is():
    found = asked(pair(), "total > 0 @ 2023")
    (plain,) = ask(pair(), ["total > 0 @ 2023"], N, 1)
    assert found.value == plain.value
    assert found.mcse == pytest.approx(plain.mcse, rel=1e-3)
    assert found.rare.hits == found.rare.effective == round(plain.value * N)
    assert found.rare.tilts == dict.fromkeys("ab", (0.0, 1.0))


def test_tilts_lean_to_the_event():
    up, down = (asked(pair(), f"total {sign} @ 2023").rare.tilts for sign in ("> 6", "< -6"))
    for name in "ab":
        assert 2.7 < up[name][0] < 3.4
        assert -3.4 < down[name][0] < -2.7
    flat = asked(pair(b=ZERO), "total > 4 @ 2023", ("a",)).rare.tilts
    assert 4.0 < flat["a"][0] < 4.5


def test_scales_are_never_below_one_and_bounded():
    wide = asked(pair(b=ZERO), "total > 4 @ 2023 or total < -4 @ 2023", ("a",)).rare.tilts["a"]
    assert 2.0 < wide[1] <= tilting.WIDEST
    narrow = asked(pair(), above(1e-7, math.sqrt(2))).rare.tilts
    assert [scale for _, scale in narrow.values()] == [1.0, 1.0]


def test_a_poor_choice_of_priors_is_told_in_words():
    found = asked(pair(), above(1e-7, math.sqrt(2)), ("a",))
    assert found.rare.effective < 100
    assert "below 100" in found.rare.warning
    assert "too small" in found.rare.warning


def test_text_says_what_a_figure_rests_on():
    good = answer_text(asked(pair(), above(1e-7, math.sqrt(2)))).splitlines()
    assert re.fullmatch(
        r"    probability [\d.]+e-0[78] \+- 1\.[789]e-09; met by [\d,]+ of 20,000 .* equal ones", good[1]
    )
    assert re.fullmatch(r"    drawn at a \+3\.\d\d sd, b \+3\.\d\d sd", good[2])
    assert len(good) == 3
    poor = answer_text(asked(pair(), above(1e-7, math.sqrt(2)), ("a",))).splitlines()
    assert re.fullmatch(r"    beware: .*, below 100 and one trajectory carries \d\d % .*: value and error .*", poor[3])
    wide = answer_text(asked(pair(b=ZERO), "total > 4 @ 2023 or total < -4 @ 2023", ("a",))).splitlines()
    assert re.search(r"\(spread x [23]\.\d\d\)", wide[2])
    none = answer_text(asked(pair(b=ZERO), "total > 3 @ 2023 and walk > 40 @ 2023", ("a",), n=2000)).splitlines()
    assert none[1].startswith("    no figure: met by 0 of 2,000 trajectories")
    assert "drawn at a +" in none[2]


def test_no_hit_gives_no_figure():
    found = asked(pair(b=ZERO), "total > 3 @ 2023 and walk > 40 @ 2023", ("a",), n=2000)
    assert (found.value, found.mcse, found.rare.hits) == (None, None, 0)
    assert "met by 0 of 2,000" in found.note


def test_undefined_trajectories_are_misses_and_counted():
    found = asked(pair(b=ZERO), "total / (1 - min(max(total over 2023..2023), 1)) > 0 @ 2023", ("a",), n=N)
    assert found.n_undefined > 0
    assert found.n_condition == found.n == N
    assert_within(found, stats.norm.cdf(1.0) - 0.5)


def test_auto_picks_the_priors_that_matter():
    found = asked(pair(a=Quantile("normal", 0.0, 3.0), b=NORMAL), above(1e-6, math.sqrt(10)), "auto")
    assert list(found.rare.tilts) == ["a", "b"]
    assert_within(found, 1e-6)
    alone = asked(pair(b=ZERO), above(1e-6), "auto")
    assert list(alone.rare.tilts) == ["a"]
    assert alone == asked(pair(b=ZERO), above(1e-6), ("a",))


def test_names_between_commas_are_names():
    assert asked(pair(), above(1e-5), "a, b", n=2000) == asked(pair(), above(1e-5), ("a", "b"), n=2000)


@pytest.mark.parametrize(("threads", "chunk"), [(1, 256), (2, 512), (3, 700)])
def test_threads_and_chunks_change_no_bit(threads, chunk):
    odd = 3001  # not a whole number of blocks, nor of tenths
    found = asked(pair(), above(1e-6, math.sqrt(2)), n=odd, threads=threads, chunk=chunk, pilots=odd)
    assert found == asked(pair(), above(1e-6, math.sqrt(2)), n=odd, pilots=odd)


def test_questions_beside_it_change_no_bit():
    texts = [above(1e-6, math.sqrt(2)), above(1e-5, math.sqrt(2))]
    both = ask_rare(pair(), texts, 2000, 1, ("a", "b"))
    assert both == [asked(pair(), text, n=2000) for text in texts]


def test_progress_counts_all_questions():
    told = []
    ask_rare(pair(), ["total > 5 @ 2023"] * 2, 2000, 1, "a", progress=lambda done, total: told.append((done, total)))
    assert told == [(2000, 4000), (4000, 4000)]


def test_pilots_are_no_trajectories_of_the_run():
    seeds = {tilting.pilot_seed(seed, number) for seed in (0, 1, 2**64 - 1) for number in range(tilting.ROUNDS)}
    assert len(seeds) == 3 * tilting.ROUNDS
    assert all(0 <= seed < 2**64 for seed in seeds)
    assert not seeds & {0, 1, 2**64 - 1}


REFUSED = [
    ("total @ 2023", "a", "rare: total @ 2023: a number: allowed: a condition without |"),
    ("first(total > 1)", "a", "a date: allowed: a condition without |"),
    ("total > 1 @ 2023 | walk > 0 @ 2023", "a", "has a condition after |: allowed: a condition without |"),
    ("total > 1 @ 2023", "", "rare: no priors: allowed: names of priors"),
    ("total > 1 @ 2023", (), "rare: no priors: allowed: names of priors"),
    ("total > 1 @ 2023", "a,aa", "rare = aa: unknown (did you mean 'a'?), allowed: a, auto"),
    ("total > 1 @ 2023", "a,a", "rare = a: named twice"),
    ("total > 1 @ 2023", "b", "rare = b: fixed: allowed: priors drawn each on its own (a)"),
    (
        "total == 7 @ 2023",
        "a",
        "met by none of 20,000 pilots, and == says not how near one is: allowed: a",
    ),
    ("1 > 2 or total == 7 @ 2023", "a", "all of 20,000 pilots are equally far from it"),
    ("1 > 2", "auto", "no prior stands out in 20,000 pilots: allowed: names of priors"),
]


@pytest.mark.parametrize(("text", "rare", "said"), REFUSED, ids=[f"{text} {rare}" for text, rare, _ in REFUSED])
def test_what_cannot_be_sampled_is_one_line(text, rare, said):
    with pytest.raises(StackcastError) as caught:
        asked(pair(b=ZERO), text, rare)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_priors_drawn_jointly_are_refused():
    for kind, knots in (("member", np.arange(5.0)), ("listed", np.arange(5.0))):
        with pytest.raises(StackcastError, match=r"rare = a: not drawn on its own: allowed: .*\(b\)"):
            asked(pair(a=Quantile(kind, knots=knots)), "total > 1 @ 2023", "a")
    shared = pair()
    shared.plan = type(shared.plan)(tuple(PriorDraw(name, "prior:both", NORMAL) for name in "ab"))
    with pytest.raises(StackcastError, match=r"rare = b: not drawn on its own: allowed: .*\(none\)"):
        chosen(build(shared), ("b",))


def test_everything_but_the_pilots_is_refused_before_anything_is_drawn(monkeypatch):
    monkeypatch.setattr("stackcast.claims.rare.simulate_together", None)
    with pytest.raises(StackcastError, match="a number"):
        ask_rare(pair(), ["total > 1 @ 2023", "total @ 2023"], 2000, 1, "a")
