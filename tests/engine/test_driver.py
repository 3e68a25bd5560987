"""The driver: bounds, progress, interruption, memory of a run, order of folding."""

import threading
import time
from itertools import pairwise

import numpy as np
import pytest

from stackcast.engine.counting import LANES
from stackcast.engine.cutting import Chunks
from stackcast.engine.driver import DEFAULT_CHUNK, simulate
from stackcast.errors import StackcastError
from tests.engine import toy

SEED = 3


@pytest.mark.parametrize("trajectories", [0, -1, 2**62 + 1, 10**30])
def test_trajectories_out_of_range_are_refused(trajectories):
    with pytest.raises(StackcastError, match=r"trajectories = -?\d+: allowed are 1 to 2\^62"):
        simulate(toy.standard(), trajectories, SEED)


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_seeds_out_of_range_are_refused(seed):
    with pytest.raises(StackcastError, match=rf"seed = {seed}: allowed are 0 to 2\^64 - 1"):
        simulate(toy.standard(), 10, seed)


@pytest.mark.parametrize("seed", [0, 2**63, 2**64 - 1])
def test_every_seed_in_range_is_accepted(seed):
    assert simulate(toy.standard(), 10, seed).aggregates.n == 10


@pytest.mark.parametrize("trajectories", [1, 31, 255, 256, 257])
def test_partial_blocks_count_every_trajectory_once(trajectories):
    result = simulate(toy.standard(), trajectories, SEED, sample=10**6)
    a = result.aggregates
    assert (np.add.reduceat(a.counts, a.offsets[:-1]) == trajectories).all()
    assert result.sample.shape[0] == trajectories
    column = result.sample_columns.index("mood.2030")
    cell = next(k for k, c in enumerate(a.cells) if (c.metric, c.period) == ("mood", "2030"))
    mood = result.sample[:, column]
    assert a.total[cell] == pytest.approx(mood.sum(), rel=1e-12)
    assert (a.minimum[cell], a.maximum[cell]) == (mood.min(), mood.max())


@pytest.mark.parametrize(("chunk", "used"), [(1, 256), (256, 256), (257, 512), (None, DEFAULT_CHUNK)])
def test_chunks_are_whole_blocks(chunk, used):
    assert simulate(toy.standard(), 100, SEED, chunk=chunk).chunk == used
    assert used % LANES == 0


@pytest.mark.parametrize("blocks", [1, 3, 4, 5, 15, 16, 40, 61, 500, 10_001, 2**54])
@pytest.mark.parametrize("size", [1, 3, 15])
@pytest.mark.parametrize("threads", [1, 2, 3, 64])
def test_chunks_hold_every_block_once_and_become_smaller(blocks, size, threads):
    chunks = Chunks.of(blocks, size, threads)
    few = sorted({*range(min(len(chunks), 700)), *range(max(len(chunks) - 700, 0), len(chunks))})
    bounds = [chunks.bounds(chunk) for chunk in few]
    sizes = [end - place for place, end in bounds]
    assert (bounds[0][0], bounds[-1][1]) == (0, blocks)
    left_out = len(chunks) > 1400
    assert all(here[1] == there[0] or (left_out and k == 699) for k, (here, there) in enumerate(pairwise(bounds)))
    assert max(sizes) <= size
    assert sizes == sorted(sizes, reverse=True)
    assert min(sizes[:-1], default=size) >= min(size, 4 if threads > 1 else size)
    if threads == 2 and blocks >= 16:
        assert sizes[-1] <= 4


@pytest.mark.parametrize("threads", [1, 3])
def test_progress_rises_to_the_total(threads):
    seen = []
    simulate(toy.standard(), 5000, SEED, threads=threads, chunk=512, progress=lambda d, t: seen.append((d, t)))
    done = [d for d, _ in seen]
    assert {total for _, total in seen} == {5000}
    assert done == sorted(done)
    assert done[-1] == 5000
    assert len(done) > 3


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, RuntimeError])
def test_an_interruption_leaves_no_thread_behind(error):
    before = set(threading.enumerate())

    def stop(done, total):
        raise error

    began = time.perf_counter()
    with pytest.raises(error):
        simulate(toy.standard(), 10**9, SEED, threads=3, chunk=256, progress=stop)
    assert time.perf_counter() - began < 2.0
    assert set(threading.enumerate()) == before


def test_a_run_after_an_interruption_is_whole():
    def stop(done, total):
        raise KeyboardInterrupt

    expected = simulate(toy.standard(), 3000, SEED).aggregates.digest()
    with pytest.raises(KeyboardInterrupt):
        simulate(toy.standard(), 3000, SEED, chunk=256, progress=stop)
    assert simulate(toy.standard(), 3000, SEED).aggregates.digest() == expected


def test_a_few_blocks_on_one_thread_need_no_pool(monkeypatch):
    from stackcast.engine import driver

    expected = simulate(toy.standard(), 1000, SEED, threads=2, chunk=256).aggregates.digest()
    started = []
    pool = driver.ThreadPoolExecutor
    monkeypatch.setattr(driver, "ThreadPoolExecutor", lambda threads: started.append(threads) or pool(threads))
    assert simulate(toy.standard(), 1000, SEED, threads=1, chunk=256).aggregates.digest() == expected
    assert started == []
    simulate(toy.standard(), 1025, SEED, threads=1)
    simulate(toy.standard(), 1000, SEED, threads=2, chunk=256)
    assert started == [1, 2]


def test_block_sums_are_folded_as_they_come(monkeypatch):
    # Memory must not grow with the number of trajectories: at most a few chunks may wait.
    from stackcast.engine import driver

    folded = []
    fold = driver.Run.fold
    monkeypatch.setattr(driver.Run, "fold", lambda self, sums: (folded.append(len(sums)), fold(self, sums)))
    waiting = []
    simulate(
        toy.standard(), 256 * 40, SEED, threads=2, chunk=256,
        progress=lambda done, total: waiting.append(done // 256 - sum(folded)),
    )  # fmt: skip
    assert sum(folded) == 40
    assert max(waiting) <= 3


def test_two_runs_at_once_do_not_disturb_each_other():
    expected = [simulate(toy.standard(), 2000, seed).aggregates.digest() for seed in (1, 2)]
    found = {}

    def run(seed):
        found[seed] = simulate(toy.standard(), 2000, seed, threads=2, chunk=256).aggregates.digest()

    threads = [threading.Thread(target=run, args=(seed,)) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[1], found[2]] == expected


def test_the_sample_names_its_columns():
    result = simulate(toy.standard(), 300, SEED, sample=100)
    columns = result.sample_columns
    assert result.sample.shape == (100, len(columns))
    assert len(set(columns)) == len(columns)
    expected = {
        "prior.rate",
        "size.2023",
        "share.chips.2035",
        "gross_profit.apps.2030",
        "event.doubled",
        "layer_hhi.2031",
    }
    assert expected <= set(columns)


def test_no_sample_may_be_asked_for():
    assert simulate(toy.standard(), 300, SEED, sample=0).sample.shape[0] == 0
