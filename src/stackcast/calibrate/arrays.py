"""Exponentials, logarithms and normal scores of whole arrays with the engine's functions.

NumPy's own differ in the last bit between processors; a calibration is to have one digest everywhere.
"""

from __future__ import annotations

import numpy as np

from stackcast.engine import vecmath
from stackcast.engine.draws import DrawPlan, PriorDraw, Quantile, draw_values
from stackcast.engine.jit import compiled

_exp, _log, _cdf = vecmath.exp, vecmath.log, vecmath.normal_cdf


@compiled("void(float64[::1])")
def _exp_in_place(values):
    for k in range(values.shape[0]):
        values[k] = _exp(values[k])


@compiled("void(float64[::1])")
def _log_in_place(values):
    for k in range(values.shape[0]):
        values[k] = _log(values[k])


@compiled("void(float64[::1])")
def _cdf_in_place(values):
    for k in range(values.shape[0]):
        values[k] = _cdf(values[k])


def _mapped(function, values) -> np.ndarray:
    array = np.array(values, dtype=np.float64, order="C")
    function(array.reshape(-1))
    return array


def exp(values) -> np.ndarray:
    """e to the power of every value."""
    return _mapped(_exp_in_place, values)


def log(values) -> np.ndarray:
    """Natural logarithm of every value."""
    return _mapped(_log_in_place, values)


def normal_cdf(values) -> np.ndarray:
    """Standard normal distribution function of every value."""
    return _mapped(_cdf_in_place, values)


def normals(names: list[str], purpose: str, seed: int, count: int) -> np.ndarray:
    """Standard normal draws (names, count) addressed by name, purpose and number."""
    plan = DrawPlan(tuple(PriorDraw(name, f"{purpose}:{name}", Quantile("normal", 0.0, 1.0)) for name in names))
    return np.stack(list(draw_values(plan, seed, 0, count).values()))


def uniforms(purpose: str, seed: int, count: int) -> np.ndarray:
    """Uniform draws addressed by purpose and number."""
    plan = DrawPlan((PriorDraw("u", purpose, Quantile("uniform", 0.0, 1.0)),))
    return draw_values(plan, seed, 0, count)["u"]
