"""Swap two folders' names in one step where the system can, in two where it cannot."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def exchange(new: Path, old: Path) -> None:
    """Afterwards `old` names the new folder and `new` the old one.

    Linux does it in one step (renameat2), so no moment is without a complete folder under the name. Elsewhere, and on
    file systems that cannot, the old folder steps aside and comes back if the new one cannot take its place.
    """
    if _in_one_step(new, old):
        return
    aside = new.with_name(new.name + ".old")
    os.rename(old, aside)
    try:
        os.rename(new, old)
    except BaseException:
        os.rename(aside, old)
        raise
    os.rename(aside, new)


def _in_one_step(new: Path, old: Path) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    return rename(_AT_FDCWD, os.fsencode(new), _AT_FDCWD, os.fsencode(old), _RENAME_EXCHANGE) == 0
