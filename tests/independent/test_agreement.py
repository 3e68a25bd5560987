"""The core against the independent implementation: every row, every figure, on the same draws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stackcast.engine.assembly import build
from stackcast.engine.declare import Mechanism
from stackcast.engine.draws import draw_values
from stackcast.engine.driver import simulate
from stackcast.engine.program import Program
from stackcast.engine.replay import replay_block
from stackcast.engine.shocks import draw_shock_values
from stackcast.mechanisms.feedbacks import FEEDBACKS
from stackcast.scenario import load_scenario
from tests.independent import aggregates, frontier, labs, ledger, market, model, rival, supply, tooling
from tests.independent.arrays import NEVER
from tests.independent.outputs import Record

BASELINE = Path(__file__).parents[2] / "configs" / "baseline.toml"
LANES = 256
SEEDS = (1, 20230101, 2**63 + 11)
TOLERANCE = 1e-9
ONLY_IN_THE_CORE = {"largest_gross_profit"}
"""A step of the core's way to find the leading layer, no row of the page."""


@pytest.fixture(scope="module")
def program() -> Program:
    return build(load_scenario(BASELINE))


def draws(program: Program, seed: int, count: int = LANES, first: int = 0):
    """The core's parameters and shocks as the independent model takes them."""
    shocks = draw_shock_values(model.SHOCKS, seed, first, count, model.QUARTERS)
    return draw_values(program.plan, seed, first, count), lambda step: {name: shocks[name][step] for name in shocks}


def row_of(rows, name: str) -> np.ndarray | None:
    """A row by its name on the page; the independent model keeps the stages of age together."""
    stem, _, stage = name.rpartition("_")
    if stage in ("1", "2", "3", "4") and hasattr(rows, f"{stem}_by_stage"):
        return getattr(rows, f"{stem}_by_stage")[int(stage) - 1]
    return getattr(rows, name, None)


