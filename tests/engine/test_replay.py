"""A replayed trajectory is the one of the run, bit for bit."""

import numpy as np
import pytest

from stackcast.engine.draws import draw_values
from stackcast.engine.driver import simulate
from stackcast.engine.observe import Watch
from stackcast.engine.program import first_quarters, unreported
from stackcast.engine.replay import replay
from stackcast.engine.shocks import draw_shock_values
from stackcast.errors import StackcastError
from stackcast.ledger.layers import LAYERS
from tests.engine import reference, toy

SEED = 21


@pytest.fixture(scope="module")
def result():
    return simulate(toy.standard(), 700, SEED, sample=700)


def expected_row(rows, columns):
    """The sample's row from the rows of a replay."""
    values = []
    for column in columns:
        kind, name, *more = (*column.split("."),)
        if kind == "prior":
            values.append(rows[name][0])
        elif kind == "event":
            values.append(rows[name][-1])
        else:
            period = (more or [name])[-1]
            row = f"{kind}_{name}" if more else kind
            row = f"year:{row}" if f"year:{row}" in rows else row
            values.append(rows[row][4 * (int(period) - 2023) + 3])
    return np.array(values)


@pytest.mark.parametrize("trajectory", [0, 1, 255, 256, 511, 512, 699])
def test_a_replay_equals_its_row_in_the_sample(result, trajectory):
    rows = replay(toy.standard(), trajectory, SEED)
    assert expected_row(rows, result.sample_columns).tobytes() == result.sample[trajectory].tobytes()


def test_shocks_of_even_and_odd_quarters_are_both_shown():
    rows = replay(toy.standard(), 300, SEED)
    shocks = draw_shock_values({"noise": "normal", "jump": "uniform", "wind": "normal"}, SEED, 300, 1, 52)
    for name, values in shocks.items():
        np.testing.assert_array_equal(rows[name], values[:, 0])


def test_every_row_has_a_value_for_every_quarter():
    rows = replay(toy.standard(), 3, SEED)
    assert {len(values) for values in rows.values()} == {52}
    assert all(np.isfinite(values).all() for values in rows.values())
    assert not any(":odd" in name for name in rows)


@pytest.mark.parametrize("trajectory", [2**31 - 1, 2**32 + 5, 2**40 + 3, 2**53 + 1, 2**62 - 1])
def test_far_trajectories_can_be_replayed(trajectory):
    rows = replay(toy.standard(), trajectory, SEED)
    twin = reference.simulate(SEED, 1, first=trajectory)
    np.testing.assert_allclose(rows["size"], twin["size"][:, 0], rtol=1e-10)
    assert rows["rate"][0] == draw_values(toy.plan(), SEED, trajectory, 1)["rate"][0]


def test_neighbours_far_out_differ():
    a, b = (replay(toy.standard(), 2**53 + k, SEED)["size"] for k in (0, 1))
    assert not (a == b).any()


@pytest.mark.parametrize("trajectory", [-1, 2**62])
def test_trajectories_that_cannot_exist_are_refused(trajectory):
    with pytest.raises(StackcastError, match=rf"trajectory = {trajectory}: allowed are 0 to 2\^62 - 1"):
        replay(toy.standard(), trajectory, SEED)


@pytest.mark.parametrize(("start", "quarters"), [(2023.25, 9), (2023.0, 1), (2023.75, 6)])
def test_odd_horizons_equal_the_run(start, quarters):
    program = toy.program(start=start, quarters=quarters)
    result = simulate(program, 300, SEED, sample=300)
    rows = replay(program, 299, SEED)
    a = result.aggregates
    for step in range(quarters):
        cell = next(k for k, c in enumerate(a.cells) if (c.metric, c.period) == ("size", program.date(step)))
        assert a.minimum[cell] <= rows["size"][step] <= a.maximum[cell]
    years = program.outputs.years
    assert len(years) == {9: 2, 1: 0, 6: 1}[quarters] - (quarters == 9 and start == 2023.25)
    for k, year in enumerate(years):
        last = round((year - start) * 4) + 3
        total = sum(rows["size"][last - 3 : last + 1])
        assert result.sample[299, result.sample_columns.index(f"size.{year}")] == pytest.approx(total, rel=1e-14)
        assert k < 2


def test_layers_of_a_replay_add_up():
    rows = replay(toy.standard(), 12, SEED)
    assert sum(rows[f"year:share_{layer}"][-1] for layer in LAYERS) == pytest.approx(1.0, rel=1e-15)


@pytest.mark.parametrize("quarters", [1, 2, 5])
def test_the_first_quarters_of_a_program_have_the_same_bits(quarters):
    whole, short = (seen(program, quarters) for program in (toy.standard(), first_quarters(toy.standard(), quarters)))
    assert np.array_equal(whole, short)
    assert np.ptp(whole, axis=1).all()


def seen(program, quarters):
    """A row of a run at the end of every quarter (quarters, trajectories)."""
    found = np.zeros((quarters, 300))

    def look(arrays, first):
        found[:, first : first + arrays[0].shape[1]] = arrays[0]

    columns = tuple(("growth", step) for step in range(quarters))
    simulate(unreported(program), 300, SEED, sample=0, observe=Watch(columns, look, lambda _: None))
    return found
