"""A user's own mechanism from a file: two processes in a row, an edit, and never without being asked for."""

import json
import subprocess
import sys

import pytest

from tests.cli.processes import BASELINE, FEW, finish

TARIFF = '''
from stackcast.engine.declare import Loop, Mechanism, Row

RATE = 0.25


def levy(chip_price, tariff_from, year):
    """A tariff on accelerators from a date on."""
    return (chip_price * (1.0 + (RATE if year >= tariff_from else 0.0)),)


MECHANISM = Mechanism(
    name="my_tariff",
    doc="A tariff on accelerators.",
    priors={"tariff_from": "calendar_year"},
    reads=("chip_price",),
    writes={"chip_price": Row("USD", "price", "price of an accelerator, tariff included", "positive")},
    loops=(Loop(levy, ("chip_price",)),),
)
'''
SCENARIO = f"""
extends = "{BASELINE}"
name = "tariff"

[mechanisms.my_tariff]
file = "my_tariff.py"
after = "compute_supply"

[priors]
tariff_from = {{ dist = "uniform", min = 2026, max = 2028, unit = "calendar_year", source = "assumption" }}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "my_tariff.py").write_text(TARIFF)
    (tmp_path / "tariff.toml").write_text(SCENARIO)
    return tmp_path


DIGEST = """
import stackcast
scenario = stackcast.load_scenario("tariff.toml", allow_code=True)
print(stackcast.run(scenario, trajectories=512, sample=0).digest())
"""


def digest_of(folder):
    """In a process of its own, which needs no report and no files."""
    done = subprocess.run([sys.executable, "-c", DIGEST], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_two_processes_agree_and_an_edit_takes_effect(folder):
    done = finish("run", "tariff.toml", *FEW, "--json", "--allow-code", cwd=folder)
    assert done.code == 0, done.err
    first = json.loads(done.out)["digest"]
    assert digest_of(folder) == first
    (folder / "my_tariff.py").write_text(TARIFF.replace("RATE = 0.25", "RATE = 0.75"))
    assert digest_of(folder) != first
    (folder / "my_tariff.py").write_text(TARIFF)
    assert digest_of(folder) == first


def test_without_permission_the_file_is_not_run(folder):
    (folder / "my_tariff.py").write_text("raise SystemExit('it was run')\n")
    done = finish("run", "tariff.toml", *FEW, cwd=folder)
    assert done.code == 2
    assert "--allow-code" in done.err
    assert "it was run" not in done.err
    assert done.err.count("\n") == 1


def test_a_mechanism_that_cannot_be_compiled_is_one_line(folder):
    (folder / "my_tariff.py").write_text(TARIFF.replace("chip_price * (1.0", "open(chip_price) * (1.0"))
    done = finish("run", "tariff.toml", *FEW, "--allow-code", cwd=folder)
    assert done.code == 2
    assert "my_tariff" in done.err
    assert "levy" in done.err
    assert "Traceback" not in done.err
