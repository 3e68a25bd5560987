"""`stackcast ask` in this process, and the Python functions beside it, on the baseline."""

import json

import pytest

import stackcast
from tests.cli.processes import BASELINE

FEW = ("--trajectories", "600", "--seed", "7", "--threads", "2")


QUESTIONS = ("share[chips] > 0.3 @ 2026", "share[apps] @ 2030", "exhaustion", "1 < 2 | exhaustion < 2023Q2")


@pytest.fixture(scope="module")
def forecast():
    return stackcast.run(BASELINE, trajectories=600, seed=7, sample=600)


def test_json_is_a_list_of_answers_that_agree_with_the_run(here, forecast):
    done = here("ask", BASELINE, *QUESTIONS, *FEW, "--json", "--quiet")
    assert (done.code, done.err) == (0, "")
    chips, apps, text, rare = json.loads(done.out)
    assert set(chips) >= {"expression", "value", "mcse", "n", "n_condition"}
    assert [found["expression"] for found in (chips, apps, text, rare)] == list(QUESTIONS)
    share = forecast.probability("share", layer="chips", year=2026, above=0.3)
    # The histogram spreads the trajectories of the bin that holds 0.3; a bin is 0.0005 wide.
    assert chips["value"] == pytest.approx(share.value, abs=3 / 600)
    assert chips["mcse"] == pytest.approx(share.mcse, rel=0.05)
    mean = forecast.to_frame("share", "apps", 2030).set_index("statistic").loc["mean"]
    assert (apps["value"], apps["mcse"]) == (mean["value"], mean["mcse"])
    assert text["value"] == forecast.probability("exhaustion", below=2036.0).value
    assert rare["value"] is None
    assert rare["n_condition"] < 100
    assert rare["n"] == 600


def test_text_has_a_line_for_every_answer(here):
    done = here("ask", BASELINE, *QUESTIONS, *FEW, "--quiet")
    assert done.code == 0
    head, *lines = done.out.splitlines()
    assert "600 trajectories, seed 7" in head
    assert lines[::2] == list(QUESTIONS)
    assert "probability 0." in lines[1]
    assert " +- " in lines[1]
    assert "median" in lines[3]
    assert "never" in lines[5]
    assert "too few for a figure" in lines[7]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["shore[chips] @ 2030"], "did you mean 'share'?"),
        (["share[chips] > 0.4"], "has no date"),
        (["share[chips] @ 2030", "1 +"], "character 4, the end"),
        (["1 < 2", "--trajectories", "0"], "--trajectories = 0"),
        (["1 < 2", "--set", "priors.nothing.value=1"], "priors"),
        (["x" * 3000], "3000 characters"),
        (["1 < 2", "--rare", "hardware_lief"], "rare = hardware_lief: unknown (did you mean 'hardware_life'?)"),
        (["1 < 2", "--rare", "scaling_break_from"], "rare = scaling_break_from: fixed: allowed: priors drawn"),
        (["end_spend @ 2030", "--rare", "hardware_life"], "rare: end_spend @ 2030: a number: allowed: a condition"),
        (
            ["1 < 2", "--rare", "hardware_life", "--against", BASELINE],
            "--rare: one scenario only: allowed: no",
        ),
        ([], "CLAIM"),
    ],
)
def test_bad_input_is_one_line(here, arguments, said):
    done = here("ask", BASELINE, *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert done.err.count("\n") == 1


def test_rare_events_say_what_they_rest_on(here):
    """About one future in 200: plain counting would find three in these 600."""
    claim, names = "exhaustion < 2023Q2", ["text_stock_start", "overtraining", "text_epochs"]
    done = here("ask", BASELINE, claim, "--rare", ",".join(names), *FEW, "--json", "--quiet")
    (found,) = json.loads(done.out)
    assert found["rare"]["effective"] > 50
    assert list(found["rare"]["tilts"]) == names
    assert found["rare"]["tilts"]["text_stock_start"]["shift"] < -1.0
    assert abs(found["value"] - 0.005) < 4 * found["mcse"] < 0.003
    (again,) = stackcast.ask(BASELINE, claim, rare=names, trajectories=600, seed=7)
    assert again.as_dict() == found


def test_settings_change_the_answer(here):
    question = "chip_price @ 2030"
    plain, other = (
        json.loads(here("ask", BASELINE, question, *FEW, "--json", "--quiet", *more).out)[0]["value"]
        for more in ((), ("--set", "horizon.end=2030Q4"))
    )
    assert plain == other  # a shorter run has the same years
    moved = here("ask", BASELINE, question, *FEW, "--json", "--quiet", "--set", "priors.hardware_life.value=3")
    assert json.loads(moved.out)[0]["value"] != plain


def test_python_answers_are_those_of_the_command(here, forecast, tmp_path):
    done = here("ask", BASELINE, *QUESTIONS, *FEW, "--json", "--quiet")
    answers = stackcast.ask(BASELINE, *QUESTIONS, trajectories=600, seed=7)
    assert [answer.as_dict() for answer in answers] == json.loads(done.out)
    assert forecast.ask(*QUESTIONS) == answers
    stored = stackcast.open_run(forecast.save(tmp_path / "run"))
    assert stored.ask(*QUESTIONS, threads=1) == answers


def test_answers_agree_exactly_with_the_sample(forecast):
    """The sample of a forecast is in single precision: the thresholds stand between its values."""
    sample = forecast.sample
    texts, expected = [], []
    for column in ("share.cloud.2030", "gross_profit.closed_models.2027", "open_lag.2026", "end_spend.2031"):
        middle = sorted(sample[column].astype(float))[300:302]
        metric, *layer, year = column.split(".")
        name = f"{metric}[{layer[0]}]" if layer else metric
        texts.append(f"{name} > {sum(middle) / 2:.12f} @ {year} | scaling_break < 2033")
        met = sample["event.scaling_break"] < 2033
        expected.append(((sample[column] > sum(middle) / 2)[met].sum() / met.sum(), met.sum()))
    assert [(found.value, found.n_condition) for found in forecast.ask(*texts)] == expected
