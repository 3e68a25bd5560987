"""Claims of essays in files: reading, years and variants, what is refused, the command."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

import stackcast
from stackcast.claims.check import check
from stackcast.claims.terms import Columns
from stackcast.claims.theses import read_theses
from stackcast.errors import StackcastError
from tests.claims import toys
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
        ('id = "Z2"', "id = 2", "allowed: a text"),
        ("years = [2026, 2030]", "", "claims.Z1.years: goes with {year}"),
        ("years = [2026, 2030]", "years = []", "claims.Z1.years"),
        ("years = [2026, 2030]", 'years = ["2026"]', "claims.Z1.years"),
        ("any = [2024, 2025]", "any = [2025, 2024]", "claims.Z2.any"),
        ("any = [2024, 2025]", "any = [2024]", "the first and the last year"),
        ("given = [", "givn = [", "claims.Z1.givn"),
        ('"scaling_break < 2030", ', "3, ", "a list of conditions"),
        ("@ {any}", "@ {any} | 1 < 2", "the key condition instead"),
        ("years = [2026, 2030]", "years = [2026, 2030]\neach = { x = 'y' }", "claims.Z1.each: goes with {each}"),
        ("any = [2024, 2025]", "@each = 3", "claims.Z2.each = 3: allowed: a table"),
        ("> 0.3 @", "> {each} @", "claims.Z1.each: goes with {each}"),
        ("any = [2024, 2025]", "@against = {}", "claims.Z2.against"),
        ("any = [2024, 2025]", "@against = { from = 3 }", "allowed: a table with set"),
        (
            "any = [2024, 2025]",
            "any = [2024, 2025]\nagainst = { set = 'x' }",
            "claims.Z2.against.set = x: allowed: a list",
        ),
        (
            "any = [2024, 2025]",
            "any = [2024, 2025]\nagainst = { scale = { open_lag = 0 } }",
            "scale.open_lag = 0: allowed",
        ),
        ("any = [2024, 2025]", "@against = { scale = { open_lag = true } }", "a factor from"),
    ],
)
def test_a_faulty_file_is_refused_in_one_line(tmp_path, old, new, said):
    assert old in GOOD
    added = f"{old}\n{new[1:]}" if new.startswith("@") and old[0] != "@" else new
    write(tmp_path, GOOD.replace(old, added, 1))
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


MOST = {"A": 7, "B": 5, "C": 5, "D": 4, "E": 5}
UNDATED = ("A5", "B3", "E2", "E3", "E5")
"""Claims about no year: of ten years, of two in a row, of what follows a break."""


def test_every_claim_of_every_essay_is_there():
    theses = read_theses(SHIPPED)
    every = {f"{essay}{number}" for essay, most in MOST.items() for number in range(1, most + 1)}
    assert {thesis.id.partition("-")[0] for thesis in theses} == every
    assert len({thesis.essay for thesis in theses}) == 5
    for thesis in theses:
        assert not re.search("[{}]", thesis.statement + thesis.expression + thesis.general)


def test_years_are_those_of_the_claim_or_2027_2030_and_2035():
    theses = read_theses(SHIPPED)
    for name in {thesis.id for thesis in theses}:
        own = [thesis for thesis in theses if thesis.id == name]
        years = {thesis.year for thesis in own}
        named = re.search("20[0-9]{2}", own[0].general.replace("in 2024", "").replace("since 2024", ""))
        if name[:2] in UNDATED:
            assert years == {None}, name
            continue
        assert years == ({None} if named and name[:2] not in ("B5", "D3") else {2027, 2030, 2035}), name


@pytest.fixture(scope="module")
def verdicts():
    return stackcast.theses(BASELINE, trajectories=600, seed=7)


def test_command_prints_every_claim_and_python_agrees(here, verdicts):
    done = here("theses", BASELINE, *FEW, "--json", "--threads", "2")
    assert done.code == 0, done.err
    rows = json.loads(done.out)
    assert len(rows) == len(read_theses(SHIPPED))
    for row in rows:
        assert set(row) >= {"id", "statement", "probability", "mcse", "condition"}
        assert row["n"] == 600
        assert row["probability"] is None or 0.0 <= row["probability"] <= 1.0
        assert row["probability"] is None or row["mcse"] > 0.0
        assert (row["probability"] is None) == (row["n_condition"] < 100)
    assert any(row["condition"] == "scaling_break < 2028" for row in rows)
    assert [verdict.as_dict() for verdict in verdicts] == rows
    text = here("theses", BASELINE, *FEW).out
    for row in rows:
        assert row["id"] in text
        assert row["condition"] is None or f"if {row['condition']}" in text


def test_three_kinds_of_market_add_up_to_one(verdicts):
    for condition in (None, "scaling_break < 2028"):
        for year in (2027, 2030, 2035):
            kinds = [v for v in verdicts if v.thesis.id.startswith("C5-") and v.thesis.year == year]
            assert sum(v.probability for v in kinds if v.thesis.condition == condition) == pytest.approx(1.0, abs=1e-12)


def test_a_cause_comes_first():
    names = ("scaling_break", "exhaustion", "hardware_break")
    first = f"first({', '.join(names)})"
    alone = [" and ".join(f"{name} < {other}" for other in names if other != name) for name in names]
    among = [f"{name} <= {first}" for name in names]
    early, any_early, covered, *astray = stackcast.ask(
        BASELINE, f"{first} < 2030", " or ".join(f"{name} < 2030" for name in names),
        f"{' or '.join(among)} | {first} < 2030",
        *(f"{one} and not {listed}" for one, listed in zip(alone, among, strict=True)), *alone,
        trajectories=600, seed=7,
    )  # fmt: skip
    assert 0.0 < early.value < 1.0
    assert early.value == any_early.value
    assert covered.value == 1.0
    assert [found.value for found in astray[:3]] == [0.0, 0.0, 0.0]
    assert all(found.value > 0.0 for found in astray[3:])


def test_the_lead_of_ten_years_is_that_of_the_sample(verdicts):
    from stackcast.ledger.layers import LAYERS

    sample = stackcast.run(BASELINE, trajectories=600, seed=7, sample=600).sample
    shares = [[sample[f"share.{layer}.{year}"].astype(float) for layer in LAYERS] for year in range(2023, 2036)]
    leaders = np.array(shares).argmax(axis=1)
    kept = np.any([(leaders[k : k + 10] == leaders[k]).all(axis=0) for k in range(4)], axis=0)
    (verdict,) = (v for v in verdicts if v.thesis.id == "A5" and v.thesis.condition is None)
    assert 0.0 < verdict.probability < 1.0
    assert verdict.answer.value == 1.0 - kept.mean()


def test_a_claim_is_what_ask_says_of_its_expression(verdicts):
    some = [verdict for verdict in verdicts if verdict.thesis.against is None]
    answers = stackcast.ask(BASELINE, *(verdict.thesis.expression for verdict in some), trajectories=600, seed=7)
    assert [verdict.answer for verdict in some] == answers


def test_events_of_any_year_add_up_to_the_condition():
    """E2, E3 and E5 list break years one by one: together they must cover their condition."""
    event = re.compile(r"(\w+|first\([^()]*\)) == ([0-9]{4})")
    questions = []
    for thesis in read_theses(SHIPPED):
        body, _, condition = thesis.expression.partition(" | ")
        if thesis.id[:2] in ("E2", "E3", "E5"):
            found = event.findall(body)
            assert len(found) >= 9, thesis.id
            questions.append(" or ".join(f"{name} == {year}" for name, year in found) + f" | {condition}")
    assert len(questions) == 12
    for answer in stackcast.ask(BASELINE, *questions, trajectories=2000, seed=7):
        assert answer.value == 1.0, answer.expression


def test_a_scenario_elsewhere_is_judged_by_the_shipped_claims_or_its_own(here, tmp_path):
    (tmp_path / "mine.toml").write_text(f'extends = "{BASELINE}"\n')
    few = ("--trajectories", "300", "--seed", "7", "--quiet", "--json")
    shipped = here("theses", "mine.toml", *few)
    assert shipped.code == 0, shipped.err
    assert json.loads(here("theses", "mine.toml", "--claims", SHIPPED, *few).out) == json.loads(shipped.out)
    (tmp_path / "theses").mkdir()
    write(tmp_path / "theses")
    assert {row["id"] for row in json.loads(here("theses", "mine.toml", *few).out)} == {"Z1", "Z2"}
    done = here("theses", "mine.toml", "--claims", tmp_path / "no", *few)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "no claims" in done.err


SHORT = ("--set", "horizon.end=2027Q4")


def test_a_short_run_judges_what_it_holds(here, verdicts):
    done = here("theses", BASELINE, *FEW, *SHORT, "--json")
    assert done.code == 0, done.err
    rows = json.loads(done.out)
    assert len(rows) == len(verdicts)
    for row, whole in zip(rows, verdicts, strict=True):
        assert (row["id"], row["condition"]) == (whole.thesis.id, whole.thesis.condition)
        years = [int(year) for year in re.findall("20[0-9]{2}", row["expression"])]
        if "< 2028" in row["expression"]:  # told by the end of 2027
            years.remove(2028)
        if max(years) <= 2027:
            assert (row["probability"], row["mcse"]) == (whole.probability, whole.mcse)
            assert (row["reason"] is None) == (row["probability"] is not None)
        else:
            assert (row["probability"], row["mcse"], row["n_condition"]) == (None, None, 0)
            assert re.fullmatch(r"outside the run: [0-9Q]+ \(the run has 2023(Q1)? to 2027(Q4)?\)", row["reason"])
    early = {(row["id"], row["year"]): row["reason"] for row in rows if row["condition"] is None}
    assert early["A1", 2027] is None
    assert early["E1", None] == "outside the run: 2029Q4 (the run has 2023Q1 to 2027Q4)"
    text = here("theses", BASELINE, *FEW, *SHORT).out
    assert text.count("- outside the run") == sum(
        row["reason"] is not None and "outside" in row["reason"] for row in rows
    )


def test_a_run_too_short_for_every_claim_is_refused(here):
    done = here("theses", BASELINE, *FEW, "--set", "horizon.end=2024Q4")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "no claim can be judged: A1: outside the run: 2027 (the run has 2023 to 2024)" in done.err


@pytest.mark.parametrize(
    ("expression", "until"),
    [
        ("share[chips] > 0.1 @ 2030", -math.inf),
        ("doubled < 2030", 2029.75), ("doubled >= 2030", 2029.75), ("doubled <= 2030", 2030.75),
        ("doubled > 2030", 2030.75), ("doubled == 2030", 2030.75), ("2030 > doubled", 2029.75),
        ("doubled + 2 < 2030", 2027.75), ("doubled < 2030Q3", 2030.25), ("2030Q3 >= doubled - 1", 2031.5),
        ("doubled < never", -math.inf), ("first(doubled, lead_apps) < 2026 or doubled < 2025", 2025.75),
        ("1 < 2 | doubled < 2026", 2025.75),
    ],
)  # fmt: skip
def test_a_date_must_be_within_the_run_to_be_told(expression, until):
    assert check(expression, toys.catalogue(), Columns()).until == until


CALIBRATED = Path(BASELINE).with_name("baseline_2025.toml")
WORLDS = sorted(set(Path(BASELINE).parent.glob("*.toml")) - {CALIBRATED})


def test_the_calibrated_baseline_judges_the_claims_it_reaches():
    """It begins in 2026: claims on years before it are left out, with the reason, all others are judged."""
    verdicts = stackcast.theses(CALIBRATED, trajectories=256, seed=7)
    judged = [verdict for verdict in verdicts if verdict.probability is not None]
    left = [verdict for verdict in verdicts if verdict not in judged]
    assert len(judged) > 20
    assert {verdict.thesis.id for verdict in judged} >= {"A1", "A4", "B1", "D4"}
    assert left


@pytest.mark.parametrize("world", WORLDS, ids=lambda path: path.stem)
def test_every_world_can_be_judged(world):
    verdicts = stackcast.theses(world, trajectories=256, seed=7)
    assert len(verdicts) == len(read_theses(SHIPPED))
    assert all(verdict.answer.n_undefined == 0 for verdict in verdicts)
    plain = [verdict for verdict in verdicts if "|" not in verdict.thesis.expression]
    assert all(verdict.probability is not None for verdict in plain)
