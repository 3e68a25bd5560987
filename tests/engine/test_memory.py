"""Arrays of the core begin where vectors do not lie across cache lines."""

import numpy as np
import pytest

from stackcast.engine.memory import aligned_zeros


@pytest.mark.parametrize(("shape", "boundary"), [((1, 1), 64), ((6, 256), 64), ((511, 256), 64), ((733, 256), 2**21)])
def test_zeros_begin_at_the_boundary(shape, boundary):
    table = aligned_zeros(shape)
    assert table.shape == shape
    assert table.dtype == np.float64
    assert table.flags.c_contiguous
    assert table.ctypes.data % boundary == 0
    assert not table.any()
    table[:] = 1.0
    assert table.sum() == np.prod(shape)
