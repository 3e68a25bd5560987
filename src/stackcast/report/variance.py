"""How much of the spread of a layer's share comes from priors that nobody has measured?

Estimator: least squares on the sample. Each prior's draws are replaced by the normal scores of their ranks z, and the
share is regressed on z and z^2 - 1 of all priors at once (the two first Hermite polynomials: additive effects, monotone
and curved). The adjusted R^2 is what the priors explain additively. Correlated priors share what they explain; it is
split by Shapley's rule for two groups: half of what a group explains alone plus half of what it adds to the other. What
is left is shocks, events, and interactions between priors, which an additive fit does not see: the split is a lower
bound for both groups. Errors: delete-a-group jackknife over ten groups of trajectories.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..forecast.provenance import parameter_names
from ..ledger.layers import LAYERS

if TYPE_CHECKING:
    from ..forecast import Forecast
    from ..forecast.sample import Sample

_GROUPS = 10
_ROWS_PER_TERM = 5
_LEAST_NEW = 1e-9


class VarianceShare(NamedTuple):
    """Shares of one output's variance, with standard errors."""

    layer: str
    assumption: float
    assumption_error: float
    sourced: float
    sourced_error: float

    @property
    def rest(self) -> float:
        """Shocks, events and interactions."""
        return 1.0 - self.assumption - self.sourced


def assumption_shares(forecast: Forecast, year: int = 2030) -> list[VarianceShare]:
    """Split of the variance of every layer's share in a year; empty where the sample is too small to tell."""
    sample, known = forecast.sampled, [f"share.{layer}.{year}" for layer in LAYERS]
    names = [name for name in sample.among(known) if _vary(sample.of_columns([name]))[0]]
    assumed, sourced = (_scores(sample, parameter_names(forecast.manifest, kind)) for kind in (True, False))
    curved = _fits(len(sample), 2 * (assumed.shape[1] + sourced.shape[1]))
    if not names or not _fits(len(sample), assumed.shape[1] + sourced.shape[1]):
        return []
    if curved:
        assumed, sourced = _with_squares(assumed), _with_squares(sourced)
    shares = sample.of_columns(names).astype(np.float64)
    whole, deleted = _split(assumed, sourced, shares)
    spread = deleted - deleted.mean(axis=0)
    errors = np.sqrt((_GROUPS - 1) / _GROUPS * (spread**2).sum(axis=0))
    return [
        VarianceShare(name.split(".")[1], *(float(part[kind, i]) for kind in (0, 1) for part in (whole, errors)))
        for i, name in enumerate(names)
    ]


def normal_scores(values: np.ndarray) -> np.ndarray:
    """Ranks of every column as quantiles of the normal distribution, mean 0 and variance 1; ties share their rank."""
    rank = np.stack([_doubled_ranks(column) for column in values.T], axis=1)
    # Ranks are halves of whole numbers: one table of quantiles serves all columns, and spares importing scipy.
    normal, rows = NormalDist(), len(values)
    table = np.array([normal.inv_cdf((0.5 * i - 0.5) / rows) for i in range(2, 2 * rows + 1)])
    z = table[rank - 2]
    return (z - z.mean(axis=0)) / z.std(axis=0)


def _fits(rows: int, terms: int) -> bool:
    return rows >= _ROWS_PER_TERM * (terms + 1) and rows >= _GROUPS * 2


def _doubled_ranks(values: np.ndarray) -> np.ndarray:
    """Twice the rank of every value, from 2 on; equal ones have their mean rank."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return (2 * np.cumsum(count) - count + 1)[place]


def _vary(values: np.ndarray) -> np.ndarray:
    return (values != values[:1]).any(axis=0)


def _scores(sample: Sample, names: Sequence[str]) -> np.ndarray:
    """Scores of the priors that the sample holds and that vary, one column each."""
    values = sample.of_columns(sample.among(names))
    values = values[:, _vary(values)]
    return normal_scores(values) if values.size else np.empty((len(sample), 0))


def _with_squares(z: np.ndarray) -> np.ndarray:
    return np.hstack([z, z * z - 1.0])


def _split(assumed: np.ndarray, sourced: np.ndarray, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(assumption, sourced) x outputs from all rows, and from all rows but each group's."""
    rows = len(shares)
    design = np.hstack([np.ones((rows, 1)), assumed, sourced, shares - shares.mean(axis=0)])
    groups = np.array_split(design, _GROUPS)  # trajectories are independent: neighbours make as good a group as any
    parts = np.array([group.T @ group for group in groups])
    total = parts.sum(axis=0)
    grams = np.concatenate([total[np.newaxis], total - parts])
    kept = np.array([rows, *(rows - len(group) for group in groups)])
    split = _shapley(grams, kept, assumed.shape[1], sourced.shape[1])
    return split[0], split[1:]


def _shapley(grams: np.ndarray, rows: np.ndarray, assumed: int, sourced: int) -> np.ndarray:
    """Explained shares (assumption, sourced) of every output for every cross-product matrix."""
    terms = 1 + assumed + sourced
    first, both = _explained(grams, rows, (1 + assumed, terms))
    without = np.r_[0, 1 + assumed : grams.shape[1]]
    (second,) = _explained(grams[:, without][:, :, without], rows, (1 + sourced,))
    return 0.5 * np.stack([first + both - second, second + both - first], axis=1)


def _explained(grams: np.ndarray, rows: np.ndarray, leading: tuple[int, ...]) -> list[np.ndarray]:
    """Adjusted R^2 of every output on as many leading terms; behind the last of these come the outputs."""
    terms = leading[-1]
    factor = _cholesky(grams, terms)[:, terms:]
    gained = np.cumsum(factor**2, axis=2)
    square = np.einsum("bii->bi", grams)[:, terms:]
    spread = (square - gained[:, :, 0]) / (rows[:, np.newaxis] - 1)
    return [1.0 - (square - gained[:, :, used - 1]) / (rows[:, np.newaxis] - used) / spread for used in leading]


def _cholesky(grams: np.ndarray, columns: int) -> np.ndarray:
    """Leading columns of the Cholesky factors of a stack of cross-product matrices.

    Its squares in an output's row are what each term explains beyond the ones before it. Written out, because forty
    threaded calls of LAPACK on matrices this small take seconds instead of 0.05 s when other processes use the cores.
    """
    factor = np.zeros((*grams.shape[:2], columns))
    for j in range(columns):
        column = grams[:, j:, j] - np.einsum("bik,bk->bi", factor[:, j:, :j], factor[:, j, :j])
        # A copy of an earlier prior leaves rounding errors only: the floor keeps them from counting.
        pivot = np.maximum(column[:, :1], _LEAST_NEW * grams[:, j, j, np.newaxis])
        factor[:, j:, j] = column / np.sqrt(pivot)
    return factor
