"""The baseline under JAX: the source of the independent implementation, traced, compiled by XLA for the CPU.

A year is one compiled function: four quarters as a loop, the year's figures, their bins and moments; the draws of its
shocks are another. What is left to NumPy is to count the bins, as in the NumPy implementation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.scipy import special

from benchmarks.rivals.traced import Rows, Traced, Year, raw, standing_in
from tests.independent import aggregates, arrays, frontier, labs, ledger, market, model, supply, tooling
from tests.independent.outputs import BINS, Record, blocks

jax.config.update("jax_enable_x64", True)

MODULES = (aggregates, arrays, frontier, labs, ledger, market, model, supply, tooling)
BEST_CHUNK = 16384
GENERATOR = "rbg"
"""Faster on a CPU than threefry, JAX's default."""

SPANS = (2025.0, 2026.0)
"""Dates at which the source takes another branch: each span between them is a program of its own."""

KINDS = {block: kind for (block, _), kind in blocks().items()}
Values = dict[str, jax.Array]


def boxed(values: Mapping[str, jax.Array]) -> SimpleNamespace:
    """Arrays as the source takes them."""
    return SimpleNamespace(
        **{name: Rows(map(Traced, value)) if value.ndim == 2 else Traced(value) for name, value in values.items()}
    )


def plain(rows: SimpleNamespace, names: Iterable[str], size: int) -> Values:
    """Arrays of some rows, a block as one array."""
    found = {}
    for name in names:
        value = getattr(rows, name)
        parts = [
            jnp.broadcast_to(jnp.asarray(raw(row), dtype=float), (size,)) for row in getattr(value, "rows", [value])
        ]
        found[name] = jnp.stack(parts) if isinstance(value, Rows) else parts[0]
    return found


@partial(jax.jit, static_argnames="size")
def draw_shocks(key: jax.Array, size: int) -> Values:
    """Shocks of the four quarters of a year."""
    keys = jax.random.split(key, len(model.SHOCKS))
    draw = {"normal": jax.random.normal, "uniform": jax.random.uniform}
    return {name: draw[kind](one, (4, size)) for one, (name, kind) in zip(keys, model.SHOCKS.items(), strict=True)}


def positions(kind: str, x: jax.Array) -> jax.Array:
    """Bins of a block of figures, as indices into all its bins."""
    bins = BINS[kind]
    if kind == "event":
        place = jnp.where(x == arrays.NEVER, model.QUARTERS, (x - model.START) * 4.0)
    else:
        size = jnp.abs(x)
        place = jnp.minimum(size, bins.threshold) / bins.width
        if bins.per_octave:
            bits = lax.bitcast_convert_type(jnp.maximum(size / bins.threshold, 1.0), jnp.int64)
            place += bits.astype(float) * (bins.per_octave * 2.0**-52) - 1023.0 * bins.per_octave
        place = jnp.floor(jnp.copysign(place, x))
    inside = jnp.clip(place, -bins.below, bins.above - 1).astype(jnp.int32) + bins.below
    return inside + (bins.count * jnp.arange(x.shape[0], dtype=jnp.int32))[:, None]


def kept(block: str, rows) -> tuple[jax.Array, ...]:
    """Bins of a block, and its sums, squares and extremes."""
    x = jnp.stack([raw(row) for row in getattr(rows, "rows", [rows])])
    return positions(KINDS[block], x), x.sum(1), (x * x).sum(1), x.min(1), x.max(1)


@partial(jax.jit, static_argnames="size")
def begin(parameters: Values, size: int) -> tuple[Values, Values]:
    """Parameters with the start rows, and the rows before the first quarter."""
    with standing_in(MODULES, size):
        p, last = model.start({name: Traced(value) for name, value in parameters.items()})
        names = (*model.NUMBERS_AT_START, *model.ROWS_AT_START)
        return plain(p, tuple(vars(p)), size), plain(last, names, size)


def _quarter(p: SimpleNamespace, known: float, size: int, state, given) -> tuple:
    last_values, sums = state
    date, shocks = given
    last, now, year = boxed(last_values), SimpleNamespace(), Year(date, known)
    for mechanism in model.MECHANISMS:
        mechanism(p, last, now, year, {name: Traced(value) for name, value in shocks.items()})
    ledger.lead(last, now, year)
    reporter = aggregates.Reporter(1)
    reporter.sums = Rows(map(Traced, sums))
    figures = reporter.quarter(now, False)
    wanted = plain(now, tuple(last_values), size), jnp.stack([row.value for row in reporter.sums])
    rows = {name: raw(row) for name, row in vars(now).items() if isinstance(row, Traced)}
    return wanted, {block: kept(block, value) for block, value in figures.items()}, rows


