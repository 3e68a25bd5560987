"""Questions to a run: every trajectory, any threads and chunks, the same trajectories as in the sample."""

import math

import numpy as np
import pytest

from stackcast.claims import ask
from stackcast.claims.answers import FEWEST, PERCENTS
from stackcast.claims.tally import block_sums, edges_of, keys_of
from stackcast.engine.assembly import build
from stackcast.engine.declare import NEVER
from stackcast.engine.driver import simulate, simulate_together
from stackcast.engine.observe import Watch
from stackcast.engine.program import unreported
from stackcast.errors import ClaimError, NumericalError, StackcastError
from tests.claims import toys
from tests.claims.toys import SEED, N, step
from tests.engine import toy

QUESTIONS = (
    "share[chips] > 0.15 @ 2030",
    "share[chips] > 0.15 @ 2030 | doubled < 2028",
    "size @ 2031",
    "size @ 2031 | share[apps] > 0.1 @ 2025",
    "doubled",
    "doubled | mood > 0 @ 2026Q3",
    "first(share[apps] > share[chips])",
    "first(share[apps] > share[chips]) < doubled",
    "max(share[chips] over 2026..2030) - min(share[chips] over 2026Q1..2030Q4)",
    "mean(mood > 0 over 2023Q1..2028Q4) > 0.5",
    "1 / max(excess over 2023Q1..2023Q2) > 0",
    "-size @ 2030",
)


@pytest.fixture(scope="module")
def answers():
    return dict(zip(QUESTIONS, ask(toys.scenario(), QUESTIONS, N, SEED), strict=True))


def test_probabilities_are_those_of_the_sample(answers):
    share, doubled = toys.sample()["share.chips.2030"], toys.sample()["event.doubled"]
    found = answers[QUESTIONS[0]]
    assert (found.value, found.n, found.n_condition) == ((share > 0.15).sum() / N, N, N)
    met = doubled < 2028
    found = answers[QUESTIONS[1]]
    assert found.n_condition == met.sum()
    assert found.value == (share > 0.15)[met].sum() / met.sum()
    assert found.mcse == pytest.approx(math.sqrt(found.value * (1 - found.value) / met.sum()), rel=0.02)


@pytest.mark.parametrize(("question", "sign"), [(QUESTIONS[2], 1.0), (QUESTIONS[11], -1.0)])
def test_distributions_are_those_of_the_sample(answers, question, sign):
    values = sign * toys.sample()[f"size.{2031 if sign > 0 else 2030}"]
    found = answers[question]
    assert found.kind == "number"
    assert found.value == pytest.approx(values.mean(), rel=1e-12)
    assert found.sd == pytest.approx(values.std(ddof=1), rel=1e-9)
    assert found.mcse == pytest.approx(values.std(ddof=1) / math.sqrt(N), rel=1e-9)
    ordered = np.sort(values)
    for percent in PERCENTS:
        rank = percent * N // 100
        low, high = ordered[rank - 2], ordered[rank + 1]
        assert low - 3e-4 * abs(low) <= found.quantiles[f"p{percent}"] <= high + 3e-4 * abs(high)


def test_conditional_means_are_those_of_the_sample(answers):
    met = toys.sample()["share.apps.2025"] > 0.1
    found = answers[QUESTIONS[3]]
    assert 0 < met.sum() < N
    assert found.n_condition == met.sum()
    assert found.value == pytest.approx(toys.sample()["size.2031"][met].mean(), rel=1e-12)


def test_dates_have_quantiles_and_never(answers):
    dates = toys.sample()["event.doubled"]
    found = answers["doubled"]
    assert found.kind == "date"
    assert found.value == (dates < NEVER).sum() / N
    ordered = np.sort(dates)
    for percent in PERCENTS:
        expected = ordered[math.ceil(percent * N / 100) - 1]
        assert found.quantiles[f"p{percent}"] == (expected if expected < NEVER else math.inf)
    assert answers["doubled"].as_dict()["quantiles"]["p95"] is None


def test_undefined_trajectories_are_counted_apart(answers):
    zero = toys.history()["excess"][:2].max(axis=0) == 0
    found = answers[QUESTIONS[10]]
    assert (found.n_undefined, found.n_condition) == (zero.sum(), N - zero.sum())
    (found,) = ask(toys.scenario(), ["mood > 0 @ 2030 | 1 / max(excess over 2023Q1..2023Q2) > 0"], N, SEED)
    assert (found.n_undefined, found.n_condition) == (zero.sum(), N - zero.sum())


