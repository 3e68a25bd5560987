"""Points that fill the unit cube evenly: how many trajectories can be drawn with less error.

Under "sobol" and "lattice" the parameters of a trajectory, and the sums of its shocks over two years at a time, are
coordinates of a randomised point of a low-discrepancy sequence. Blocks of 256 trajectories take turns among the
randomisations: block b belongs to the randomisation b mod R and holds its points 256 (b div R) to 256 (b div R) + 255.
So a point is a function of the trajectory's number alone, a run is the beginning of every longer one, and R independent
estimates come out of it, whose spread is the error (Owen, Monte Carlo theory, methods and examples, ch. 17).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Literal

import numpy as np

from stackcast.engine.intrinsics import from_bits
from stackcast.engine.jit import compiled, kernel
from stackcast.engine.philox import philox
from stackcast.engine.vecmath import inverse_normal
from stackcast.errors import ModelError

SamplingKind = Literal["independent", "sobol", "lattice"]
KINDS: tuple[SamplingKind, ...] = ("independent", "sobol", "lattice")
_INDEPENDENT, _SOBOL, _LATTICE = range(3)
BITS = 32
RANDOMISATIONS = 16
MOST_RANDOMISATIONS = 256
SEGMENT = 8
"""Quarters whose shocks' sum is one coordinate."""
ADDRESS = 0xFFFFFFFF  # no quarter has this number: the address of a randomisation's own words

_LOW = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)
_LANE = np.uint64(255)
_BLOCK = np.uint64(8)
HALF = 128
"""Trajectories of a block that have shocks of their own when shocks come in pairs."""
_HALF = np.uint64(HALF)
_EXPONENT = np.uint64(0x4330000000000000)  # 2^52
_TWO_52 = 4503599627370496.0
_SCALE = 2.0**-32
# A square root is exact to the last bit on every machine. _SPREADS: sqrt((m - 1) / m) for the m quarters to come.
_SPREAD = float(np.sqrt(float(SEGMENT)))
_SPREADS = tuple(float(np.sqrt(1.0 - 1.0 / m)) for m in range(SEGMENT, 0, -1))


@dataclass(frozen=True)
class Sampling:
    """How trajectories are drawn.

    ``randomisations`` (a power of two) is how many independent estimates a run that is not plainly independent is made
    of. ``antithetic`` gives the second half of every block the shocks of the first with the opposite sign.
    """

    kind: SamplingKind = "independent"
    randomisations: int = RANDOMISATIONS
    antithetic: bool = False

    def __post_init__(self) -> None:
        count = self.randomisations
        if not isinstance(count, int) or not isinstance(self.antithetic, bool):
            raise ModelError(
                f"randomisations = {count!r}, antithetic = {self.antithetic!r}: allowed: a whole number, True or False"
            )
        if self.kind not in KINDS:
            raise ModelError(f"sampling = {self.kind}: allowed: {', '.join(KINDS)}")
        if not (2 <= count <= MOST_RANDOMISATIONS and count & (count - 1) == 0):
            raise ModelError(f"randomisations = {count}: allowed: a power of two from 2 to {MOST_RANDOMISATIONS}")

    @property
    def plain(self) -> bool:
        """Whether every trajectory is independent of every other."""
        return self.kind == "independent" and not self.antithetic

    @property
    def even(self) -> bool:
        """Whether trajectories are points of an even sequence."""
        return self.kind != "independent"

    @property
    def paired(self) -> bool:
        """Whether antithetic pairs are independent of each other."""
        return self.antithetic and not self.even

    @property
    def sections(self) -> int:
        """Parts of a run that are estimates of their own: one where the trajectories are."""
        return 1 if self.plain else self.randomisations

    @property
    def largest_run(self) -> int:
        """Trajectories after which the points of an even sequence would repeat: a coordinate has 32 bits."""
        return self.randomisations << BITS

    @property
    def scheme(self) -> np.ndarray:
        """For the compiled core: kind, binary logarithm of the randomisations, whether shocks come in pairs."""
        return np.array(
            [KINDS.index(self.kind), self.randomisations.bit_length() - 1, int(self.antithetic)], dtype=np.int64
        )

    def settings(self) -> dict[str, object]:
        """As a scenario's [run] spells it."""
        return {"sampling": self.kind, "randomisations": self.randomisations, "antithetic": self.antithetic}

    def __str__(self) -> str:
        pairs = ", antithetic shocks" if self.antithetic else ""
        return self.kind + pairs + ("" if self.plain else f", {self.randomisations} randomisations")


