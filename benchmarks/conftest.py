"""What the timed tests share: the baseline's program."""

from __future__ import annotations

import pytest

from benchmarks.paths import BASELINE


@pytest.fixture(scope="session")
def program():
    from stackcast.engine.assembly import build
    from stackcast.scenario import load_scenario

    return build(load_scenario(BASELINE))
