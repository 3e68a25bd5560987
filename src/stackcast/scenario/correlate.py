"""Correlations between priors: a Gaussian copula for each connected group.

Spearman's rank correlation r of two continuous priors is reached by normal scores of correlation
2 sin(pi r / 6), whatever their distributions (Pearson 1907). A matrix no set of priors can have is replaced by
the nearest one that can (Higham 2002, IMA J. Numer. Anal. 22: alternating projections with Dykstra's
correction), and the change is reported. Discrete priors may be correlated, but ties keep the rank
correlation they reach below the one asked for; columns drawn jointly from a file may not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from stackcast.engine.draws import CorrelationGroup, round_bits
from stackcast.scenario import maths
from stackcast.scenario.problem import Problem, unknown

# Keeps the repaired matrix inside the positive definite ones after its entries are rounded.
_SMALLEST_EIGENVALUE = 1e-7
_ROUNDED_BITS = 28


@dataclass(frozen=True)
class Entry:
    """The correlation of one pair of priors as given: ``value`` in terms of normal scores."""

    value: float
    rank: bool
    table: str


Pairs = dict[tuple[str, str], Entry]


def collect(correlations: dict[str, Any], priors: dict[str, int]) -> Pairs:
    """All pairs; ``Problem`` names the table. ``priors`` gives each prior's place in the scenario."""
    pairs: Pairs = {}
    for table, model in correlations.items():
        _check_names(model, priors)
        for (i, j), given in _entries(model).items():
            pair = tuple(sorted((model.between[i], model.between[j]), key=priors.__getitem__))
            if pair in pairs:
                other = pairs[pair].table
                raise Problem("between", list(pair), f"is also given by correlations.{other}")
            rank = model.kind == "rank"
            pairs[pair] = Entry(maths.score_correlation(given) if rank else given, rank, table)  # type: ignore[index]
    return pairs


def _check_names(model: Any, priors: dict[str, int]) -> None:
    if len(set(model.between)) != len(model.between):
        raise Problem("between", model.between, "names a prior twice")
    for name in model.between:
        if name not in priors:
            raise Problem("between", name, unknown(name, priors, "prior"))


def _entries(model: Any) -> dict[tuple[int, int], float]:
    """Entries below the diagonal."""
    size = len(model.between)
    if (model.rank is None) == (model.matrix is None):
        raise Problem("rank", model.rank, "give rank or matrix")
    if model.rank is not None:
        return {(i, j): model.rank for i in range(size) for j in range(i)}
    matrix = model.matrix
    lengths = [len(row) for row in matrix]
    if lengths not in ([size] * size, list(range(1, size + 1))):
        raise Problem("matrix", lengths, f"must be {size} rows of {size} numbers, or the lower triangle")
    for i in range(size):
        if matrix[i][i] != 1.0:
            raise Problem("matrix", matrix[i][i], f"the diagonal must be 1 (row {i + 1})")
        for j in range(i):
            if lengths[j] == size and matrix[j][i] != matrix[i][j]:
                raise Problem("matrix", [matrix[j][i], matrix[i][j]], f"must be symmetric (rows {j + 1} and {i + 1})")
    return {(i, j): matrix[i][j] for i in range(size) for j in range(i)}


def groups(pairs: Pairs, order: dict[str, int]) -> list[list[str]]:
    """Connected sets of priors, in the order of ``order``."""
    leader: dict[str, str] = {}

    def find(name: str) -> str:
        while leader.setdefault(name, name) != name:
            name = leader[name]
        return name

    for (a, b), entry in pairs.items():
        if entry.value != 0.0:
            leader[find(a)] = find(b)
    sets: dict[str, list[str]] = {}
    for name in sorted(leader, key=order.__getitem__):
        sets.setdefault(find(name), []).append(name)
    return [names for names in sets.values() if len(names) > 1]


def correlation_groups(pairs: Pairs, order: dict[str, int]) -> tuple[tuple[CorrelationGroup, ...], tuple[str, ...]]:
    """The groups as the engine wants them, and a message for each matrix that had to be repaired."""
    made, messages = [], []
    for names in groups(pairs, order):
        matrix = _matrix(names, pairs)
        lower = maths.cholesky(matrix)
        if lower is None:
            repaired = nearest_correlation(matrix)
            messages.append(_report(names, matrix, repaired))
            lower = maths.cholesky(repaired)
        if lower is None:
            raise Problem("", names, "these correlations contradict one another and could not be repaired")
        made.append(CorrelationGroup(tuple(names), np.array(lower)))
    return tuple(made), tuple(messages)


def _matrix(names: list[str], pairs: Pairs) -> list[list[float]]:
    def entry(a: str, b: str) -> float:
        found = pairs.get((a, b)) or pairs.get((b, a))
        return found.value if found else 0.0

    return [[1.0 if a == b else entry(a, b) for b in names] for a in names]


def nearest_correlation(matrix: list[list[float]]) -> list[list[float]]:
    """Nearest positive definite matrix of unit diagonal; rounded, for LAPACK's last bits differ."""
    target = np.array(matrix)
    correction = np.zeros_like(target)
    for _ in range(2000):
        shifted = target - correction
        values, vectors = np.linalg.eigh(shifted)
        projected = (vectors * np.maximum(values, 0.0)) @ vectors.T
        correction = projected - shifted
        previous = target
        target = 0.5 * (projected + projected.T)
        np.fill_diagonal(target, 1.0)
        if float(np.max(np.abs(target - previous))) < 1e-10:
            break
    smallest = float(np.linalg.eigvalsh(target)[0])
    if smallest < _SMALLEST_EIGENVALUE:
        shrink = (_SMALLEST_EIGENVALUE - smallest) / (1.0 - smallest)
        target = (1.0 - shrink) * target
    rounded = round_bits(np.tril(target, -1), _ROUNDED_BITS)
    return (rounded + rounded.T + np.eye(len(matrix))).tolist()


def _report(names: list[str], before: list[list[float]], after: list[list[float]]) -> str:
    size = len(names)
    change, i, j = max((abs(_rank(after[i][j]) - _rank(before[i][j])), i, j) for i in range(size) for j in range(i))
    return (
        f"correlations between {', '.join(names)} contradict one another (not positive definite): the nearest possible"
        f" ones are used; largest change of a rank correlation {change:.3f}, of {names[j]} and {names[i]} from"
        f" {_rank(before[i][j]):.3f} to {_rank(after[i][j]):.3f}"
    )


def _rank(score: float) -> float:
    return 6.0 / math.pi * math.asin(max(-1.0, min(1.0, score / 2.0)))
