"""The synthetic forecasts, for the tests of this folder and of tests/report."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest


def _load():
    """Test modules are not a package: the helper is loaded from its file, once."""
    name = "stackcast_synthetic"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("synthetic.py"))
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def synthetic():
    return _load()


@pytest.fixture(scope="session")
def stack(synthetic):
    """A forecast with all outputs of the full model."""
    return synthetic.stack_forecast(4096)


@pytest.fixture(scope="session")
def small(synthetic):
    """One block of trajectories."""
    return synthetic.stack_forecast(256)


@pytest.fixture(scope="session")
def market(synthetic):
    """A run of a few mechanisms: market figures alone, one of which never varies."""
    return synthetic.market_forecast()


@pytest.fixture(autouse=True)
def _no_window(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
