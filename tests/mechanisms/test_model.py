"""The whole model: every noise felt, nothing constant, everything documented."""

from __future__ import annotations

import re

import numpy as np
import pytest

from stackcast.engine.assembly import build
from stackcast.mechanisms import MECHANISMS, moats
from stackcast.scenario import load_scenario
from tests.mechanisms.baseline import BASELINE, holding, program, rows, scenario

QUARTERS = (0, 7, 19, 31, 51)
NOISES = [prior.name for prior in scenario().plan.priors if prior.name.endswith("_noise")]


def reported() -> tuple[str, ...]:
    """Rows that a run reports, of all mechanisms that are on."""
    return tuple(name for m in scenario().mechanisms for name, row in m.writes.items() if row.report is not None)


def spread_grows(narrow: np.ndarray, wide: np.ndarray, errors: float = 5.0) -> bool:
    """Is the second's variance larger by that many standard errors (paired)? Of logs, where all values are positive."""
    if min(narrow.min(), wide.min()) > 0.0:
        narrow, wide = np.log(narrow), np.log(wide)
    difference = (wide - wide.mean()) ** 2 - (narrow - narrow.mean()) ** 2
    return bool(difference.mean() > errors * difference.std(ddof=1) / np.sqrt(difference.size))


@pytest.mark.parametrize("name", NOISES)
def test_every_noise_widens_something(name):
    """From a standard deviation below its middle to one above."""
    ends = np.quantile(rows(program(), (name,), n=1024)[name][0], [0.16, 0.84])
    quiet = {} if name == "sales_noise" else {"sales_noise": 0.0}  # it would hide the small ones
    narrow, wide = (rows(holding(quiet | {name: value}), reported(), n=4096) for value in ends)
    assert any(spread_grows(narrow[row][q], wide[row][q]) for row in reported() for q in QUARTERS)


def test_no_reported_row_is_the_same_on_all_trajectories():
    found = rows(program(), reported(), n=1024)
    assert [name for name, values in found.items() if np.ptp(values[-1]) == 0.0] == []


def test_every_row_and_prior_is_documented():
    text = (BASELINE.parents[1] / "docs" / "model.md").read_text()
    words = set(re.findall(r"[A-Za-z_0-9]+", text))
    # The page gives the six moats one equation and a list of their names.
    kinds = [kind for kind in moats.KINDS if f"`{kind}`" in text]
    words |= {found.replace("<kind>", kind) for found in re.findall(r"moat_<kind>\w*", text) for kind in kinds}
    layered = {name for m in MECHANISMS.values() for name, row in m.writes.items() if row.layer}
    names = {name for m in MECHANISMS.values() for name in (*m.priors, *m.shocks)}
    names |= {name for m in MECHANISMS.values() if m.name != "audit" for name in m.writes} - layered
    missing = {n for n in names - words if not re.search(r"_[1-4]$", n)}
    assert not missing


def test_every_prior_of_the_baseline_is_used():
    used = {name for m in MECHANISMS.values() for name in (*m.priors, *m.carries.values(), *m.neutral.values())}
    assert {prior.name for prior in scenario().plan.priors} - used == set()


def test_mechanisms_that_are_off_leave_the_others_running():
    """Compiled, for one set of them; every one alone and many sets are run as plain Python elsewhere."""
    names = ("compute_supply", "moats", "emergence", "tooling", "lab_competition")
    without = build(load_scenario(BASELINE, set=[f"mechanisms.{name}=false" for name in names]))
    written = {row for m in without.mechanisms for row in m.writes} & set(without.names)
    found = rows(without, written, n=256)
    assert {"gross_profit_cloud", "end_spend"} <= written
    assert [row for row, values in found.items() if not np.isfinite(values).all()] == []


def test_limits_bind_with_some_probability_by_2030():
    """A published expectation, not an identity: chips, power, capital and text each bind somewhere (seed fixed)."""
    kinds = rows(program(), ("binding_constraint",), n=2048)["binding_constraint"][:32]
    for kind in (1.0, 2.0, 3.0, 4.0):
        assert (kinds == kind).any(axis=0).mean() > 0.01, kind
