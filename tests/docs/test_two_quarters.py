"""The hand calculation of two quarters: its arithmetic holds as printed, and the core finds the same numbers."""

import re

import numpy as np
import pytest

from stackcast.engine.assembly import build
from stackcast.engine.replay import replay
from stackcast.scenario import load_scenario
from tests.cli.processes import ROOT
from tools import two_quarters

PAGE = (ROOT / "docs" / "two_quarters.md").read_text(encoding="utf-8")
AS_PRINTED = 6e-9
"""Nine digits are shown: half a unit of the last is at most 5e-9 of the number."""


@pytest.fixture(scope="module")
def scenario():
    return load_scenario(ROOT / "configs" / "baseline.toml")


@pytest.fixture(scope="module")
def core(scenario):
    """Rows of the one future that is left, by name."""
    return replay(build(two_quarters.deterministic(scenario)), 0, seed=1)


def printed():
    """(quantity, quarter, arithmetic, value) of every number on the page; start rows have the quarter -1."""
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")] if line.startswith("| `") else []
        name, *pairs = (cell.strip("`") for cell in cells) if cells else ("",)
        for k in range(len(pairs) // 2):
            yield name, k if len(pairs) == 4 else -1, pairs[2 * k], float(pairs[2 * k + 1])


def test_the_page_shows_two_quarters_of_every_mechanism(scenario):
    quarters = [quarter for _, quarter, _, _ in printed()]
    assert quarters.count(0) == quarters.count(1) > 120
    assert quarters.count(-1) > 15
    headings = re.findall(r"^\| (\w+) \| 2023Q1", PAGE, re.MULTILINE)
    assert headings == [mechanism.name for mechanism in scenario.mechanisms]
    assert len(PAGE.splitlines()) < 250


def worked(arithmetic):
    return eval(arithmetic.replace("^", "**"), {"__builtins__": {}, **two_quarters.FUNCTIONS})


def uncertainty(arithmetic):
    """How far the last digits of the numbers can move the result: each is moved by half a unit in turn."""
    numbers = list(re.finditer(r"(?<![\w.])\d[\d.]*(?:e-?\d+)?(?!\w)", arithmetic))
    result = worked(arithmetic)
    for number in numbers:
        nudged = repr(float(number[0]) * (1.0 + AS_PRINTED))
        yield abs(worked(arithmetic[: number.start()] + nudged + arithmetic[number.end() :]) - result)


def test_the_arithmetic_on_the_page_holds():
    for name, quarter, arithmetic, value in printed():
        assert re.fullmatch(r"(?:[\w.]|[-+*/^(),<>=] ?| )+", arithmetic), arithmetic
        allowed = sum(uncertainty(arithmetic)) + AS_PRINTED * abs(value) + 1e-15
        assert abs(worked(arithmetic) - value) <= allowed, (name, quarter)
        assert allowed <= 1e-5 * abs(value) or abs(value) < 1e-3 or name == "backlog", (name, quarter)


def test_the_core_finds_every_value_on_the_page(core):
    known = [(name, max(quarter, 0), value) for name, quarter, _, value in printed() if name in core]
    assert len(known) > 0.85 * len(list(printed()))
    apart = {
        (name, quarter): (value, core[name][quarter])
        for name, quarter, value in known
        if not abs(core[name][quarter] - value) <= AS_PRINTED * abs(value) + 1e-15
    }
    assert apart == {}


def test_the_core_finds_what_the_page_leaves_out(scenario, core):
    for step, (year, mechanisms) in enumerate(two_quarters.quarters(scenario)):
        assert year == scenario.start + 0.25 * step
        worked = {line.name: line.value for done in mechanisms.values() for line in done if line.name in core}
        assert len(worked) > 180
        apart = {k: (v, core[k][step]) for k, v in worked.items() if not np.isclose(core[k][step], v, 1e-10, 1e-13)}
        assert apart == {}


def test_nothing_is_left_to_chance(scenario, core):
    again = replay(build(two_quarters.deterministic(scenario)), 1001, seed=2)
    moved = {name for name, values in core.items() if not np.array_equal(values, again[name])}
    assert {name for name in moved if not name.endswith(("_shock", "_draw"))} == set()
    assert moved
