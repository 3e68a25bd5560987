"""Claims that compare two runs: what the other run changes, common draws, the share of trajectories."""

import functools
import json

import numpy as np
import pytest

import stackcast
from stackcast.claims import ask, judge, read_theses
from stackcast.claims.against import Against, _times, changed
from stackcast.engine.assembly import build
from stackcast.engine.draws import DrawPlan, PriorDraw, Quantile, draw_values
from stackcast.engine.driver import simulate
from stackcast.engine.shaping import TABLE_KNOTS
from stackcast.errors import StackcastError
from tests.claims import toys
from tests.cli.processes import BASELINE

SEED, N = 7, 700
FASTER = Against(set=("priors.hardware_life.value=3",))
HALF = Against(scale=(("hardware_life", 0.5), ("open_lag", 0.5)))


@functools.cache
def base():
    return stackcast.load_scenario(BASELINE)


@functools.cache
def other(against):
    return changed(base(), against)


def sample(scenario, column):
    run = simulate(build(scenario), N, SEED, sample=N)
    return run.sample[:, run.sample_columns.index(column)]


def test_the_other_run_is_the_changed_scenario_on_the_same_draws():
    column = "gross_profit.cloud.2030"
    set_by_hand = stackcast.load_scenario(BASELINE, set=["priors.hardware_life.value=3"])
    own, changed_ = sample(base(), column), sample(set_by_hand, column)
    np.testing.assert_array_equal(sample(other(FASTER), column), changed_)
    higher, apart = ask(
        base(), ["other(gross_profit[cloud]) > gross_profit[cloud] @ 2030",
                 "other(gross_profit[cloud] @ 2030) - gross_profit[cloud] @ 2030"],
        N, SEED, others=[other(FASTER)] * 2,
    )  # fmt: skip
    assert 0.0 < higher.value < 1.0
    assert higher.value == (changed_ > own).sum() / N
    assert apart.value == pytest.approx((changed_ - own).mean(), rel=1e-12)
    assert apart.mcse == pytest.approx((changed_ - own).std(ddof=1) / np.sqrt(N), rel=1e-9)


def test_a_run_does_not_differ_from_itself():
    texts = [
        "other(share[chips]) == share[chips] @ 2030",
        "other(first(share[apps] > share[chips])) == first(share[apps] > share[chips])",
        "other(scaling_break) == scaling_break",
        "sum(other(gross_profit[cloud]) != gross_profit[cloud] over 2023Q1..2035Q4) == 0",
    ]
    same = changed(base(), Against(scale=(("open_lag", 1.0),)))
    for found in ask(base(), texts, 300, SEED, others=[same] * len(texts)):
        assert found.value == 1.0, found.expression


def test_scaled_priors_are_the_same_draws_times_the_factor():
    own, halved = (draw_values(scenario.plan, SEED, 0, 256) for scenario in (base(), other(HALF)))
    for name, values in own.items():
        if name in ("hardware_life", "open_lag"):
            np.testing.assert_allclose(halved[name], 0.5 * values, rtol=1e-13)
            assert len(np.unique(values)) > 200
        else:
            np.testing.assert_array_equal(halved[name], values)


@pytest.mark.parametrize(
    "quantile",
    [
        Quantile("normal", 1.0, 2.0, u_low=0.1),
        Quantile("lognormal", 1.0, 0.5, u_high=0.8),
        Quantile("uniform", -1.0, 2.0),
        Quantile("triangular", 1.0, 2.0, 4.0),
        Quantile("table", knots=np.linspace(-1.0, 3.0, TABLE_KNOTS) ** 3),
        Quantile("steps", knots=np.array([[1.0, 5.0, 7.0], [0.2, 0.7, 1.0]])),
        Quantile("member", knots=np.array([3.0, -1.0, 2.0, 8.0])),
        Quantile("constant", 4.0),
    ],
    ids=lambda quantile: quantile.kind,
)
def test_every_family_can_be_scaled(quantile):
    plans = [DrawPlan((PriorDraw("x", "prior:x", q),)) for q in (quantile, _times(quantile, 3.0))]
    plain, scaled = (draw_values(plan, SEED, 0, 512)["x"] for plan in plans)
    np.testing.assert_allclose(scaled, 3.0 * plain, rtol=1e-12, atol=1e-12)
    assert plain.any()


@pytest.mark.parametrize(("threads", "chunk"), [(1, 256), (2, 300), (3, None)])
def test_threads_chunks_and_claims_beside_it_change_no_bit(threads, chunk):
    texts = ["(other(share[cloud]) - share[cloud]) @ 2030", "share[chips] @ 2030", "other(share[cloud]) > 0.2 @ 2030"]
    others = [other(FASTER), None, other(HALF)]
    together = ask(base(), texts, N, SEED, threads=threads, chunk=chunk, others=others)
    for text, beside, found in zip(texts, others, together, strict=True):
        assert ask(base(), [text], N, SEED, others=[beside]) == [found]


