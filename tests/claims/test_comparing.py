"""Comparing scenarios on common trajectories: the difference and its error, any threads, the command."""

import json
import math

import numpy as np
import pytest

import stackcast
from stackcast.claims import compare
from stackcast.engine.assembly import build
from stackcast.engine.draws import Quantile
from stackcast.engine.driver import simulate
from stackcast.errors import StackcastError
from tests.claims import toys
from tests.claims.toys import SEED, N
from tests.cli.processes import BASELINE
from tests.engine import toy

LAYER, YEAR = "chips", 2030


def scenario(name="plain", **changed):
    found = toys.scenario()
    found.plan, found.name, found.path, found.hash = toy.plan(**changed), name, f"{name}.toml", lambda: name
    return found


def scenarios():
    return [scenario(), scenario("dearer", floor=Quantile("lognormal", -2.5, 1.0))]


def samples(trajectories=N):
    column = f"share.{LAYER}.{YEAR}"
    runs = [simulate(build(s), trajectories, SEED, sample=trajectories) for s in scenarios()]
    return [run.sample[:, run.sample_columns.index(column)] for run in runs]


@pytest.fixture(scope="module")
def comparison():
    return compare(scenarios(), N, SEED)


def test_difference_and_error_are_those_of_the_pairs(comparison):
    base, other = samples()
    apart = other - base
    found = comparison.find("share", LAYER, YEAR)
    assert apart.any()
    assert found.difference == pytest.approx(apart.mean(), rel=1e-10)
    assert found.mcse == pytest.approx(apart.std(ddof=1) / math.sqrt(N), rel=1e-7)
    assert found.base_mean == pytest.approx(base.mean(), rel=1e-12)
    run = simulate(build(scenarios()[0]), N, SEED, sample=0).aggregates
    places = {(cell.metric, cell.layer, cell.period): k for k, cell in enumerate(run.cells)}
    for known in comparison.differences:
        assert known.base_mean == run.total[places[known.metric, known.layer, str(known.year)]] / N
    assert found.mean == pytest.approx(other.mean(), rel=1e-12)
    assert found.mcse_apart == pytest.approx(math.sqrt((base.var(ddof=1) + other.var(ddof=1)) / N), rel=1e-7)
    assert (found.above, found.below) == ((apart > 0).mean(), (apart < 0).mean())


def test_paired_error_is_far_below_that_of_two_runs(comparison):
    found = comparison.find("share", LAYER, YEAR)
    assert 0 < 2.5 * found.mcse < found.mcse_apart


def test_paired_error_is_that_of_repeated_comparisons():
    # The spread of 40 estimates lies within 25 % of their error but with probability 0.026.
    found = [compare(scenarios(), 300, seed).find("share", LAYER, YEAR) for seed in range(40)]
    spread = np.std([f.difference for f in found], ddof=1)
    assert spread == pytest.approx(np.mean([f.mcse for f in found]), rel=0.25)


@pytest.mark.parametrize(("threads", "chunk"), [(1, 256), (2, 256), (3, 700)])
def test_threads_and_chunks_change_no_bit(comparison, threads, chunk):
    assert compare(scenarios(), N, SEED, threads=threads, chunk=chunk) == comparison


def test_a_scenario_does_not_differ_from_itself():
    found = compare([scenario(), scenario(), scenario("other")], N, SEED)
    assert found.names == ("plain", "plain (2)", "other")
    for difference in found.differences:
        assert (difference.difference, difference.mcse, difference.above, difference.below) == (0.0, 0.0, 0.0, 0.0)


def test_every_layer_group_year_and_book_is_there(comparison):
    frame = comparison.to_frame()
    assert set(frame["metric"]) == {"share", "share_cash", "gross_profit", "gross_profit_cash"}
    assert len(frame) == 4 * 12 * 13
    shares = frame[(frame["metric"] == "share") & (frame["year"] == 2030)].set_index("layer")["difference"]
    assert shares[["foundry", "chips", "cloud"]].sum() == pytest.approx(shares["infrastructure"], abs=1e-12)


def test_years_common_to_all_are_compared():
    short = scenario("short")
    short.quarters = 20
    found = compare([scenario(), short], 300, SEED)
    assert {f.year for f in found.differences} == {2023, 2024, 2025, 2026, 2027}
    assert all(f.difference == 0.0 for f in found.differences)


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(StackcastError, match="1 scenarios: allowed: 2 to 16"):
        compare([scenario()], N, SEED)
    late = scenario("late")
    late.start = 2023.25
    with pytest.raises(StackcastError, match=r"late\.toml: horizon\.start"):
        compare([scenario(), late], N, SEED)
    with pytest.raises(StackcastError, match="no scenarios"):
        stackcast.compare([])


def test_figure_and_table_show_every_layer(comparison):
    from stackcast.report.comparison import comparison_text

    both = comparison.figure()
    assert [ax.get_ylabel() for ax in both.axes] == ["percentage points", "billion US dollars, nominal"]
    figure = comparison.figure("gross_profit")
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert len(labels) == 8
    assert len(figure.axes) == 1
    with pytest.raises(StackcastError, match="metric = cost: not compared"):
        comparison.figure("cost")
    text = comparison_text(comparison)
    assert "dearer less plain: gross profit (accrual book), USD_bn" in text
    assert "= Infrastructure" in text
    assert "% above" in text


def test_command_compares_and_draws(here, tmp_path):
    (tmp_path / "three.toml").write_text(f'extends = "{BASELINE}"\n[priors.hardware_life]\nvalue = 3\n')
    few = ("--trajectories", "300", "--seed", "5", "--quiet")
    done = here("compare", BASELINE, "three.toml", *few, "--json", "--figure", "d.png")
    assert done.code == 0, done.err
    assert (tmp_path / "d.png").stat().st_size > 10_000
    found = json.loads(done.out)
    assert found["base"] == "baseline"
    python = stackcast.compare([BASELINE, tmp_path / "three.toml"], trajectories=300, seed=5)
    assert python.as_dict() == found
    done = here("compare", BASELINE, "three.toml", *few)
    assert "three less baseline: share of gross profit (accrual book), percentage points" in done.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([BASELINE], "allowed: two or more"),
        ([BASELINE, "nothing.toml"], "nothing.toml"),
        ([BASELINE, BASELINE, "--figure", "x.exe"], "--figure = x.exe: allowed: a file ending in .png"),
        ([BASELINE, BASELINE, "--figure", "no/x.png"], "no such folder"),
    ],
)
def test_bad_input_is_one_line(here, arguments, said):
    done = here("compare", *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert done.err.count("\n") == 1
