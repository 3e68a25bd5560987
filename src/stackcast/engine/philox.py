"""Addressed random numbers: Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").

A draw is a pure function of (seed, trajectory, step, stream): no state, no order, no thread can
change it. The stream is a hash of the draw's name, so adding a draw leaves all others alone.
"""

from __future__ import annotations

import functools
import hashlib

import numpy as np

from stackcast.engine.intrinsics import from_bits
from stackcast.engine.jit import kernel

STREAM_VERSION = 1  # raised when the same seed would give other draws

_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint64(0x9E3779B9)
_W1 = np.uint64(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)
_12 = np.uint64(12)
_ONE_BITS = np.uint64(0x4330000000000000)  # 2^52: or-ing 52 bits below it makes an exact integer
_TWO_52 = 4503599627370496.0
_SCALE = 2.0**-52


@functools.lru_cache(maxsize=65536)  # a calibration asks for the same few hundred in every one of thousands of runs
def stream_of(name: str) -> int:
    """The 32-bit stream of a draw's name."""
    return int.from_bytes(hashlib.blake2s(name.encode(), digest_size=4).digest(), "little")


@kernel
def philox_round(c0, c1, c2, c3, k0, k1):
    """One round on four words held in 64-bit integers."""
    a = _M0 * c0
    b = _M1 * c2
    return (b >> _32) ^ c1 ^ k0, b & _LOW, (a >> _32) ^ c3 ^ k1, a & _LOW


@kernel
def philox(c0, c1, c2, c3, k0, k1):
    """Ten rounds; words are unsigned 64-bit integers below 2^32."""
    for _ in range(10):
        c0, c1, c2, c3 = philox_round(c0, c1, c2, c3, k0, k1)
        k0 = (k0 + _W0) & _LOW
        k1 = (k1 + _W1) & _LOW
    return c0, c1, c2, c3


@kernel
def _unit(high, low):
    """A uniform strictly inside (0, 1) from 64 random bits: 52 of them and a half."""
    mantissa = ((high << _32) | low) >> _12
    return (from_bits(np.int64(mantissa | _ONE_BITS)) - _TWO_52 + 0.5) * _SCALE


@kernel
def uniform_pair(trajectory, step, stream, key0, key1):
    """Two independent uniforms for one address; every argument is an unsigned 64-bit integer."""
    a, b, c, d = philox(trajectory & _LOW, trajectory >> _32, step, stream, key0, key1)
    return _unit(a, b), _unit(c, d)
