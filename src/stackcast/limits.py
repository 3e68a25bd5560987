"""What a run may ask for: whole numbers within bounds, and a size this machine can finish and hold.

The prediction is deliberately coarse. It stands between a typing error and a month of computing, not between eleven
seconds and twelve: one thread takes about `MICROSECONDS` per trajectory of 52 quarters and `THREAD_BYTES` of memory, a
stored trajectory of the sample about `SAMPLE_BYTES`, everything else in a run folder about `FOLDER_BYTES` however many
trajectories there are.
"""

from __future__ import annotations

import math
import os
import shutil
from decimal import Decimal, InvalidOperation
from pathlib import Path

from .errors import StackcastError, shorten

MICROSECONDS = 10.0
QUARTERS = 52
THREAD_BYTES = 130_000_000
SAMPLE_BYTES = 720 * 4  # about 720 columns in single precision
FOLDER_BYTES = 20_000_000
LONGEST_DAYS = 30

MAX_SEED = 2**64 - 1
MAX_TRAJECTORIES = 2**53
MAX_THREADS = 1024
MAX_CHUNK = 2**17

_LONGEST_TEXT = 40
_DAY = 86400.0


def whole_number(name: str, given: object, low: int, high: int) -> int:
    """`given` as an int between low and high; 1000000, 1_000_000, "1e6" and 1e6 are one number."""
    number = _integral(given)
    if number is None or not low <= number <= high:
        raise StackcastError(
            f"{name} = {_shown(given)}: allowed: a whole number from {low} to {high} (1e6 is accepted)"
        )
    return number


def check_size(where: str, trajectories: int, sample: int, threads: int, quarters: int, folder: Path | None) -> None:
    """Refuse at once what would take longer than a month, or not fit in memory or on the disk under `folder`."""
    per_second = _per_second(threads, quarters)
    disk = FOLDER_BYTES + min(sample, trajectories) * SAMPLE_BYTES
    most = largest(threads, quarters)
    if trajectories > most:
        raise StackcastError(
            f"{where}trajectories = {trajectories}: allowed: up to {most:.2g} on {threads} threads; predicted "
            f"{duration(trajectories / per_second)} and {disk / 1e6:.0f} MB of disk"
        )
    most = _memory() // THREAD_BYTES
    if threads > most:
        raise StackcastError(
            f"{_option(where)}threads = {threads}: allowed: up to {most} in this machine's memory; predicted "
            f"{threads * THREAD_BYTES / 1e9:.3g} GB"
        )
    room = _memory() // 4  # the sample passes through memory in double precision before it is stored
    if disk > room:
        raise StackcastError(
            f"{where}sample = {sample}: allowed: up to {max(room - FOLDER_BYTES, 0) // SAMPLE_BYTES} in this machine's "
            f"memory; predicted {disk / 1e9:.3g} GB of disk"
        )
    if folder is not None and (free := free_bytes(folder)) < disk:
        raise StackcastError(
            f"{folder}: {free / 1e6:.0f} MB free: allowed: at least {disk / 1e6:.0f} MB, the predicted size of the run"
        )


def largest(threads: int, quarters: int) -> int:
    """The largest run, in trajectories, that is finished within a month."""
    return min(int(LONGEST_DAYS * _DAY * _per_second(threads, quarters)), MAX_TRAJECTORIES)


def _per_second(threads: int, quarters: int) -> float:
    return threads / (MICROSECONDS * 1e-6 * quarters / QUARTERS)


def _option(where: str) -> str:
    """Threads are never a scenario's: a file is not named for them."""
    return where if where == "--" else ""


def free_bytes(folder: Path) -> int:
    """Free space on the disk that will hold `folder`, which need not exist yet."""
    place = folder.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    return shutil.disk_usage(place).free


def duration(seconds: float) -> str:
    """A length of time in the unit a person would use."""
    for unit, length in (("years", 365.25 * _DAY), ("days", _DAY), ("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 2.0 * length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.3g} seconds"


def _integral(given: object) -> int | None:
    if isinstance(given, bool):
        return None
    if isinstance(given, str):
        return _from_text(given)
    if isinstance(given, float):
        return int(given) if math.isfinite(given) and given == int(given) else None
    try:
        return given.__index__()  # type: ignore[attr-defined]
    except AttributeError:
        return None


def _from_text(text: str) -> int | None:
    text = text.strip()
    if len(text) > _LONGEST_TEXT:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    # The exponent is looked at first: int(Decimal("1e999999999")) would fill the memory.
    if not number.is_finite() or number.adjusted() > _LONGEST_TEXT or number != number.to_integral_value():
        return None
    return int(number)


def _shown(given: object) -> str:
    if isinstance(given, int) and given.bit_length() > 256:  # Python refuses to print a very long integer
        return f"an integer of about {int(given.bit_length() * math.log10(2.0)) + 1} digits"
    return shorten(given)


def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 8_000_000_000
