"""The sampler against a posterior in closed form, its determinism, and being stopped and taken up again."""

import numpy as np
import pytest

from stackcast.calibrate import checkpoint, smc
from stackcast.calibrate.sampling import sample
from stackcast.errors import StackcastError
from tests.calibrate import reduced

NAMES = ["a", "b"]
SEEN, SD = np.array([1.5, -0.5]), np.array([0.5, 2.0])


def gaussian(scores, origins):
    """Two standard normal parameters, each seen once with an error."""
    said = -0.5 * (((SEEN[:, None] - scores) / SD[:, None]) ** 2).sum(axis=0)
    return said, origins.copy()


def posterior(seed=3, count=4096):
    particles = smc.start(NAMES, gaussian, count, seed)
    while particles.temperature < 1.0:
        particles = smc.advance(particles, NAMES, gaussian, seed)
    return particles


def test_posterior_of_normal_parameters_is_the_closed_form():
    """Mean y / (1 + s^2), variance s^2 / (1 + s^2); bounds of five standard errors of 1,000 effective draws."""
    scores = posterior().scores
    variance = SD**2 / (1.0 + SD**2)
    assert np.all(np.abs(scores.mean(axis=1) - SEEN / (1.0 + SD**2)) < 5.0 * np.sqrt(variance / 1000.0))
    assert np.all(np.abs(scores.var(axis=1) / variance - 1.0) < 5.0 * np.sqrt(2.0 / 1000.0))


def test_steps_leave_the_prior_unchanged_at_temperature_zero():
    particles = smc.start(NAMES, gaussian, 4096, 5)
    for k in range(6):
        particles, rate = smc._step(particles, NAMES, np.array([0, 1]), gaussian, 5, f"test:{k}")
        assert rate == 1.0
    assert np.all(np.abs(particles.scores.mean(axis=1)) < 5.0 / np.sqrt(4096))
    assert np.all(np.abs(particles.scores.var(axis=1) - 1.0) < 5.0 * np.sqrt(2.0 / 4096))


def test_every_stage_keeps_half_of_the_particles_in_effect():
    stages = posterior().stages
    assert stages[-1].temperature == 1.0
    assert all(stage.effective >= 0.499 * 4096 for stage in stages)


def test_systematic_resampling_gives_each_weight_its_share_to_one():
    weights = np.array([0.5, 0.25, 0.125, 0.125])
    for u in (0.001, 0.3, 0.999):
        counts = np.bincount(smc.resample(weights, u, 80), minlength=4)
        assert np.all(np.abs(counts - 80 * weights) <= 1.0)


def test_no_two_refreshings_propose_the_same_shocks():
    numbers = np.concatenate([smc.trajectories(k, 100) for k in range(5)])
    assert len(np.unique(numbers)) == 500


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_particles_do_not_depend_on_threads(threads):
    record = np.array([0.1, 0.2, np.nan, 0.4, 0.4, 0.5, 0.6, 0.9])
    found = []
    for number in (1, threads):
        ask = reduced.likelihood(reduced.guided(record, number), 7)
        particles = smc.start(reduced.NAMES, ask, 20_000, 7)
        particles = smc.advance(particles, reduced.NAMES, ask, 7)
        found.append((particles.scores.tobytes(), particles.origins.tobytes(), particles.log_weight.tobytes()))
    assert found[0] == found[1]


class Target:
    """What `sample` needs of a target."""

    names = tuple(NAMES)
    shocks = 1

    def __init__(self, stop_after=None):
        self.calls, self.stop_after = 0, stop_after

    def likelihood(self, scores, origins):
        self.calls += 1
        if self.calls == self.stop_after:
            raise KeyboardInterrupt
        return gaussian(scores, origins)


def test_a_stopped_calibration_goes_on_to_the_same_particles(tmp_path):
    whole, _ = sample(Target(), 512, 3)
    file = tmp_path / "partial.npz"
    with pytest.raises(KeyboardInterrupt):
        sample(Target(stop_after=20), 512, 3, resume=file, key="k")
    stored = checkpoint.load(file, "k")
    assert 0.0 < stored.temperature < 1.0
    again = Target()
    resumed, _ = sample(again, 512, 3, resume=file, key="k")
    assert resumed.scores.tobytes() == whole.scores.tobytes()
    assert resumed.stages == whole.stages
    assert [path.name for path in tmp_path.iterdir()] == ["partial.npz"]


def test_a_checkpoint_of_another_calibration_or_a_broken_one_is_not_used(tmp_path):
    file = tmp_path / "partial.npz"
    checkpoint.save(file, "k", posterior(count=64))
    assert checkpoint.load(file, "another") is None
    file.write_bytes(file.read_bytes()[:100])
    assert checkpoint.load(file, "k") is None
    assert checkpoint.load(tmp_path / "missing.npz", "k") is None


def test_too_few_particles_are_refused():
    with pytest.raises(StackcastError, match="allowed: 64 or more"):
        sample(Target(), 10, 3)


def test_a_record_that_rules_out_everything_is_one_line():
    with pytest.raises(StackcastError, match="rules out every trajectory"):
        smc.start(NAMES, lambda scores, origins: (np.full(scores.shape[1], -np.inf), scores), 64, 1)


@pytest.mark.parametrize(("rows", "columns"), [(-1, 3), (4, 2)])
def test_values_and_origins_of_another_shape_are_refused(rows, columns):
    model = reduced.guided([0.1, 0.2])
    values = model.values(np.zeros((len(model.streams), 3)))
    with pytest.raises(ValueError, match=r"rows|dimensions"):
        model.run(values[:rows], np.zeros((1, columns)), 1)