@partial(jax.jit, static_argnames="known")
def year(p: Values, last: Values, values: Values, start, shocks: Values, known: float) -> tuple:
    """Four quarters: the rows after them, values of the run so far, and what is kept of quarters and year."""
    size = next(iter(last.values())).shape[-1]
    with standing_in(MODULES, size):
        at_start = boxed(p)
        market_rows = [name for names in aggregates.MARKET.values() for name in names]

        def step(state, given):
            before, sums, _ = state
            after, figures, rows = _quarter(at_start, known, size, (before, sums), given)
            return (*after, _market(rows, market_rows, size)), figures

        sums = jnp.zeros((len(aggregates._SUMMED), size))
        empty = {name: jnp.zeros(size) for name in (*market_rows, "lag_months")}
        given = (start + 0.25 * jnp.arange(4), shocks)
        (last, sums, at_end), by_quarter = lax.scan(step, (last, sums, empty), given)
        reporter = aggregates.Reporter(1)
        reporter.sums = Rows(map(Traced, sums))
        reporter.values = {name: Rows(map(Traced, rows)) for name, rows in values.items()}
        figures = reporter.year(boxed(at_end), jnp.floor(start))
        values = {name: jnp.stack([raw(row) for row in rows]) for name, rows in reporter.values.items()}
        return last, values, by_quarter, {block: kept(block, rows) for block, rows in figures.items()}


def _market(rows: Values, names: list[str], size: int) -> Values:
    """Rows that the year's figures are taken from; those of flows and of the year itself are derived there."""
    wanted = (*names, "lag_months")
    return {name: jnp.broadcast_to(rows.get(name, jnp.zeros(size)).astype(float), (size,)) for name in wanted}


@jax.jit
def end(last: Values, values: Values) -> dict:
    """What is kept of the whole run."""
    events = Rows(Traced(last[name]) for name in aggregates.EVENTS)
    found = {metric: kept(metric, Rows(map(Traced, rows))) for metric, rows in values.items()}
    return found | {"event": kept("event", events)}


def known_span(date: float) -> float:
    """A date that stands for all of its span."""
    return max((edge for edge in SPANS if edge <= date), default=model.START)


def add(record: Record, period: str, found: dict) -> None:
    """Count the bins of a period's blocks and add their moments."""
    for block, (index, total, squares, low, high) in found.items():
        into = record.kept[block, period]
        np.add.at(into.counts.ravel(), np.asarray(index).ravel(), 1)
        into.total += total
        into.total_sq += squares
        np.minimum(into.minimum, low, out=into.minimum)
        np.maximum(into.maximum, high, out=into.maximum)


def accumulate(record: Record, parameters: Values, shocks: Iterable[Values]) -> None:
    """Simulate a batch and add its figures; ``shocks`` are those of each year."""
    size = next(iter(parameters.values())).shape[-1]
    p, last = begin(parameters, size)
    values = {metric: jnp.zeros((len(aggregates.EVERYONE), size)) for metric in aggregates.VALUES}
    for k, drawn in enumerate(shocks):
        start = model.START + k
        last, values, quarters, figures = year(p, last, values, start, drawn, known_span(start))
        for quarter in range(4):
            add(record, f"{int(start)}Q{quarter + 1}", jax.tree.map(lambda x, q=quarter: np.asarray(x)[q], quarters))
        add(record, str(int(start)), figures)
    found = end(last, values)
    add(record, "event", {"event": found.pop("event")})
    add(record, f"{int(model.START)}-{int(start)}", found)
    record.trajectories += size


class Parameters:
    """Draws of the parameters of a plan."""

    def __init__(self, plan) -> None:
        self.plan = plan
        self.draw = jax.jit(self._draw, static_argnums=1)

    def _draw(self, key: jax.Array, size: int) -> Values:
        row = {prior.name: k for k, prior in enumerate(self.plan.priors)}
        uniforms = jax.random.uniform(key, (len(row), size), minval=2.0**-54)
        scores = {}
        for group in self.plan.correlations:
            independent = special.ndtri(uniforms[np.array([row[name] for name in group.names])])
            scores |= dict(zip(group.names, jnp.asarray(group.cholesky) @ independent, strict=True))
        return {
            prior.name: quantile(prior.quantile, uniforms[row[prior.name]], scores.get(prior.name))
            for prior in self.plan.priors
        }


def quantile(wanted, u: jax.Array, score: jax.Array | None) -> jax.Array:
    """Values of a prior from uniforms, or from normal scores where it is correlated."""
    if wanted.kind == "constant":
        return jnp.full(u.shape, wanted.a)
    if wanted.kind == "uniform":
        return wanted.a + (wanted.b - wanted.a) * u
    if wanted.kind == "steps":
        values, cumulative = wanted.knots
        return jnp.asarray(values)[jnp.searchsorted(jnp.asarray(cumulative[:-1]), u, side="right")]
    if score is None:
        score = special.ndtri(wanted.u_low + (wanted.u_high - wanted.u_low) * u)
    if wanted.kind == "table":
        return jnp.interp(score, jnp.linspace(-8.5, 8.5, 4097), jnp.asarray(wanted.knots))
    value = wanted.a + wanted.b * score
    return jnp.exp(value) if wanted.kind == "lognormal" else value


def run(plan, trajectories: int, chunk: int = BEST_CHUNK, seed: int = 1, draw: Parameters | None = None) -> Record:
    """A whole run of the baseline."""
    draw, record = draw or Parameters(plan), Record()
    for first in range(0, trajectories, chunk):
        size = min(chunk, trajectories - first)
        key, own = jax.random.split(jax.random.fold_in(jax.random.key(seed, impl=GENERATOR), first))
        years = jax.random.split(own, model.QUARTERS // 4)
        accumulate(record, draw.draw(key, size), (draw_shocks(one, size) for one in years))
    return record
