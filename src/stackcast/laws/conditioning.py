"""Drawing a state given an observation of it: the optimal proposal of a guided particle filter, and its weight."""

from __future__ import annotations

from stackcast.engine.vecmath import log, sqrt
from stackcast.laws.law import FRACTION, NONNEGATIVE, POSITIVE, REAL, law

_LOG_DENSITY_AT_ZERO = -0.9808292530117262  # log(3/8)


@law(news=REAL, process_sd=NONNEGATIVE, error_sd=POSITIVE, score=REAL, seen=FRACTION)
def conditional_innovation(news: float, process_sd: float, error_sd: float, score: float, seen: float) -> float:
    """Innovation of a state drawn given an observation of it that carries an error, or freely where there is none.

    w = G v + sqrt(G) t e,  G = s^2 / (s^2 + t^2);  w = s e where nothing is seen

    news v: the observation less the prediction; process_sd s and error_sd t: standard deviations of the innovation and
    of the measurement; score e: a standard normal draw; seen: 1 or 0. All in the unit of the state (mostly logs).
    w is exactly normal given v: (s^2 / (s^2 + t^2)) v in the mean, s^2 t^2 / (s^2 + t^2) in variance.
    Source: Doucet, Godsill, Andrieu 2000, On sequential Monte Carlo sampling methods for Bayesian filtering, Statistics
    and Computing 10, section II-D (optimal importance function).
    Raises ValueError for a negative standard deviation, an error of 0, seen outside [0, 1] or a number that is not
    finite.
    """
    gain = process_sd * process_sd / (process_sd * process_sd + error_sd * error_sd)
    guided = gain * news + sqrt(gain) * error_sd * score
    return guided if seen > 0.5 else process_sd * score


@law(news=REAL, scale=POSITIVE)
def student_log_density(news: float, scale: float) -> float:
    """Log density of Student's t with four degrees of freedom: what an innovation says for the trajectory it surprised.

    log p = log(3/8) - log s - 5/2 log(1 + v^2 / (4 s^2))

    news v and scale s in one unit. Heavy tails: one step such as that of 2023 must not decide between trajectories.
    Source: Student 1908, The probable error of a mean, Biometrika 6 (density); four degrees: assumption.
    Raises ValueError for a scale that is not positive or a number that is not finite.
    """
    ratio = news / scale
    return _LOG_DENSITY_AT_ZERO - log(scale) - 2.5 * log(1.0 + 0.25 * ratio * ratio)
