"""Claims of essays in files: reading, years and variants, what is refused, the command."""

import json
from pathlib import Path

import pytest

import stackcast
from stackcast.claims.theses import read_theses
from stackcast.errors import StackcastError
from tests.cli.processes import BASELINE

SHIPPED = Path(BASELINE).parent / "theses"
FEW = ("--trajectories", "600", "--seed", "7", "--quiet")

GOOD = """
essay = "An essay"
[[claims]]
id = "Z1"
statement = "Chips lead in {year}"
expression = "share[chips] > 0.3 @ {year}"
years = [2026, 2030]
given = ["scaling_break < 2030", "scaling_break == never"]
[[claims]]
id = "Z2"
statement = "Chips fall"
expression = "share[chips] @ {any+1} < share[chips] @ {any}"
any = [2024, 2025]
condition = "exhaustion > 2025"
given = ["scaling_break < 2030"]
"""


def write(folder, text=GOOD, name="essay.toml"):
    (folder / name).write_text(text)
    return folder


def test_years_and_variants_are_claims_of_their_own(tmp_path):
    found = read_theses(write(tmp_path))
    assert [(t.id, t.year, t.condition) for t in found] == [
        ("Z1", 2026, None), ("Z1", 2026, "scaling_break < 2030"), ("Z1", 2026, "scaling_break == never"),
        ("Z1", 2030, None), ("Z1", 2030, "scaling_break < 2030"), ("Z1", 2030, "scaling_break == never"),
        ("Z2", None, None), ("Z2", None, "scaling_break < 2030"),
    ]  # fmt: skip
    assert found[0].statement == "Chips lead in 2026"
    assert found[4].expression == "share[chips] > 0.3 @ 2030 | scaling_break < 2030"
    assert found[7].expression == (
        "(share[chips] @ 2025 < share[chips] @ 2024) or (share[chips] @ 2026 < share[chips] @ 2025)"
        " | (exhaustion > 2025) and (scaling_break < 2030)"
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('essay = "An essay"', "", "essay.toml: allowed: essay"),
        ('essay = "An essay"', "essay = ", "not TOML"),
        ('id = "Z2"', "", "claims.?.id: is missing"),
        ('id = "Z2"', 'id = "Z1"', "claims.id = Z1: used twice"),
        ('id = "Z2"', "id = 2", "allowed: a str"),
        ("years = [2026, 2030]", "", "claims.Z1.years: goes with {year}"),
        ("years = [2026, 2030]", "years = []", "claims.Z1.years"),
        ("years = [2026, 2030]", 'years = ["2026"]', "claims.Z1.years"),
        ("any = [2024, 2025]", "any = [2025, 2024]", "claims.Z2.any"),
        ("any = [2024, 2025]", "any = [2024]", "the first and the last year"),
        ("given = [", "givn = [", "claims.Z1.givn"),
        ('"scaling_break < 2030", ', "3, ", "a list of conditions"),
        ("@ {any}", "@ {any} | 1 < 2", "the key condition instead"),
    ],
)
def test_a_faulty_file_is_refused_in_one_line(tmp_path, old, new, said):
    assert old in GOOD
    write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(StackcastError) as caught:
        read_theses(tmp_path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_id_belongs_to_one_file(tmp_path):
    write(tmp_path)
    write(tmp_path, name="other.toml")
    with pytest.raises(StackcastError, match=r"other\.toml: id = Z1: used in .*essay\.toml"):
        read_theses(tmp_path)
    with pytest.raises(StackcastError, match="no claims"):
        read_theses(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("share[chips] > 0.3", "shore[chips] > 0.3", "essay.toml: Z1: claim 'shore[chips] > 0.3 @ 2026'"),
        ("share[chips] > 0.3", "0.3 + share[chips]", "essay.toml: Z1: a number: allowed: a condition"),
    ],
)
def test_a_claim_that_does_not_fit_names_its_file(here, tmp_path, old, new, said):
    write(tmp_path, GOOD.replace(old, new))
    done = here("theses", BASELINE, "--claims", tmp_path, *FEW)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert done.err.count("\n") == 1


def test_command_prints_every_claim_and_python_agrees(here, tmp_path):
    done = here("theses", BASELINE, *FEW, "--json")
    assert done.code == 0, done.err
    rows = json.loads(done.out)
    assert {row["id"] for row in rows} == {thesis.id for thesis in read_theses(SHIPPED)}
    assert len({row["essay"] for row in rows}) == 5
    for row in rows:
        assert set(row) >= {"id", "statement", "probability", "mcse", "condition"}
        assert row["probability"] is None or 0.0 <= row["probability"] <= 1.0
        assert (row["probability"] is None) == (row["n_condition"] < 100)
        assert "{" not in row["statement"] + row["expression"]
    verdicts = stackcast.theses(BASELINE, trajectories=600, seed=7)
    assert [verdict.as_dict() for verdict in verdicts] == rows
    text = here("theses", BASELINE, *FEW).out
    for row in rows:
        assert row["id"] in text
        assert row["condition"] is None or f"if {row['condition']}" in text


def test_a_claim_is_what_ask_says_of_its_expression(here):
    verdicts = stackcast.theses(BASELINE, trajectories=600, seed=7)
    some = [verdict for verdict in verdicts if verdict.thesis.id in ("A1", "B3", "E2")]
    answers = stackcast.ask(BASELINE, *(verdict.thesis.expression for verdict in some), trajectories=600, seed=7)
    assert [verdict.answer for verdict in some] == answers


def test_events_of_any_year_add_up_to_the_condition():
    """E3, E5 and E2 list break years one by one: together they must cover their condition."""
    for thesis in read_theses(SHIPPED):
        if "scaling_break ==" in thesis.expression and thesis.condition is None:
            parts = thesis.expression.partition("|")[0].split(" or (scaling_break")
            years = sorted({int(part.split("== ")[1][:4]) for part in parts})
            covered = " or ".join(f"scaling_break == {year}" for year in years)
            condition = thesis.expression.partition("| ")[2]
            (answer,) = stackcast.ask(BASELINE, f"{covered} | {condition}", trajectories=600, seed=7)
            assert answer.value == 1.0, thesis.id


def test_a_scenario_elsewhere_needs_its_claims_named(here, tmp_path):
    (tmp_path / "mine.toml").write_text(f'extends = "{BASELINE}"\n')
    done = here("theses", "mine.toml", *FEW)
    assert done.code == 2
    assert "named with --claims" in done.err
    assert here("theses", "mine.toml", "--claims", SHIPPED, *FEW).code == 0