INDEPENDENT = Sampling()


@functools.cache
def sobol_directions() -> np.ndarray:
    """Direction numbers of all dimensions, (dimensions, 32): entry k is what bit k of a point's number adds.

    Bratley and Fox 1988, ACM Trans. Math. Softw. 14: 88-100, with the initial numbers in data/joe_kuo.txt.
    """
    rows = [[1] * BITS]
    for line in _lines("joe_kuo.txt"):
        polynomial, *numbers = (int(word) for word in line.split())
        rows.append(_recurrence(polynomial, numbers))
    shift = np.arange(BITS - 1, -1, -1, dtype=np.uint64)
    return np.array(rows, dtype=np.uint64) << shift


def _recurrence(polynomial: int, numbers: list[int]) -> list[int]:
    degree = polynomial.bit_length() - 1
    for k in range(degree, BITS):
        number = numbers[k - degree] ^ (numbers[k - degree] << degree)
        for i in range(1, degree):
            if polynomial >> (degree - i) & 1:
                number ^= numbers[k - i] << i
        numbers.append(number)
    return numbers[:BITS]


@functools.cache
def lattice_generator() -> np.ndarray:
    """Generating vector of the lattice, (dimensions, 1), odd integers below 2^32 (data/lattice.txt)."""
    return np.array([[int(line)] for line in _lines("lattice.txt")], dtype=np.uint64)


