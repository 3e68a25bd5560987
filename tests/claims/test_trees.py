"""The meaning of what is written, by another way.

A tree is made together with its text, with no more parentheses than needed, and its value without reading the text.
"""

from operator import add, ge, gt, le, lt, mul, sub, truediv

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stackcast.errors import ClaimError
from tests.claims import toys

SERIES = ("size", "mood", "share[chips]", "gross_profit[tooling_data]", "layer_hhi")
ARITHMETIC = {"+": (5, add), "-": (5, sub), "*": (6, mul), "/": (6, truediv)}
ORDER = {"<": lt, "<=": le, ">": gt, ">=": ge}
ROWS = {
    "size": ("year:size",), "mood": ("mood",), "share[chips]": ("year:share_chips",), "layer_hhi": ("year:layer_hhi",),
    "gross_profit[tooling_data]": ("year:gross_profit_tooling", "year:gross_profit_data"),
}  # fmt: skip
FIRST = 300


class Tree:
    """A text of some binding strength, its values, and where they are no numbers."""

    def __init__(self, text, binding, values, lost):
        self.text, self.binding, self.values = text, binding, values
        self.lost = lost | ~np.isfinite(values)

    def within(self, binding):
        return self.text if self.binding >= binding else f"({self.text})"


def literal(text):
    return Tree(text, 8, np.full(FIRST, float(text)), np.zeros(FIRST, dtype=bool))


def series(name, year):
    parts = [toys.history()[row][toys.step(year + 0.75)][:FIRST] for row in ROWS[name]]
    return Tree(f"{name} @ {year}", 8, sum(parts[1:], parts[0]), np.zeros(FIRST, dtype=bool))


@np.errstate(all="ignore")
def binary(left, sign, right):
    binding, apply = ARITHMETIC[sign]
    text = f"{left.within(binding)} {sign} {right.within(binding + 1)}"
    return Tree(text, binding, apply(left.values, right.values), left.lost | right.lost)


def minus(body):
    return Tree(f"-{body.within(7)}", 7, -body.values, body.lost)


def compared(left, sign, right):
    return Tree(
        f"{left.within(5)} {sign} {right.within(5)}", 4, ORDER[sign](left.values, right.values), left.lost | right.lost
    )


def joined(left, word, right):
    binding, apply = {"or": (1, np.logical_or), "and": (2, np.logical_and)}[word]
    text = f"{left.within(binding)} {word} {right.within(binding + 1)}"
    return Tree(text, binding, apply(left.values, right.values), left.lost | right.lost)


def negated(body):
    return Tree(f"not {body.within(3)}", 3, np.logical_not(body.values), body.lost)


leaves = st.one_of(
    st.sampled_from(["2", "0.5", "1e3"]).map(literal),
    st.builds(series, st.sampled_from(SERIES), st.integers(2023, 2035)),
)
numbers = st.recursive(
    leaves, lambda x: st.one_of(st.builds(binary, x, st.sampled_from(list(ARITHMETIC)), x), x.map(minus)), max_leaves=8
)
truths = st.recursive(
    st.builds(compared, numbers, st.sampled_from(list(ORDER)), numbers),
    lambda x: st.one_of(st.builds(joined, x, st.sampled_from(["or", "and"]), x), x.map(negated)),
    max_leaves=5,
)


@settings(max_examples=400, deadline=None)
@given(st.one_of(numbers, truths))
def test_values_are_those_of_the_tree_that_was_written(tree):
    refused = ""
    try:
        _, value, counts = toys.values(tree.text, FIRST)
    except ClaimError as error:
        refused = str(error)
    if refused:
        assert tree.lost.all(), refused
        assert "division by zero" in refused or "too large" in refused
        return
    np.testing.assert_array_equal(counts, ~tree.lost)
    np.testing.assert_array_equal(value[counts], tree.values[counts])
