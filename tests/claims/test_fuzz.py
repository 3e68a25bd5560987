"""Any text gives an answer or one clear line that names the place; never a traceback, and nothing is executed."""

import json
import random

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from stackcast.claims import scores
from stackcast.claims.answers import answer
from stackcast.claims.check import check
from stackcast.claims.tally import Tally, answer_chunk
from stackcast.claims.terms import Columns
from stackcast.errors import ClaimError
from stackcast.report.answers import answer_text
from tests.claims import toys
from tests.cli.processes import BASELINE

NAMES = (
    "size", "mood", "doubled", "share[chips]", "share[tooling + data]", "revenue[models]", "lead_apps", "shore",
    "leading_layer", "cumulative_gross_profit[apps]",
)  # fmt: skip
DATES = ("2023", "2030", "2035", "2030Q3", "2023Q1", "2036", "30")
OPERATORS = (" + ", " - ", " * ", " / ", " < ", " <= ", " == ", " != ", " > ", " and ", " or ")
CALLS = ("max", "min", "sum", "mean", "first", "eval")
WORDS = [
    "share", "[", "chips", "]", "(", ")", ">", "@", "2030", "|", "..", "over", "max", "-", "not", "never", "+", ".",
    "__class__", "'", "\\", "\n", "0", "/", "first", ",", "other", "*", "1e400", "９", "@@", "2030Q9", "import", "=",
]  # fmt: skip
atoms = st.sampled_from([*NAMES, "0", "1", "0.4", "2028", "1e300", "1e-300", "never", "2028Q3", "regime"])


def grown(inner):
    pairs = st.tuples(inner, st.sampled_from(OPERATORS), inner)
    dated = st.tuples(inner, st.sampled_from(DATES))
    calls = st.tuples(st.sampled_from(CALLS), inner, st.sampled_from(DATES))
    return st.one_of(
        pairs.map("".join),
        dated.map(" @ ".join),
        dated.map(lambda pair: f"({pair[0]}) @ {pair[1]}"),
        calls.map(lambda call: f"{call[0]}({call[1]} over 2026..{call[2]})"),
        pairs.map(lambda pair: f"max({pair[0]}, {pair[2]})"),
        pairs.map(lambda pair: f"first({pair[0]}, {pair[2]})"),
        inner.map("other({})".format),
        inner.map("first({})".format),
        inner.map("({})".format),
        inner.map("-{}".format),
        inner.map("not {}".format),
    )


expressions = st.recursive(atoms, grown, max_leaves=12)
questions = st.one_of(expressions, st.tuples(expressions, expressions).map(" | ".join))


def judged(text):
    """The kind of the answer, or None; anything but a ClaimError goes through."""
    columns = Columns()
    try:
        claim = check(text, toys.catalogue(), columns)
    except ClaimError as error:
        line = str(error)
        assert line.startswith("claim '")
        assert line.isprintable()
        assert len(line) < 1500
        assert "character " in line or "characters" in line
        return None
    figures = np.array([toys.history()[row][step][:300] for row, step in columns.pairs]).reshape(-1, 300)
    part = answer_chunk(claim, figures)
    assert 0 <= part.hits <= part.asked <= 300
    assert part.asked + part.undefined <= 300
    assert np.isfinite(part.low) == np.isfinite(part.high)
    assert part.counts.sum() in (0, part.asked)
    if claim.kind == "truth":
        margins = scores.measured(claim.score, figures)
        nearness = scores.joined(claim.score, margins, scores.typical(margins))
        assert nearness.shape == (300,)
        assert not np.isnan(nearness).any()
    tally = Tally()
    tally.add(part)
    found = answer(claim, tally, 300).as_dict()
    assert (found["value"] is None) == bool(found["note"])
    assert found["value"] is None or found["mcse"] is not None
    assert answer_text(answer(claim, tally, 300))
    return claim.kind


@settings(max_examples=250, deadline=None)
@given(questions)
def test_any_expression_has_a_value_or_a_place(text):
    judged(text)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text_has_a_value_or_a_place(text):
    judged(text)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=30))
def test_any_row_of_words_has_a_value_or_a_place(words):
    judged(" ".join(words))


@pytest.mark.parametrize("kind", ["number", "date", "truth", None])
def test_the_strategy_reaches_answers_of_every_kind(kind):
    """Else the first test could pass on refusals alone."""
    quick = settings(max_examples=20_000, database=None, phases=[Phase.generate], deadline=None)
    assert find(questions, lambda text: judged(text) == kind, settings=quick, random=random.Random(1))


def test_nothing_of_python_is_executed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for text in (
        "__import__('os').system('touch x')",
        "open(x)",
        "eval(size)",
        "exec(size)",
        "().__class__",
        "size.__class__",
        "9**9**9**9",
        "9e99999999",
        "f'{size}'",
        "[size for size in size]",
        "share[__class__] @ 2030",
        "globals()",
        "size if size else size",
        "lambda: size",
        "size; size",
        "size := 3",
        "`size`",
        "$(touch x)",
        "{size}",
        "size.__init__.__globals__",
        "max.__self__",
        "other.__class__",
        "first(size)(size)",
        "share['chips'] @ 2030",
        "import os",
        "9 ** 9",
        "size\x00",
        "\ud800 > 1",
    ):
        assert judged(text) is None, text
    assert not list(tmp_path.iterdir())


SOUP = [
    *WORDS, "share[chips]", "share[apps] @ 2030", "scaling_break", "2028", "1", "open_lag @ 2030", "<", "and",
    "\x1b[2J", "é",
]  # fmt: skip
HARD = [
    "-share[chips] @ 2030", "--1", "-1 < share[chips] @ 2030", "share[chips] @ 2030 | 2 < 1", "", " ", "\udcff",
    "1 <\n2", "9" * 2001, "(" * 500, "1 / 0", "1e999", "share[chips] > 0.4",
]  # fmt: skip


def soups():
    chance = random.Random(5)
    return [*(" ".join(chance.choices(SOUP, k=chance.randint(1, 7))) for _ in range(25)), *HARD]


@pytest.mark.parametrize("text", soups(), ids=range(len(soups())))
def test_the_command_answers_or_says_one_line(here, text):
    done = here("ask", BASELINE, text, "--trajectories", "20", "--threads", "1", "--json", "--quiet")
    if done.code == 0:
        assert done.err == ""
        (found,) = json.loads(done.out)
        assert found["expression"] == text
        assert (found["value"] is None) == bool(found["note"])
        return
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1
    assert done.err.rstrip("\n").isprintable()
