"""A feedback cut on the command line: said beside every result, stored with the run, refused in one line."""

from stackcast import open_run
from tests.cli.processes import BASELINE

CUT = ("--set", "feedbacks.gap_premium=false")
FEW = ("--trajectories", "512", "--quiet")


def test_a_run_says_what_is_cut_and_repeats_it(here, tmp_path):
    done = here("run", BASELINE, *FEW, *CUT, "--no-figures", "--out", "cut")
    assert done.code == 0, done.err
    assert "Feedbacks cut: gap_premium\n" in done.out
    run = open_run(tmp_path / "cut")
    assert run.cut_feedbacks == ("gap_premium",)
    assert "without gap_premium" in run.caption
    assert "without gap_premium" in run._repr_html_()
    assert set(run.parameters["gap_preference"]) == {0.0}
    assert "Feedbacks cut: gap_premium\n" in here("show", "cut").out
    assert here("run", "cut", "--quiet").out == f"cut: same digest {run.digest()}\n"


def test_answers_and_claims_say_it_too(here):
    for command in (("ask", BASELINE, "share[chips] > 0.4 @ 2030"), ("theses", BASELINE)):
        assert "Feedbacks cut: gap_premium\n" in here(*command, *FEW, *CUT).out
        assert "Feedbacks cut" not in here(*command, *FEW).out


def test_an_unknown_feedback_is_one_line(here):
    done = here("run", BASELINE, *FEW, "--set", "feedbacks.gap_premiun=false")
    assert (done.code, done.out) == (2, "")
    assert (
        done.err == "stackcast: --set: feedbacks.gap_premiun = False: unknown feedback; did you mean 'gap_premium'?\n"
    )
