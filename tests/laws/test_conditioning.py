"""Drawing a state given an observation of it, and the weight of the surprise, against closed forms."""

import numpy as np
import pytest
from scipy import stats

from stackcast.laws import conditioning

DRAWS = 20_000


def innovations(news, process_sd, error_sd, seen=1.0):
    scores = stats.norm.ppf((np.arange(DRAWS) + 0.5) / DRAWS)
    draw = conditioning.conditional_innovation
    return np.array([draw(news, process_sd, error_sd, float(score), seen) for score in scores])


def test_moments_are_those_of_the_normal_given_the_observation():
    """w given v = w + u with u of the error's variance: mean G v, variance s^2 t^2 / (s^2 + t^2)."""
    s, t, v = 0.3, 0.2, 0.5
    found = innovations(v, s, t)
    assert found.mean() == pytest.approx(s**2 / (s**2 + t**2) * v, rel=1e-6)
    assert found.std() == pytest.approx(s * t / np.hypot(s, t), rel=1e-3)


def test_joint_simulation_agrees():
    """Of 200,000 pairs (w, v) those with v near 0.5 have the moments of the law; five standard errors."""
    random = np.random.default_rng(1)
    w = random.normal(0.0, 0.3, 200_000)
    v = w + random.normal(0.0, 0.2, w.size)
    near = w[np.abs(v - 0.5) < 0.02]
    found = innovations(0.5, 0.3, 0.2)
    assert abs(near.mean() - found.mean()) < 5.0 * near.std() / np.sqrt(near.size)


def test_an_exact_figure_is_hit_and_a_worthless_one_is_not_heeded():
    assert innovations(0.5, 0.3, 1e-9).std() < 1e-8
    assert innovations(0.5, 0.3, 1e-9).mean() == pytest.approx(0.5)
    assert innovations(0.5, 0.3, 1e9) == pytest.approx(innovations(0.0, 0.3, 1.0, seen=0.0), abs=1e-6)


def test_nothing_seen_is_a_free_draw():
    score = 1.25
    assert conditioning.conditional_innovation(99.0, 0.3, 0.2, score, 0.0) == pytest.approx(0.3 * score)


def test_a_state_without_noise_does_not_move():
    assert conditioning.conditional_innovation(1.0, 0.0, 0.2, 1.0, 1.0) == 0.0


@pytest.mark.parametrize("news", [-3.0, -0.1, 0.0, 0.4, 25.0])
@pytest.mark.parametrize("scale", [0.05, 1.0])
def test_weight_is_the_density_of_students_t_with_four_degrees(news, scale):
    found = conditioning.student_log_density(news, scale)
    assert found == pytest.approx(stats.t.logpdf(news, 4, scale=scale), rel=1e-12)


def test_kernel_and_checked_law_are_one():
    assert conditioning.student_log_density.kernel(0.3, 0.2) == conditioning.student_log_density(0.3, 0.2)