@pytest.mark.parametrize(("threads", "chunk"), [(1, 256), (2, 256), (2, 512), (3, 700)])
def test_threads_and_chunks_change_no_bit(answers, threads, chunk):
    assert ask(toys.scenario(), QUESTIONS, N, SEED, threads=threads, chunk=chunk) == list(answers.values())


def test_questions_beside_it_change_no_bit(answers):
    for question in QUESTIONS:
        assert ask(toys.scenario(), [question], N, SEED) == [answers[question]]


def test_a_longer_run_keeps_the_first_trajectories(answers):
    """N is no multiple of a block: the last block is filled up, and its first trajectories stay."""
    (longer,) = ask(toys.scenario(), QUESTIONS[:1], N + 100, SEED)
    run = simulate(build(toys.scenario()), N + 100, SEED, sample=N + 100)
    share = run.sample[:, run.sample_columns.index("share.chips.2030")]
    np.testing.assert_array_equal(share[:N], toys.sample()["share.chips.2030"])
    assert longer.value == (share > 0.15).sum() / (N + 100)
    assert (share[:N] > 0.15).sum() == answers[QUESTIONS[0]].value * N


@pytest.mark.parametrize("trajectories", [1, 255, 256, N])
def test_means_have_the_bits_of_the_yearly_output(trajectories):
    run = simulate(build(toys.scenario()), trajectories, SEED, sample=0).aggregates
    totals = {(cell.metric, cell.layer, cell.period): k for k, cell in enumerate(run.cells)}
    asked = {
        f"{metric}[{layer}] @ {year}": totals[metric, layer, str(year)]
        for metric in ("share", "share_cash", "gross_profit", "gross_profit_cash", "revenue", "gross_margin")
        for layer in ("chips", "apps", "infrastructure", "models", "tooling_data", "applications")
        for year in (2023, 2030, 2035)
    } | {
        f"{metric} @ {year}": totals[metric, "", str(year)] for metric in ("size", "layer_hhi") for year in (2024, 2035)
    }
    found = ask(toys.scenario(), list(asked), trajectories, SEED)
    for answer, cell in zip(found, asked.values(), strict=True):
        assert answer.value == np.clip(run.total[cell] / trajectories, run.minimum[cell], run.maximum[cell])


def test_layers_and_a_group_have_the_same_figure():
    for metric in ("share", "share_cash", "gross_profit", "gross_profit_cash", "revenue"):
        for date in ("2030", "2030Q3"):
            text = f"{metric}[tooling + data] - {metric}[tooling_data] @ {date}".replace(" -", f" @ {date} -")
            (apart,) = ask(toys.scenario(), [text], N, SEED)
            (size,) = ask(toys.scenario(), [f"max({metric}[tooling_data], 1e-9) @ {date}"], N, SEED)
            assert abs(apart.value) <= 1e-12 * size.value
            assert apart.sd <= 1e-12 * size.value


def test_zero_is_a_quantile():
    (found,) = ask(toys.scenario(), ["max(size - 1e9, 0) @ 2030"], N, SEED)
    assert set(found.quantiles.values()) == {0.0}
    (half,) = ask(toys.scenario(), ["mean(share[apps] > share[chips] over 2023Q1..2035Q4)"], N, SEED)
    assert half.quantiles["p5"] == 0.0


def test_too_few_trajectories_give_no_figure():
    rare, common = ask(toys.scenario(), ["1 < 2 | doubled < 2023Q3", "size @ 2030 | doubled < never"], N, SEED)
    count = (toys.sample()["event.doubled"] < 2023.5).sum()
    assert 0 < count < FEWEST
    assert (rare.value, rare.mcse, rare.n_condition) == (None, None, count)
    assert f"in {count} of 1,500 trajectories: fewer than {FEWEST}" in rare.note
    assert math.isnan(float(rare))
    assert common.value is not None
    (none,) = ask(toys.scenario(), ["size @ 2030 | 2 < 1"], N, SEED)
    assert (none.value, none.n_condition) == (None, 0)


def test_a_small_run_without_a_condition_has_figures():
    (found,) = ask(toys.scenario(), ["size @ 2030"], 10, SEED)
    assert found.n == 10
    assert found.value is not None


def test_numbers_too_large_to_be_squared_have_quantiles_only():
    (found,) = ask(toys.scenario(), ["1e200 * size @ 2030"], N, SEED)
    assert (found.value, found.mcse, found.sd) == (None, None, None)
    assert "too large to be squared" in found.note
    (plain,) = ask(toys.scenario(), ["size @ 2030"], N, SEED)
    assert found.quantiles["p50"] == pytest.approx(1e200 * plain.quantiles["p50"], rel=5e-4)


def test_expressions_are_checked_before_anything_is_drawn():
    with pytest.raises(ClaimError):
        ask(toys.scenario(), ["1 < 2", "no_such > 1 @ 2030"], 2**60, SEED)


