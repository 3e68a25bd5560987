"""Any text gives an answer or one clear line that names the place; never a traceback, and nothing is executed."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stackcast.claims.answers import answer
from stackcast.claims.check import Columns, check
from stackcast.claims.tally import Tally, answer_chunk
from stackcast.errors import ClaimError
from stackcast.report.answers import answer_text
from tests.claims import toys

NAMES = ("size", "mood", "doubled", "share[chips]", "share[tooling + data]", "revenue[models]", "lead_apps", "shore")
DATES = ("2023", "2030", "2035", "2030Q3", "2023Q1", "2036", "30")
OPERATORS = (" + ", " - ", " * ", " / ", " < ", " <= ", " == ", " != ", " > ", " and ", " or ")
CALLS = ("max", "min", "sum", "mean", "first", "eval")
WORDS = [
    "share", "[", "chips", "]", "(", ")", ">", "@", "2030", "|", "..", "over", "max", "-", "not", "never", "+", ".",
    "__class__", "'", "\\", "\n", "0", "/", "first",
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
    tally = Tally()
    tally.add(part)
    found = answer(claim, tally, 300).as_dict()
    assert (found["value"] is None) == bool(found["note"])
    assert found["value"] is None or found["mcse"] is not None
    assert answer_text(answer(claim, tally, 300))
    return claim.kind


@settings(max_examples=400, deadline=None)
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


def test_the_strategy_reaches_answers_of_every_kind():
    """Else the first test could pass on refusals alone."""
    found = {judged(text) for text in ("size @ 2030", "doubled", "size > 3 @ 2030 | doubled < 2028", "shore")}
    assert found == {"number", "date", "truth", None}


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
    ):
        assert judged(text) is None, text
    assert not list(tmp_path.iterdir())