def _lines(name: str) -> list[str]:
    text = resources.files("stackcast.engine").joinpath("data", name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def points_of(sampling: Sampling, dimensions: int) -> np.ndarray:
    """Numbers that make the points, (dimensions, 32 or 1); fewer rows where the sequence has fewer dimensions."""
    if not sampling.even:
        return np.zeros((0, BITS), dtype=np.uint64)
    numbers = sobol_directions() if sampling.kind == "sobol" else lattice_generator()
    return np.ascontiguousarray(numbers[:dimensions])


def coordinates(sampling: Sampling, shocks: Sequence[str], quarters: int, streams: Sequence[str]):
    """Which coordinate every segment of a shock, (shocks, segments), and every stream of the parameters has; -1: none.

    Sums of shocks come first, the first two years of all of them before the next two: the early coordinates of both
    sequences are the even ones, and a forecast hangs on few shocks more than on most parameters. What the sequence has
    no coordinate for is drawn independently.
    """
    segments = -(-quarters // SEGMENT)
    if not sampling.even:
        return np.full((len(shocks), segments), -1, dtype=np.int64), dict.fromkeys(streams, -1)
    count = len(sobol_directions()) if sampling.kind == "sobol" else len(lattice_generator())
    noise = np.arange(len(shocks) * segments, dtype=np.int64).reshape(segments, len(shocks)).T
    first = noise.size
    listed = {stream: first + k for k, stream in enumerate(dict.fromkeys(streams))}
    noise = np.ascontiguousarray(np.where(noise < count, noise, -1))
    return noise, {stream: place if place < count else -1 for stream, place in listed.items()}


@kernel
def reversed_bits(x):
    """The 32 bits of an unsigned 64-bit integer below 2^32 in reverse order."""
    x = ((x >> np.uint64(1)) & np.uint64(0x55555555)) | ((x & np.uint64(0x55555555)) << np.uint64(1))
    x = ((x >> np.uint64(2)) & np.uint64(0x33333333)) | ((x & np.uint64(0x33333333)) << np.uint64(2))
    x = ((x >> np.uint64(4)) & np.uint64(0x0F0F0F0F)) | ((x & np.uint64(0x0F0F0F0F)) << np.uint64(4))
    x = ((x >> np.uint64(8)) & np.uint64(0x00FF00FF)) | ((x & np.uint64(0x00FF00FF)) << np.uint64(8))
    return (x >> np.uint64(16)) | ((x << np.uint64(16)) & _LOW)


@kernel
def hashed(x, seed):
    """Owen's nested uniform scrambling of 32 reversed bits: a bit moves with those below it only.

    Owen 1995; as a hash Laine and Karras 2011 (Computer Graphics Forum 30) and Burley 2020 (J. Comput. Graph. Tech.
    9(4)); constants by Vegdahl 2021.
    """
    x = x ^ ((x * np.uint64(0x3D20ADEA)) & _LOW)
    x = (x + seed) & _LOW
    x = (x * ((seed >> np.uint64(16)) | np.uint64(1))) & _LOW
    x = x ^ ((x * np.uint64(0x05526C56)) & _LOW)
    return x ^ ((x * np.uint64(0x53A22864)) & _LOW)


@kernel
def unit_of(x):
    """The middle of the x-th of 2^32 equal parts of the unit interval."""
    return (from_bits(np.int64(x | _EXPONENT)) - _TWO_52 + 0.5) * _SCALE


@kernel
def pair_of(number):
    """The trajectory whose shocks this one shares, with the opposite sign if it lies in the second half of a block."""
    return number - (number & _HALF)


def pairs_among(trajectories: int) -> int:
    """Antithetic pairs of which both are among the first trajectories."""
    blocks, rest = divmod(trajectories, 2 * HALF)
    return blocks * HALF + max(rest - HALF, 0)


@kernel
def is_mirrored(number):
    """Whether a trajectory has the opposite of another's shocks, where they come in pairs."""
    return (number & _HALF) != np.uint64(0)


@kernel
def _bits(number, numbers):
    """Exclusive or of the entries at the bits of a number."""
    found = np.uint64(0)
    for k in range(32):
        found = found ^ (numbers[k] if (number >> np.uint64(k)) & np.uint64(1) else np.uint64(0))
    return found


@compiled("void(float64[::1], uint64[::1], int64[::1], uint64, uint64, uint64, uint64, uint64)")
def fill_points(row, numbers, scheme, trajectory, stream, step, key0, key1):
    """Fill a row with a coordinate of the points of trajectories from ``trajectory`` on, all of one block.

    The randomisation's words are addressed by (its number, ``step``, ``stream``).
    """
    block = trajectory >> _BLOCK
    log_count = np.uint64(scheme[1])
    randomisation = block & ((np.uint64(1) << log_count) - np.uint64(1))
    first = (block >> log_count) << _BLOCK
    lane_first = trajectory & _LANE
    word = philox(randomisation, np.uint64(0), step, stream, key0, key1)[0]
    lanes = row.shape[0]
    if scheme[0] == _SOBOL:
        base = _bits(first, numbers)
        for lane in range(lanes):
            k = lane_first + np.uint64(lane)
            x = base
            for bit in range(8):
                x = x ^ (numbers[bit] & (np.uint64(0) - ((k >> np.uint64(bit)) & np.uint64(1))))
            row[lane] = unit_of(reversed_bits(hashed(reversed_bits(x), word)))
    else:
        generator = numbers[0]
        for lane in range(lanes):
            k = first + lane_first + np.uint64(lane)
            row[lane] = unit_of((reversed_bits(k) * generator + word) & _LOW)


@compiled(
    "void(float64[:, ::1], int64[:, ::1], uint64[::1], int64[::1], int64[:, ::1], uint64[:, ::1], int64[::1], uint64,"
    " int64, uint64, uint64)"
)
def bridge_shocks(table, rows, streams, ahead, coordinate, points, scheme, trajectory, step, key0, key1):
    """Give the shocks of an even quarter and the next their part of the segment's sum, which is a coordinate.

    The sum of n independent normals is drawn first, at the segment's start, into the row ``ahead``. Given the sum S of
    the m that are to come, the next is S / m + sqrt((m - 1) / m) e with e normal and independent: together they are
    distributed as independent draws are.
    """
    segment = step // SEGMENT
    lanes = table.shape[1]
    for k in range(streams.shape[0]):
        place = coordinate[k, segment]
        if place < 0:
            continue
        left = table[ahead[k]]
        if step % SEGMENT == 0:
            address = np.uint64(ADDRESS - 1 - segment)
            fill_points(left, points[place], scheme, trajectory, streams[k], address, key0, key1)
            for lane in range(lanes):
                left[lane] = _SPREAD * inverse_normal(left[lane])
        for odd in range(2):
            weight = 1.0 / (SEGMENT - step % SEGMENT - odd)
            spread = _SPREADS[step % SEGMENT + odd]
            row = table[rows[odd, k]]
            for lane in range(lanes):
                row[lane] = left[lane] * weight + spread * row[lane]
                left[lane] = left[lane] - row[lane]
