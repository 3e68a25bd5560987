"""Shared by all tests: helpers are imported as ``tests.<folder>.<module>``, however pytest is started."""

import sys
from pathlib import Path

ROOT = str(Path(__file__).resolve().parents[1])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)
