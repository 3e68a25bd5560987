"""The three machine operations and their Python twins have the same bits."""

import math
import struct
from fractions import Fraction

import numpy as np
import pytest

from stackcast.engine import intrinsics
from stackcast.engine.intrinsics import JIT, fma_twin, from_bits_twin, sqrt_twin, to_bits_twin
from stackcast.engine.jit import compiled

TINY, LARGEST, SUBNORMAL = 2.2250738585072014e-308, 1.7976931348623157e308, 5e-324


def bits(x):
    return struct.pack("<d", x)


def rounded(exact: Fraction) -> float:
    """The double next to a fraction, infinite where it is too large; zero is left to the caller."""
    try:
        return exact.numerator / exact.denominator
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


def triples():
    generator = np.random.default_rng(3)
    scale = generator.integers(-1074, 1024, (3000, 3))
    wild = np.ldexp(generator.uniform(-1.0, 1.0, (3000, 3)), scale)
    a, b = generator.uniform(-2.0, 2.0, (2, 3000))
    # c close to -a b: only a fused operation gets these right; and sums on the border of the subnormals.
    close = np.column_stack([a, b, -a * b * (1.0 + generator.integers(-4, 5, 3000) * 2.0**-52)])
    low = np.column_stack([a * 2.0**-530, b * 2.0**-530, a * 2.0**-1060])
    high = np.column_stack([a * 2.0**512, b * 2.0**511, a * 2.0**1022])
    return np.concatenate([wild, close, low, high])


@pytest.mark.parametrize("fused", [intrinsics._finite_fma, intrinsics._exact_fma], ids=["in use", "exact ratios"])
def test_the_twin_rounds_once(fused, monkeypatch):
    monkeypatch.setattr(intrinsics, "_finite_fma", fused)
    for a, b, c in triples():
        exact = Fraction(a) * Fraction(b) + Fraction(c)
        if exact != 0:
            assert bits(fma_twin(a, b, c)) == bits(rounded(exact)), (a, b, c)


SPECIAL = [0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, SUBNORMAL, -SUBNORMAL, TINY, LARGEST, -LARGEST]


@pytest.mark.skipif(not JIT, reason="compares with compiled code")
def test_twin_and_machine_agree_on_every_special_triple():
    fma = intrinsics.fma
    machine = compiled("float64(float64, float64, float64)", key="")(lambda a, b, c: fma(a, b, c))
    for a in SPECIAL:
        for b in SPECIAL:
            for c in SPECIAL:
                # Bytes, so that a signed zero counts; any NaN equals any NaN.
                twin, fast = fma_twin(a, b, c), machine(a, b, c)
                assert bits(twin) == bits(fast) or (math.isnan(twin) and math.isnan(fast)), (a, b, c)


@pytest.mark.skipif(not JIT, reason="compares with compiled code")
def test_twin_and_machine_agree_on_random_triples():
    fma = intrinsics.fma

    def loop(a, b, c, d):
        for k in range(a.shape[0]):
            d[k] = fma(a[k], b[k], c[k])

    a, b, c = np.ascontiguousarray(triples().T)
    d = np.empty_like(a)
    compiled("void(float64[::1], float64[::1], float64[::1], float64[::1])", key="")(loop)(a, b, c, d)
    assert d.tobytes() == np.array([fma_twin(*triple) for triple in zip(a, b, c, strict=True)]).tobytes()


def test_twins_return_numpy_floats():
    # Python's floats would raise where the machine gives an infinity.
    for value in (fma_twin(1.0, 2.0, 3.0), from_bits_twin(0), sqrt_twin(-1.0), fma_twin(math.inf, 0.0, 1.0)):
        assert type(value) is np.float64


@pytest.mark.parametrize("x", SPECIAL)
def test_casts_keep_all_bits(x):
    assert bits(from_bits_twin(to_bits_twin(x))) == bits(x)
    assert to_bits_twin(x) == np.float64(x).view(np.int64)


def test_casts_wrap_like_64_bit_integers():
    assert from_bits_twin(-1 << 63) == 0.0
    assert bits(from_bits_twin((1 << 64) + to_bits_twin(1.5))) == bits(1.5)


@pytest.mark.parametrize("x", SPECIAL)
def test_square_root_twin_agrees_with_numpy(x):
    with np.errstate(all="ignore"):
        np.testing.assert_equal(sqrt_twin(x), np.sqrt(np.float64(x)))