def test_runs_with_other_dates_cannot_be_compared():
    with pytest.raises(StackcastError, match="other series or dates"):
        ask(base(), ["other(share[chips]) > 0 @ 2030"], 10, SEED, others=[
            changed(base(), Against(set=("horizon.end=2034Q4",)))
        ])  # fmt: skip


def test_scenarios_may_report_other_figures_by_quarter():
    text = "other(share[chips]) == share[chips] @ 2030Q4"
    others = [toys.scenario(quarterly=metrics) for metrics in (("layer_hhi",), ("share",), ())]
    for scenario in (toys.scenario(quarterly=("share",)), toys.scenario(quarterly=("loss_ratio",))):
        for found in ask(scenario, [text] * 3, 300, SEED, others=others):
            assert found.value == 1.0


CLAIM = """
essay = "An essay"
[[claims]]
id = "Z1"
statement = "Chips kept for three years: the cloud earns more in {year}"
expression = "other(gross_profit[cloud]) > gross_profit[cloud] @ {year}"
years = [2027, 2030]
against = { set = ["priors.hardware_life.value=3"] }
"""


def write(folder, old="", new=""):
    assert old in CLAIM
    (folder / "essay.toml").write_text(CLAIM.replace(old, new))
    return folder


def test_a_claim_in_a_file_names_its_change(tmp_path):
    verdicts = judge(base(), read_theses(write(tmp_path)), N, SEED)
    (expected,) = ask(base(), ["other(gross_profit[cloud]) > gross_profit[cloud] @ 2030"], N, SEED,
                      others=[other(FASTER)])  # fmt: skip
    assert [verdict.thesis.year for verdict in verdicts] == [2027, 2030]
    assert verdicts[1].answer == expected
    assert verdicts[1].as_dict()["against"] == "priors.hardware_life.value=3"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("hardware_life.value=3", "hardware_lief.value=3", "did you mean 'hardware_life'?"),
        ("hardware_life.value=3", "hardware_life", "must be PATH=VALUE"),
        ("priors.hardware_life.value=3", "priors.hardware_life.value=-3", "hardware_life"),
        ('set = ["priors.hardware_life.value=3"]', "scale = { hardware_lief = 2 }", "did you mean 'hardware_life'?"),
        ("other(gross_profit[cloud])", "1", "against: goes with other(...)"),
        ("other(gross_profit[cloud])", "other(2)", "nothing in it is of a run"),
        ("other(gross_profit[cloud])", "other(other(gross_profit[cloud]))", "is within other already"),
        ("other(gross_profit[cloud])", "other(gross_profit[cloud], 3)", "takes one expression"),
        ("@ {year}", "> 0 @ {year}", "character 50, at '>'"),
        ("other(gross_profit[cloud])", "other(gross_profit[clowd])", "did you mean 'cloud'?"),
        ("against =", "#", "there is no other run"),
    ],
)
def test_what_is_wrong_is_said_in_a_line_with_the_file(tmp_path, old, new, said):
    with pytest.raises(StackcastError) as caught:
        judge(base(), read_theses(write(tmp_path, old, new)), 10, SEED)
    line = str(caught.value)
    assert said in line
    assert "essay.toml: Z1: " in line
    assert "\n" not in line


def test_a_feedback_can_be_cut_in_the_other_run(tmp_path):
    cut = changed(base(), Against(set=("feedbacks.moats=false",)))
    assert cut.cut_feedbacks == ("moats",)
    assert base().cut_feedbacks == ()


def test_command_and_python_take_another_scenario(here, tmp_path):
    (tmp_path / "three.toml").write_text(f'extends = "{BASELINE}"\n[priors.hardware_life]\nvalue = 3\n')
    text = "other(gross_profit[cloud]) > gross_profit[cloud] @ 2030"
    few = ("--trajectories", str(N), "--seed", str(SEED), "--json", "--quiet")
    done = here("ask", BASELINE, text, "share[chips] @ 2030", "--against", "three.toml", *few)
    assert done.code == 0, done.err
    paired, plain = json.loads(done.out)
    (expected,) = ask(base(), [text], N, SEED, others=[other(FASTER)])
    assert paired == expected.as_dict()
    assert [plain] == json.loads(here("ask", BASELINE, "share[chips] @ 2030", *few).out)
    (again,) = stackcast.ask(BASELINE, text, against=tmp_path / "three.toml", trajectories=N, seed=SEED)
    assert again == expected
    done = here("ask", BASELINE, text, *few)
    assert (done.code, done.out) == (2, "")
    assert "there is no other run" in done.err
    assert done.err.count("\n") == 1
