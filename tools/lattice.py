"""Make the generating vector of the rank-1 lattice sequence: python -m tools.lattice (a minute).

Component by component for 2^13 points, then two candidates a component for every doubling to 2^20: the one with the
smaller worst-case error in a weighted Korobov space (smoothness 1, product weights 1 / j^1.5) stays. Sloan and Reztsov
2002, Math. Comput. 71; Dick, Pillichshammer and Waterhouse 2008, Math. Comput. 77. Same vector on every run.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

TARGET = Path("src/stackcast/engine/data/lattice.txt")
DIMENSIONS = 1024
FIRST, LAST = 12, 20
DECAY = 1.5
HEADER = """\
# Generating vector of an extensible rank-1 lattice in base 2, one component a line, for up to 2^20 points a
# randomisation: made by tools/lattice.py, which says how.
"""


def bernoulli(x: np.ndarray) -> np.ndarray:
    """2 pi^2 times the second Bernoulli polynomial: the kernel of the Korobov space."""
    return 2.0 * np.pi**2 * (x * x - x + 1.0 / 6.0)


def first_vector(dimensions: int) -> list[int]:
    """Component by component over all odd candidates below 2^FIRST (those above the middle mirror those below)."""
    n = 2**FIRST
    values = bernoulli(np.arange(n) / n)
    candidates = np.arange(1, n // 2, 2)
    product, chosen = np.ones(n), []
    table = values[np.outer(candidates, np.arange(n)) % n]
    for j in range(dimensions):
        errors = table @ product
        best = int(np.argmin(errors))
        chosen.append(int(candidates[best]))
        product *= 1.0 + table[best] / (j + 1.0) ** DECAY
        product /= product.mean()
    return chosen


def doubled(vector: list[int], bits: int) -> list[int]:
    """The vector for 2^bits points: each component, or itself plus 2^(bits - 1)."""
    n = 2**bits
    values, k = bernoulli(np.arange(n) / n), np.arange(n, dtype=np.int64)
    product, chosen = np.ones(n), []
    for j, z in enumerate(vector):
        rows = [values[(k * candidate) % n] for candidate in (z, z + n // 2)]
        best = int(rows[1] @ product < rows[0] @ product)
        chosen.append(z + best * (n // 2))
        product *= 1.0 + rows[best] / (j + 1.0) ** DECAY
        product /= product.mean()
    return chosen


def main() -> int:
    """Write the vector."""
    vector = first_vector(DIMENSIONS)
    for bits in range(FIRST + 1, LAST + 1):
        vector = doubled(vector, bits)
    TARGET.write_text(HEADER + "".join(f"{z}\n" for z in vector), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