def distance(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Largest relative difference; a value next to zero counts as 1 % of the row's usual size."""
    scale = np.maximum(np.abs(theirs), 0.01 * np.abs(theirs).mean())
    return float(np.max(np.abs(ours - theirs) / np.where(scale > 0.0, scale, 1.0)))


def rows_declared(mechanisms: tuple[Mechanism, ...]) -> set[str]:
    """Rows of all mechanisms, those computed once at the start included."""
    loops = (loop for mechanism in mechanisms for loop in mechanism.loops)
    return {name for loop in loops for name in loop.writes} - ONLY_IN_THE_CORE


def disagreements(program: Program, seed: int) -> dict[str, float]:
    """Rows that differ by more than the tolerance, worst first met; missing ones differ by infinity."""
    parameters, shocks_of = draws(program, seed)
    names = rows_declared(program.mechanisms)
    found: dict[str, float] = {}
    with np.errstate(all="ignore"):
        start, _ = model.start(parameters)
        ours, theirs = model.simulate(parameters, shocks_of), replay_block(program, seed, 0, LANES)
        for (step, rows), (same_step, table) in zip(ours, theirs, strict=True):
            assert step == same_step
            for name in names - set(found):
                row = row_of(rows, name)
                row = row_of(start, name) if row is None else row
                apart = np.inf if row is None else distance(row, table[program.names[name]])
                if not apart <= TOLERANCE:
                    found[name] = apart
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_every_row_of_every_quarter_agrees(program, seed):
    assert len(rows_declared(program.mechanisms)) > 280
    assert disagreements(program, seed) == {}


STRANGE = {
    "priors.readiness_jump_from.value": 2027.25,
    "priors.scaling_family.weights": [0.1, 0.1, 0.1, 0.7],
    "priors.text_stock_start.interval": [5e12, 1e14],
    "priors.bust_probability.max": 0.95,
    "priors.bust_from.value": 2023.0,
    "priors.supply_shock_hazard.interval": [0.1, 0.4],
    "priors.open_leap_hazard.interval": [0.1, 0.4],
    "priors.scaling_break_pull.max": 4,
    "priors.power_build_2026.interval": [0.3, 1],
    "priors.usefulness_link.value": 0.4,
    "priors.use_case_weight.max": 1,
    "priors.usefulness_midpoint.interval": [25, 27],
    "priors.moat_margin.max": 1,
    "priors.lab_preference.interval": [0.2, 0.4],
    "priors.tooling_giveaway.max": 0.9,
    "priors.products_potential.interval": [2, 60],
    "priors.rival_response.max": 9,
    "priors.own_centre_long.max": 0.9,
}
"""Changes that lead into branches where the baseline seldom goes: jumps, busts, breaks, shortages, caps."""


def test_rows_agree_with_all_feedbacks_cut():
    program = build(load_scenario(BASELINE, set=[f"feedbacks.{name}=false" for name in FEEDBACKS]))
    assert disagreements(program, SEEDS[0]) == {}


# The calibrated baseline begins where the record ends; the independent model begins in 2023.
WORLDS = sorted(set(BASELINE.parent.glob("*.toml")) - {BASELINE, BASELINE.with_name("baseline_2025.toml")})


@pytest.mark.parametrize("world", WORLDS, ids=lambda path: path.stem)
def test_rows_agree_in_every_world(world):
    assert disagreements(build(load_scenario(world)), SEEDS[0]) == {}


def test_rows_agree_where_the_baseline_seldom_goes():
    program = build(load_scenario(BASELINE, set=[f"{name}={value}" for name, value in STRANGE.items()]))
    assert disagreements(program, SEEDS[0]) == {}
    parameters, shocks_of = draws(program, SEEDS[0])
    reached = {name: set() for name in ("binding_constraint", "readiness", "use_cases")}
    with np.errstate(all="ignore"):
        for _, rows in model.simulate(parameters, shocks_of):
            for name, values in reached.items():
                values |= set(np.unique(getattr(rows, name)))
    assert reached["binding_constraint"] == {0.0, 1.0, 2.0, 3.0, 4.0}
    assert reached["use_cases"] == {0.0, 1.0, 2.0, 3.0}
    assert 1.0 in reached["readiness"]
    happened = {name for name in aggregates.EVENTS if (getattr(rows, name) < NEVER).any()}
    assert set(aggregates.EVENTS) - happened <= {f"lead_{layer}" for layer in ledger.LAYERS}


FAULTS = {
    "value of repeated text": (frontier, "REPETITION", 15.3877),
    "speed of a chip": (frontier, "FLOP_PER_SECOND", 989e12 * 0.4 * (1.0 + 1e-7)),
    "algorithms' part in the token price": (market, "LN10", 2.3025852),
    "half-lives": (supply, "LN2", 0.69314719),
    "shape of the fourth fit": (frontier, "KAPLAN_SHAPE", 0.0950001),
    "reference pace of tooling": (tooling, "PACE", 0.0900001),
    "reference pace of labs": (labs, "PACE", 0.0900001),
    "reference gap": (market, "GAP", 0.4000001),
    "start of the pace": (model, "NUMBERS_AT_START", model.NUMBERS_AT_START | {"pace": 0.0900001}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_changed_coefficient_is_noticed(program, monkeypatch, fault):
    monkeypatch.setattr(*FAULTS[fault])
    assert disagreements(program, SEEDS[0])


def figures_of_sample(program: Program, seed: int, count: int) -> dict[str, np.ndarray]:
    """Figures by name of the sample's column, one value a trajectory."""
    columns: dict[str, np.ndarray] = {}
    with np.errstate(all="ignore"):
        batch = model.simulate(*draws(program, seed, count))
        for period, blocks in aggregates.periods(batch, count):
            for block, values in blocks.items():
                for (metric, who), row in zip(aggregates.names_of(block), values, strict=True):
                    parts = ("event", metric) if block == "event" else (metric, who, period)
                    columns[".".join(part for part in parts if part)] = row.copy()
    return columns


def test_yearly_figures_of_the_sample_agree(program):
    run = simulate(program, LANES, SEEDS[1], threads=1, sample=LANES)
    ours = figures_of_sample(program, SEEDS[1], LANES)
    columns = {name: run.sample[:, k] for k, name in enumerate(run.sample_columns) if not name.startswith("prior.")}
    assert {"share.chips.2030", "gross_profit.apps.2035", "loss_ratio.2026", "event.lead_cloud"} <= set(columns)
    assert {name: d for name, column in columns.items() if (d := distance(ours[name], column)) > TOLERANCE} == {}


@pytest.fixture(scope="module")
def both_records(program):
    """Aggregates of the core and the benchmark rival's record of the same trajectories, in unequal batches."""
    count, seed, record = 2000, SEEDS[2], Record()
    with np.errstate(all="ignore"):
        for first, size in ((0, 1300), (1300, 700)):
            rival.accumulate(record, *draws(program, seed, size, first))
    return simulate(program, count, seed, threads=1).aggregates, record


def cells_of(record: Record):
    """(metric, layer, period) -> what is kept and its row."""
    return {
        (metric, who, period): (kept, row)
        for (_, period), kept in record.kept.items()
        for row, (metric, who) in enumerate(kept.names)
    }


def moments_apart(core, record: Record) -> dict[tuple[str, str, str], float]:
    """Cells whose mean, mean square, minimum or maximum differ, relative to the cell's root mean square."""
    kept_of, apart = cells_of(record), {}
    for i, cell in enumerate(core.cells):
        kept, row = kept_of[cell.metric, cell.layer, cell.period]
        if kept.dates:
            continue
        size = np.sqrt(core.total_sq[i] / core.n) or 1.0
        distances = (
            (kept.total[row] - core.total[i]) / core.n / size,
            (kept.total_sq[row] - core.total_sq[i]) / core.n / size**2,
            (kept.minimum[row] - core.minimum[i]) / size,
            (kept.maximum[row] - core.maximum[i]) / size,
        )
        if not np.abs(distances).max() <= TOLERANCE:
            apart[cell.metric, cell.layer, cell.period] = np.abs(distances).max()
    return apart


def test_moments_of_every_cell_agree(both_records):
    core, record = both_records
    assert record.trajectories == core.n
    assert set(cells_of(record)) == {(cell.metric, cell.layer, cell.period) for cell in core.cells}
    assert moments_apart(core, record) == {}


def test_histograms_of_every_cell_agree(both_records):
    """A value within 1e-12 of an edge may fall on either side: one in a million is let pass, none is expected."""
    core, record = both_records
    kept_of, moved = cells_of(record), 0
    for i, cell in enumerate(core.cells):
        kept, row = kept_of[cell.metric, cell.layer, cell.period]
        counts = core.counts[core.offsets[i] : core.offsets[i + 1]]
        assert counts.sum() == core.n
        moved += int(np.abs(kept.counts[row] - counts).sum()) // 2
    assert moved <= core.n * len(core.cells) // 1_000_000


OUTPUT_FAULTS = {
    "discount rate": (aggregates, "DISCOUNT_RATE", 0.1000001),
    "value date": (aggregates, "VALUE_DATE", 2026.25),
    "members of groups": (aggregates, "_MEMBERS", [[0, 1], [3, 4], [5, 6], [7]]),
}


@pytest.mark.parametrize("fault", OUTPUT_FAULTS)
def test_a_changed_figure_is_noticed(program, both_records, monkeypatch, fault):
    core, record = both_records[0], Record()
    monkeypatch.setattr(*OUTPUT_FAULTS[fault])
    with np.errstate(all="ignore"):
        rival.accumulate(record, *draws(program, SEEDS[2], core.n))
    assert moments_apart(core, record)


def test_the_rival_draws_the_same_distributions(program):
    """Shares below five quantiles, within 5 standard errors (fails for one seed in 2000), and the correlations."""
    count = 40_000
    theirs = draw_values(program.plan, 5, 0, count)
    ours = rival.Sampler(program.plan, count, np.random.Generator(np.random.SFC64(2))).parameters(count)
    assert set(ours) == set(theirs)
    for name, values in ours.items():
        for q in (0.01, 0.25, 0.5, 0.75, 0.99):
            edge = np.quantile(theirs[name], q) * (1.0 + 1e-12)
            below = (values <= edge).mean(), (theirs[name] <= edge).mean()
            assert abs(below[0] - below[1]) <= 5.0 * np.sqrt(2.0 * q * (1.0 - q) / count) + 1.0 / count, name
    for group in program.plan.correlations:
        logs = [np.corrcoef([np.log(source[name]) for name in group.names]) for source in (ours, theirs)]
        assert np.abs(logs[0] - logs[1]).max() < 0.03


def test_a_run_of_the_rival_keeps_every_trajectory(program):
    record = rival.run(program.plan, 700, chunk=512)
    assert record.trajectories == 700
    assert all((kept.counts.sum(axis=1) == 700).all() for kept in record.kept.values())


@pytest.mark.parametrize("count", [10, 11])
def test_the_rivals_antithetic_shocks_are_opposite(program, count):
    sampler = rival.Sampler(program.plan, 16, np.random.Generator(np.random.SFC64(3)), antithetic=True)
    half = -(-count // 2)
    for name, row in sampler.shocks(count)(0).items():
        opposite = -row if model.SHOCKS[name] == "normal" else 1.0 - row
        assert np.array_equal(row[half:], opposite[: count - half])
        assert len(set(row)) == count
