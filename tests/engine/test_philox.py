"""Philox4x32-10 against the published vectors, its counters across word boundaries, and its uniforms.

Statistics use fixed seeds; thresholds are chosen so that correct code fails with probability below 1e-5 each.
"""

import numpy as np
import pytest
from scipy import stats

from stackcast.engine import philox
from stackcast.engine.jit import compiled

# Random123, tests/kat_vectors: counter, key, result of ten rounds.
KNOWN = [
    ([0] * 4, [0] * 2, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
    ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
    (
        [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
        [0xA4093822, 0x299F31D0],
        [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
    ),
]
MASK = 0xFFFFFFFF

WORDS = "uint64[::1]"
_philox, _unit, _pair = philox.philox, philox._unit, philox.uniform_pair


def reference(counter, key):
    """The generator once more, on Python integers of any size."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        a, b = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (b >> 32) ^ c1 ^ k0, b & MASK, (a >> 32) ^ c3 ^ k1, a & MASK
        k0, k1 = (k0 + 0x9E3779B9) & MASK, (k1 + 0xBB67AE85) & MASK
    return c0, c1, c2, c3


def _words(words, out):
    out[0], out[1], out[2], out[3] = _philox(words[0], words[1], words[2], words[3], words[4], words[5])


def _uniforms(address, out):
    out[0], out[1] = _pair(address[0], address[1], address[2], address[3], address[4])


def _units(high, low, out):
    for k in range(high.shape[0]):
        out[k] = _unit(high[k], low[k])


def _row(first, out):
    for lane in range(out.shape[1]):
        address = first + np.uint64(lane)
        out[0, lane], out[1, lane] = _pair(address, np.uint64(3), np.uint64(77), np.uint64(5), np.uint64(6))


@pytest.fixture(scope="module")
def generator():
    """Compiled entry points: words from a counter, uniforms from an address, uniforms of a row of lanes."""

    class Generator:
        words = staticmethod(compiled(f"void({WORDS}, {WORDS})", key="")(_words))
        uniforms = staticmethod(compiled(f"void({WORDS}, float64[::1])", key="")(_uniforms))
        units = staticmethod(compiled(f"void({WORDS}, {WORDS}, float64[::1])", key="")(_units))
        row = staticmethod(compiled("void(uint64, float64[:, ::1])", key="")(_row))

    return Generator


def uniforms_at(generator, trajectory, step=0, stream=0, key=(0, 0)):
    out = np.empty(2)
    generator.uniforms(np.array([trajectory, step, stream, *key], dtype=np.uint64), out)
    return out


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_known_answers_of_random123(generator, counter, key, expected):
    out = np.empty(4, dtype=np.uint64)
    generator.words(np.array([*counter, *key], dtype=np.uint64), out)
    assert out.tolist() == expected
    assert list(reference(counter, key)) == expected


BORDERS = [0, 1, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**32 + 1, 2**53 - 1, 2**53, 2**53 + 1, 2**62 - 1]


@pytest.mark.parametrize("trajectory", BORDERS)
def test_trajectory_fills_two_words_without_losing_a_bit(generator, trajectory):
    words = reference((trajectory & MASK, trajectory >> 32, 5, 9), (123, 456))
    expected = [(((high << 32 | low) >> 12) + 0.5) * 2.0**-52 for high, low in (words[:2], words[2:])]
    assert uniforms_at(generator, trajectory, 5, 9, (123, 456)).tolist() == expected


@pytest.mark.parametrize("step", [0, 1, 2**31 - 1, 2**31, 2**32 - 1])
def test_step_and_stream_fill_one_word_each(generator, step):
    for stream in (0, 2**31, 2**32 - 1):
        words = reference((7, 0, step, stream), (MASK, 2**31))
        expected = (((words[0] << 32 | words[1]) >> 12) + 0.5) * 2.0**-52
        assert uniforms_at(generator, 7, step, stream, (MASK, 2**31))[0] == expected


def test_neighbours_across_the_borders_are_all_different(generator):
    drawn = {tuple(uniforms_at(generator, t)) for t in BORDERS}
    drawn |= {tuple(uniforms_at(generator, t + 2**32)) for t in BORDERS if t < 2**32}
    assert len(drawn) == len(set(BORDERS) | {t + 2**32 for t in BORDERS if t < 2**32})


@pytest.mark.parametrize("first", [0, 2**31 - 100, 2**32 - 100, 2**53 - 100])
def test_lanes_count_across_a_word_boundary(generator, first):
    row = np.empty((2, 256))
    generator.row(np.uint64(first), row)
    for lane in (0, 1, 99, 100, 101, 255):
        assert row[:, lane].tolist() == uniforms_at(generator, first + lane, 3, 77, (5, 6)).tolist()


def test_uniforms_lie_strictly_inside_the_unit_interval(generator):
    ends = np.array([0, MASK, 0, MASK], dtype=np.uint64)
    out = np.empty(4)
    generator.units(ends, np.array([0, MASK, MASK, 0], dtype=np.uint64), out)
    assert out[0] == 0.5**53
    assert out[1] == 1.0 - 0.5**53
    assert ((out > 0.0) & (out < 1.0)).all()


@pytest.fixture(scope="module")
def uniforms(generator):
    """A million pairs of consecutive trajectories."""
    out = np.empty((2, 1_000_000))
    generator.row(np.uint64(0), out)
    return out


def test_uniforms_are_uniform(uniforms):
    # Kolmogorov and Smirnov, and chi-square over 1,024 bins: correct code fails once in 1e5.
    for u in uniforms:
        assert stats.kstest(u, "uniform").pvalue > 1e-5
        assert stats.chisquare(np.bincount((u * 1024).astype(int), minlength=1024)).pvalue > 1e-5


def test_pairs_and_neighbours_are_independent(uniforms):
    # A correlation of independent uniforms has standard deviation 1e-3 here: five of them, 6e-7 each.
    u, v = uniforms
    for a, b in ((u, v), (u[:-1], u[1:]), (v[:-1], u[1:]), (u[:-256], u[256:])):
        assert abs(np.corrcoef(a, b)[0, 1]) < 5e-3
        cells = np.histogram2d(a, b, bins=32, range=[[0, 1], [0, 1]])[0].ravel()
        assert stats.chisquare(cells).pvalue > 1e-6


def test_low_bits_are_random_too(uniforms):
    mantissa = np.floor(uniforms[0] * 2.0**52).astype(np.int64)
    for bit in range(52):
        # Binomial with standard deviation 500: six of them.
        assert abs(int(((mantissa >> bit) & 1).sum()) - 500_000) < 3000


def test_stream_of_a_name_is_stable():
    # These numbers must not change within a stream version: every published digest hangs on them.
    assert philox.STREAM_VERSION == 1
    assert [philox.stream_of(name) for name in ("prior:x", "shock:x", "")] == [1507479428, 2706721224, 1188227382]