def test_questions_that_would_hold_too_much_are_refused():
    every = [f"max({m}[{a}] over 2023Q1..2035Q4)" for m in ("share", "share_cash", "revenue", "gross_profit")
             for a in ("chips", "apps", "cloud", "data", "tooling", "foundry")]  # fmt: skip
    shifted = [q.replace("2023Q1", f"20{y}Q{k}") for q in every for y in range(23, 33) for k in (1, 2, 3)]
    with pytest.raises(StackcastError, match="figures of every trajectory: allowed: up to 20,000"):
        ask(toys.scenario(), shifted, 10, SEED)


def observed(columns, store):
    def look(seen, first):
        return first, [array.copy() for array in seen]

    return Watch(tuple(columns), look, store.append)


COLUMNS = (("doubled", 51), ("year:size", step("2030Q4")), ("mood", 0), ("quarter:share_chips", 17), ("mood", 17))


@pytest.mark.parametrize("threads", [1, 2])
def test_an_observer_sees_the_rows_of_all_trajectories_in_order(threads):
    store = []
    program = build(toys.scenario(), derive_quarters=True)
    simulate(program, N, SEED, threads=threads, chunk=512, sample=0, observe=observed(COLUMNS, store))
    assert [first for first, _ in store] == [0, 512, 1024]
    seen = np.concatenate([arrays[0] for _, arrays in store], axis=1)
    expected = np.array([toys.history()[row][when] for row, when in COLUMNS])
    np.testing.assert_array_equal(seen, expected)


def test_a_figure_by_quarter_need_not_be_reported():
    text = "share_cash[chips] > 0.1 @ 2030Q3"
    found = [ask(toys.scenario(quarterly=metrics), [text], 300, 1)[0].value for metrics in ((), ("share",))]
    assert 0.0 < found[0] == found[1]


def test_observing_changes_no_digest_and_no_sample():
    plain = simulate(toy.standard(), N, SEED, sample=300)
    watched = simulate(toy.standard(), N, SEED, sample=300, observe=observed(COLUMNS[:3], []))
    assert watched.aggregates.digest() == plain.aggregates.digest()
    np.testing.assert_array_equal(watched.sample, plain.sample)


def test_a_program_without_reports_has_the_same_futures():
    store, bare = [], []
    simulate(build(toys.scenario()), N, SEED, sample=0, observe=observed(COLUMNS[:3], store))
    simulate(unreported(build(toys.scenario())), N, SEED, sample=0, observe=observed(COLUMNS[:3], bare))
    np.testing.assert_array_equal(store[0][1][0], bare[0][1][0])


def test_programs_run_together_see_the_same_trajectories():
    store = []
    programs = [build(toys.scenario()), toy.program(draws=toy.plan(floor=toy.QUANTILES["tilt_c"]))]
    simulate_together(programs, N, SEED, observed(COLUMNS[:3], store), threads=2, chunk=512)
    first, second = (np.concatenate([arrays[k] for _, arrays in store], axis=1) for k in (0, 1))
    np.testing.assert_array_equal(first, second)  # the floor reaches neither size nor mood
    np.testing.assert_array_equal(first[2], toys.history()["mood"][0])


def test_a_fault_ends_a_question_as_it_ends_a_run():
    from stackcast.engine.draws import Quantile

    broken = toys.scenario()
    broken.plan = toy.plan(floor=Quantile("uniform", 1e308, 1.7e308))
    broken.mechanisms = toy.MECHANISMS
    with pytest.raises(NumericalError, match="rows must be finite"):
        ask(broken, ["size @ 2030"], N, SEED)


def test_bins_keep_order_and_hold_their_numbers():
    values = np.array([-1e300, -2.5, -1.0, -1e-300, -0.0, 0.0, 1e-300, 0.3, 1.0, 2031.25, 1e300])
    keys = keys_of(values)
    assert (np.diff(keys) >= 0).all()
    assert keys[4] == keys[5]
    low, high = edges_of(keys)
    assert (low <= values).all()
    assert (values <= high).all()
    wide = np.abs(values) > 1e-200
    assert ((high - low)[wide] <= 2.0**-12 * np.maximum(np.abs(low), np.abs(high))[wide]).all()


def test_block_sums_do_not_depend_on_what_follows():
    values = np.random.default_rng(1).lognormal(size=1000)
    whole = block_sums(values)
    np.testing.assert_array_equal(block_sums(values[:512]), whole[:2])
    np.testing.assert_allclose(whole.sum(axis=0), [values.sum(), (values**2).sum()], rtol=1e-12)
