"""The baseline as a good NumPy program would run it: same equations, same outputs, NumPy's own random numbers.

The opponent of the core in the benchmark, so it gets what helps it: the fastest bit generator, buffers that are reused,
results written in place, batches of the best size, binning by arithmetic. Run as a program, it measures that size.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping

import numpy as np
from scipy import special

from tests.independent import aggregates, model
from tests.independent.outputs import Record

BEST_CHUNK = 32768


class Sampler:
    """Draws parameters and shocks of a batch from a generator; ``plan`` is a scenario's draw plan."""

    def __init__(self, plan, chunk: int, generator: np.random.Generator, antithetic: bool = False) -> None:
        self.generator, self.chunk, self.priors, self.antithetic = generator, chunk, plan.priors, antithetic
        self.table = np.empty((len(plan.priors), chunk))
        self.rows = {prior.name: k for k, prior in enumerate(plan.priors)}
        self.groups = [(group.names, group.cholesky) for group in plan.correlations]
        self.grouped = {name for names, _ in self.groups for name in names}
        self.noise = {name: np.empty(chunk) for name in model.SHOCKS}
        self.scores = np.linspace(-8.5, 8.5, 4097)

    def parameters(self, count: int) -> dict[str, np.ndarray]:
        """Parameters of ``count`` trajectories, in buffers that the next call overwrites."""
        values = {name: self.table[row, :count] for name, row in self.rows.items()}
        for names, cholesky in self.groups:
            self._correlated([values[name] for name in names], cholesky)
        for prior in self.priors:
            self._draw(prior.quantile, values[prior.name], prior.name in self.grouped)
        return values

    def _correlated(self, rows: list[np.ndarray], cholesky: np.ndarray) -> None:
        for row in rows:
            self.generator.standard_normal(out=row)
        for k in range(len(rows) - 1, -1, -1):
            rows[k] *= cholesky[k, k]
            for j in range(k):
                rows[k] += cholesky[k, j] * rows[j]

    def _draw(self, quantile, out: np.ndarray, is_score: bool) -> None:
        kind, a, b = quantile.kind, quantile.a, quantile.b
        if kind in ("normal", "lognormal", "table"):
            if not is_score:
                self._scores(quantile, out)
            if kind == "table":
                out[:] = np.interp(out, self.scores, quantile.knots)
                return
            out *= b
            out += a
            if kind == "lognormal":
                np.exp(out, out=out)
        elif kind == "uniform":
            self.generator.random(out=out)
            out *= b - a
            out += a
        elif kind == "steps":
            values, cumulative = quantile.knots
            out[:] = values[np.searchsorted(cumulative[:-1], self.generator.random(out.size), side="right")]
        elif kind == "constant":
            out[:] = a
        else:
            raise NotImplementedError(f"prior of kind {kind}")

    def _scores(self, quantile, out: np.ndarray) -> None:
        """Standard normals, drawn again while they lie outside the truncation."""
        self.generator.standard_normal(out=out)
        if not quantile.truncated or quantile.kind == "table":
            return
        low, high = special.ndtri(quantile.u_low), special.ndtri(quantile.u_high)
        outside = np.flatnonzero((out < low) | (out > high))
        while outside.size:
            again = self.generator.standard_normal(outside.size)
            out[outside] = again
            outside = outside[(again < low) | (again > high)]

    def shocks(self, count: int) -> Callable[[int], Mapping[str, np.ndarray]]:
        """Shocks of a quarter, in buffers that the next quarter overwrites."""
        noise = {name: buffer[:count] for name, buffer in self.noise.items()}
        drawn = -(-count // 2) if self.antithetic else count

        def of_quarter(step: int) -> Mapping[str, np.ndarray]:
            for name, kind in model.SHOCKS.items():
                row, normal = noise[name], kind == "normal"
                fill = self.generator.standard_normal if normal else self.generator.random
                fill(out=row[:drawn])
                np.subtract(0.0 if normal else 1.0, row[: count - drawn], out=row[drawn:])
            return noise

        return of_quarter


def accumulate(record: Record, parameters: Mapping[str, np.ndarray], shocks_of) -> None:
    """Simulate a batch and add all its figures to the record."""
    size = next(iter(parameters.values())).size
    for period, blocks in aggregates.periods(model.simulate(parameters, shocks_of), size):
        for block, values in blocks.items():
            record.add(block, period, values)
    record.trajectories += size


def run(
    plan, trajectories: int, chunk: int = BEST_CHUNK, generator: np.random.Generator | None = None,
    antithetic: bool = False,
) -> Record:  # fmt: skip
    """A whole run of the baseline; one thread. Antithetic: the second half of a chunk has the opposite shocks."""
    sampler = Sampler(plan, chunk, generator or np.random.Generator(np.random.SFC64(1)), antithetic)
    record = Record()
    with np.errstate(all="ignore"):
        for first in range(0, trajectories, chunk):
            count = min(chunk, trajectories - first)
            accumulate(record, sampler.parameters(count), sampler.shocks(count))
    return record


def main(plan, chunks=(1024, 2048, 4096, 8192, 16384, 32768, 65536), rounds: int = 5) -> None:
    """Print microseconds a trajectory by chunk: median, smallest and largest of interleaved rounds."""
    seconds: dict[int, list[float]] = {chunk: [] for chunk in chunks}
    for _ in range(rounds):
        for chunk in chunks:
            began = time.perf_counter()
            run(plan, 65536, chunk)
            seconds[chunk].append((time.perf_counter() - began) / 65536 * 1e6)
    for chunk, found in seconds.items():
        print(f"{chunk:6d} {np.median(found):7.2f} ({min(found):.2f} to {max(found):.2f})")


if __name__ == "__main__":
    from stackcast.scenario import load_scenario

    main(load_scenario(sys.argv[1] if len(sys.argv) > 1 else "configs/baseline.toml").plan)
