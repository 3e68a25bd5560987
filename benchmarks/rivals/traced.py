"""NumPy's names while JAX traces: the independent implementation's own source becomes an XLA program.

That source works in place (``out=``, ``+=``, rows of a block), and JAX's arrays cannot be changed. Here an array is a
box: an operation in place puts another traced value into it. A block of figures is a list of boxes, so that every row
stays a chain of operations of its own that XLA can fuse. What asks the data a question (``any``, ``min``) is told
what leads down the general path.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import jax.numpy as jnp
import numpy as np


class Traced(np.lib.mixins.NDArrayOperatorsMixin):
    """One value a trajectory."""

    size = 1  # the length of a constant beside it: one number, which JAX broadcasts

    def __init__(self, value) -> None:
        self.value = value

    def __array_ufunc__(self, ufunc, method, *inputs, out=(None,), **options):
        if method != "__call__" or any(isinstance(one, Rows) for one in inputs):
            return NotImplemented
        return apply(getattr(jnp, ufunc.__name__), inputs, out[0], **options)

    def store(self, value) -> None:
        """Put a value of the same kind into the box."""
        self.value = jnp.asarray(value, dtype=self.value.dtype)

    def astype(self, kind) -> Traced:
        """A copy of another kind."""
        return Traced(self.value.astype(kind))

    def any(self) -> bool:
        """Whether an event happens in any trajectory: it may."""
        return True

    def min(self) -> float:
        """The smallest value: not known to be above any number."""
        return -np.inf

    def __getitem__(self, place):
        return self

    def __setitem__(self, place, value) -> None:
        chosen = raw(value)
        self.store(jnp.where(place.value, chosen, self.value) if isinstance(place, Traced) else chosen)


class Rows(np.lib.mixins.NDArrayOperatorsMixin):
    """A block of figures: a row each."""

    def __init__(self, rows) -> None:
        self.rows = list(rows)

    def __array_ufunc__(self, ufunc, method, *inputs, out=(None,), **options):
        if method != "__call__":
            return NotImplemented
        return apply(getattr(jnp, ufunc.__name__), inputs, out[0], **options)

    def min(self) -> float:
        """As of a single row."""
        return -np.inf

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Traced]:
        return iter(self.rows)

    def __getitem__(self, place):
        return Rows(self.rows[place]) if isinstance(place, slice) else self.rows[place]

    def __setitem__(self, place, values) -> None:
        if isinstance(place, Rows):
            for row, mask in zip(self.rows, place.rows, strict=True):
                row[mask] = values
            return
        chosen = self.rows[place]
        rows = chosen if isinstance(chosen, list) else [chosen]
        for k, row in enumerate(rows):
            row.store(raw(values.rows[k] if isinstance(values, Rows) else values))


class Year:
    """A date that is traced, though which of the model's spans it lies in is known."""

    def __init__(self, value, known: float) -> None:
        self.value, self.known = value, known

    def __lt__(self, date: float) -> bool:
        return self.known < date

    def __ge__(self, date: float) -> bool:
        return self.known >= date

    def __sub__(self, date: float):
        return self.value - date


def raw(x):
    """What JAX takes."""
    return x.value if isinstance(x, Traced | Year) else x


def apply(function, inputs, out=None, where=None, dtype=None):
    """Call a function of jax.numpy on boxes, row by row where one is a block; ``out`` gets the result."""
    block = next((one for one in inputs if isinstance(one, Rows)), None)
    if block is not None:
        targets = out.rows if isinstance(out, Rows) else [None] * len(block)
        rows = zip(*(one.rows if isinstance(one, Rows) else [one] * len(block) for one in inputs), strict=True)
        results = [apply(function, row, target) for row, target in zip(rows, targets, strict=True)]
        return out if isinstance(out, Rows) else Rows(results)
    values = [raw(one) if dtype is None else jnp.asarray(raw(one), dtype=dtype) for one in inputs]
    value = function(*values)
    if out is None:
        return Traced(value)
    out.store(value if where is None else jnp.where(raw(where), value, out.value))
    return out


class _Function:
    """A function of NumPy's name, with ``reduce`` over the rows of a block."""

    def __init__(self, function) -> None:
        self.function = function

    def __call__(self, *inputs, **options):
        return apply(self.function, inputs, **options)

    def reduce(self, block: Rows, axis: int) -> Traced:
        assert axis == 0
        total = block.rows[0].value
        for row in block.rows[1:]:
            total = self.function(total, row.value)
        return Traced(total)


class Arrays:
    """Stands for the module ``numpy``."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __getattr__(self, name: str) -> _Function:
        return _Function(getattr(jnp, name))

    def zeros(self, shape) -> Rows:
        """An empty block."""
        return Rows(Traced(jnp.zeros(self._size)) for _ in range(shape[0]))

    empty = zeros

    def zeros_like(self, like: Traced) -> Traced:
        """Zeros."""
        return Traced(jnp.zeros_like(like.value))

    def array(self, rows) -> Rows:
        """A block of rows."""
        return Rows(Traced(raw(row)) for row in rows)

    def full(self, size: int, value: float) -> np.ndarray:
        """A constant, which is kept beyond the trace and so must be no traced value."""
        return np.full(size, value)

    def select(self, conditions, values, otherwise) -> Traced:
        """The value of the first condition that holds."""
        return Traced(jnp.select([raw(one) for one in conditions], [raw(one) for one in values], raw(otherwise)))

    def flatnonzero(self, mask: Traced) -> Traced:
        """Places where a mask holds: the mask itself (see ``Traced.__setitem__``)."""
        return Traced(mask.value)

    def einsum(self, form: str, first: Rows, second: Rows) -> Traced:
        """Products summed over the rows."""
        assert form == "ij,ij->j"
        return Traced(sum(one.value * other.value for one, other in zip(first, second, strict=True)))


@contextmanager
def standing_in(modules: tuple[ModuleType, ...], size: int) -> Iterator[None]:
    """While this lasts, ``np`` in these modules is JAX in disguise."""
    kept = [module.np for module in modules]
    for module in modules:
        module.np = Arrays(size)
    try:
        yield
    finally:
        for module, numpy in zip(modules, kept, strict=True):
            module.np = numpy
