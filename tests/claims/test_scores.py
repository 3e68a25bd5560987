"""Scores of claims: above zero where a claim holds, below where not, the nearer the higher."""

import numpy as np
import pytest

from stackcast.claims import scores
from stackcast.claims.check import check
from stackcast.claims.terms import Columns
from tests.claims import toys

CLAIMS = (
    "share[chips] > 0.15 @ 2030",
    "0.15 >= share[chips] @ 2030",
    "not share[chips] > 0.15 @ 2030",
    "size > 2 @ 2030 and share[chips] < 0.15 @ 2030",
    "not (size > 2 @ 2030 and share[chips] < 0.15 @ 2030)",
    "size > 9 @ 2030 or not (share[chips] < 0.15 @ 2030 or mood > 0 @ 2025)",
    "doubled < 2028",
    "doubled <= 2028",
    "doubled > 2028",
    "doubled >= 2028",
    "doubled <= 2027Q3",
    "2027Q3 < doubled",
    "doubled != never",
    "doubled + 2 < 2030",
    "first(share[apps] > share[chips]) < doubled",
    "regime == 1 @ 2030",
    "leading_layer != chips @ 2030",
    "mean(mood > 0 over 2023Q1..2028Q4) > 0.5",
    "1 < 2",
)


def score_of(text):
    """(kinds of margins, score by trajectory) of a claim on the toy."""
    columns = Columns()
    claim = check(text, toys.catalogue(), columns)
    figures = np.array([toys.history()[row][step] for row, step in columns.pairs]).reshape(len(columns.pairs), toys.N)
    margins = scores.measured(claim.score, figures)
    found = scores.joined(claim.score, margins, scores.typical(margins))
    return [margin.graded for margin in scores.margins_of(claim.score)], found


@pytest.mark.parametrize("text", CLAIMS)
def test_the_sign_of_a_score_says_whether_a_claim_holds(text):
    _, holds, _ = toys.values(text)
    graded, score = score_of(text)
    holds = np.broadcast_to(holds, score.shape)
    assert (score[holds] >= 0.0).all()
    assert (score[~holds] <= 0.0).all()
    assert graded == [not ("==" in text or "!=" in text)] * len(graded)
    if text != "1 < 2":
        assert 0 < holds.sum() < toys.N
        assert (score != 0.0).mean() > 0.5


def test_scores_say_how_near():
    share = toys.sample()["share.chips.2030"]
    order = np.argsort(share, kind="stable")
    for text, sign in (("share[chips] > 0.3 @ 2030", 1.0), ("not share[chips] >= 0.3 @ 2030", -1.0)):
        _, score = score_of(text)
        assert (np.diff(sign * score[order]) >= -1e-6).all()


def test_margins_of_different_units_weigh_alike():
    _, thousands = score_of("share[chips] > 0.3 @ 2030 and 1000 * size > 9000 @ 2030")
    _, ones = score_of("share[chips] > 0.3 @ 2030 and size > 9 @ 2030")
    np.testing.assert_allclose(thousands, ones, rtol=1e-9, atol=1e-12)


def test_what_is_not_a_number_is_furthest():
    _, score = score_of("1 / max(excess over 2023Q1..2023Q2) > 0")
    zero = toys.history()["excess"][:2].max(axis=0) == 0
    assert zero.any()
    assert (score[zero] == np.inf).all()  # 1 / 0; 0 / 0 is the furthest
    _, score = score_of("excess / max(excess over 2023Q1..2023Q2) > 0 @ 2023Q1")
    assert (score[zero] == -np.inf).all()
