"""Targets: what is read, which output is meant, what is refused, and which error is looked at."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from stackcast.errors import StackcastError
from stackcast.forecast.cells import Cells
from stackcast.until import find, look, read
from tests.aggregate.runs import QUARTERLY, result
from tests.engine import toy


@pytest.fixture(scope="module")
def program():
    """The toy with some figures by quarter: shares, a category without names, an event."""
    return toy.program(quarterly=QUARTERLY)


@pytest.fixture(scope="module")
def cells():
    return Cells(result().aggregates, 2023.0)


def found(text, program):
    return find(read(text), program)


@pytest.fixture
def looked(program, cells):
    """What a run of the toy says about a target."""
    return lambda text: look(found(text, program), cells)


@pytest.mark.parametrize(
    ("text", "relative", "allowed"),
    [
        ("se(size @ 2030) <= 0.0005", False, 0.0005),
        ("se(size@2030)<5e-4", False, 0.0005),
        ("  rse(size @ 2030) <= 1%", True, 0.01),
        ("rse(size @ 2030) <= 1 %  ", True, 0.01),
        ("rse(size @ 2030) <= 0.01", True, 0.01),
    ],
)
def test_error_and_what_is_allowed(text, relative, allowed):
    target = read(text)
    assert (target.relative, target.allowed, target.text) == (relative, allowed, text.strip())


@pytest.mark.parametrize(
    ("text", "output", "statistic", "condition"),
    [
        ("se(share[chips] @ 2030) <= 1", ("share", "chips", "2030"), "mean", None),
        ("se((share[infrastructure]) @ 2030) <= 1", ("share", "infrastructure", "2030"), "mean", None),
        ("se(share[chips]) @ 2030 <= 1", ("share", "chips", "2030"), "mean", None),
        ("se(share[chips]) <= 1 @ 2030", ("share", "chips", "2030"), "mean", None),
        ("se(size @ 2030Q3) <= 1", ("size", "", "2030Q3"), "mean", None),
        ("se(cumulative_gross_profit[chips]) <= 1", ("cumulative_gross_profit", "chips", "2023-2035"), "mean", None),
        ("se(p95(share[chips]) @ 2030) <= 1", ("share", "chips", "2030"), "p95", None),
        ("se(p5(share[chips] @ 2030)) <= 1", ("share", "chips", "2030"), "p5", None),
        ("se(share[chips] > 0.4 @ 2030) <= 1", ("share", "chips", "2030"), "mean", ("above", 0.4)),
        ("se(mood < -0.1 @ 2030) <= 1", ("mood", "", "2030"), "mean", ("below", -0.1)),
        ("se(regime == 2 @ 2030) <= 1", ("regime", "", "2030"), "mean", ("equals", "2")),
        ("se(doubled <= 2030) <= 1", ("doubled", "", "event"), "mean", ("before", 2031.0)),
        ("se(doubled < 2030) <= 1", ("doubled", "", "event"), "mean", ("before", 2030.0)),
        ("se(doubled <= 2030Q3) <= 1", ("doubled", "", "event"), "mean", ("before", 2030.75)),
        ("se(p50(doubled)) <= 1", ("doubled", "", "event"), "p50", None),
    ],
)
def test_output_that_is_meant(program, text, output, statistic, condition):
    target = found(text, program)
    cell = program.cells[target.cell]
    assert (cell.metric, cell.layer, cell.period) == output
    assert (target.statistic, target.condition) == (statistic, condition)


REFUSED = [
    ("", "until = '': allowed: a text such as se(share[chips] @ 2030) <= 0.0005"),
    (5, "until = 5: allowed: a text"),
    ("size @ 2030", "the end: not a target"),
    ("size @ 2030 <= 1", "character 1, at 'size': not an error: allowed: se(...) or rse(...)"),
    ("sd(size @ 2030) <= 1", "at 'sd': not an error"),
    ("se(size @ 2030) >= 1", "at '>=': allowed: <="),
    ("se(size @ 2030) <= 0", "at '0': allowed: above 0"),
    ("se(size @ 2030) <= -1", "at '-': allowed: a positive number"),
    ("se(size @ 2030) <= mood", "at 'mood': allowed: a positive number"),
    ("se(size @ 2030) <= 1%", "% is for rse(...)"),
    ("rse(size @ 2030) <= 5", "allowed: above 0 and up to 1 (100 %)"),
    ("se(size @ 2030) <= 1 | doubled < 2030", "at '|': no condition in a target"),
    ("se(size @ 2030) <= 1 and 1 < 2", "the end: not a target"),
    ("se(3) <= 1", "at '3': not an output of a run"),
    ("se(size + mood @ 2030) <= 1", "not an output of a run"),
    ("se(p42(size) @ 2030) <= 1", "at 'p42': allowed: p1, p5"),
    ("se(size @ 2030, p95) <= 1", "at 'se': not an error"),
    ("se((size @ 2030) @ 2031) <= 1", "at '2030': a second date"),
    ("se(size @ 2030) <= 1 @ 2031", "at '2030': a second date"),
    ("se(share[chips + cloud] @ 2030) <= 1", "at 'cloud': layers added are no output"),
    ("se(size $ 2030) <= 1", "character 9, at '$'"),
    ("se(" * 60 + "size" + ")" * 60 + " <= 1", "nested too deep"),
    ("se(shar[chips] @ 2030) <= 1", "metric = shar: unknown (did you mean 'share'?), allowed: "),
    ("se(share[chps] @ 2030) <= 1", "layer = chps: unknown (did you mean 'chips'?), allowed: foundry"),
    ("se(share @ 2030) <= 1", "share: layer: needed"),
    ("se(share[chips]) <= 1", "year: needed"),
    ("se(size[chips] @ 2030) <= 1", "layer = chips: unknown, allowed: market"),
    ("se(size @ 2050) <= 1", "year = 2050: unknown"),
    ("se(size <= 1 @ 2030) <= 1", "size is a number: allowed: > or <"),
    ("se(size == 1 @ 2030) <= 1", "size is a number"),
    ("se(regime @ 2030) <= 1", "regime is a category: allowed: regime == 0"),
    ("se(p50(regime) @ 2030) <= 1", "regime is a category"),
    ("se(regime == up @ 2030) <= 1", "regime: category = up: unknown"),
    ("se(doubled) <= 1", "doubled is an event: allowed: doubled <= 2030"),
    ("se(doubled @ 2030) <= 1", "doubled is an event: allowed: no date after @"),
    ("se(doubled > 2030) <= 1", "doubled is an event"),
    ("se(doubled <= 2036) <= 1", "doubled: year = 2036: unknown"),
    ("se(doubled < 2036Q1) <= 1", "quarter: outside the run: allowed: 2023Q1 to 2035Q4"),
    ("rse(p50(doubled)) <= 1%", "doubled is a date, which has no relative error"),
]


@pytest.mark.parametrize(("text", "said"), REFUSED)
def test_what_cannot_be_meant_is_refused_in_one_line(program, text, said):
    with pytest.raises(StackcastError) as caught:
        found(text, program)
    message = str(caught.value)
    assert message.startswith("until = ")
    assert said in message
    assert "\n" not in message


def test_option_is_named_as_it_was_typed(program):
    for text in ("se(size @ 2030)", "se(siz @ 2030) <= 1"):
        with pytest.raises(StackcastError, match=r"^--until = se\(siz"):
            find(read(text, "--until"), program, "--until")


def test_errors_are_those_of_the_forecast(cells, looked):
    """Against the same question asked of the cells in another way."""
    number = next(k for k, c in enumerate(cells.aggregates.cells) if (c.metric, c.period) == ("size", "2030"))
    by_name = {s.name: s for s in cells.statistics(number)}
    for name in ("mean", "p5", "p95"):
        text = "size" if name == "mean" else f"{name}(size)"
        seen = looked(f"se({text} @ 2030) <= 0.1")
        assert (seen.value, seen.error) == (by_name[name].value, by_name[name].mcse)
        assert seen.ratio == seen.error / 0.1
    above = cells.probability(number, 1.5, None)
    assert looked("se(size > 1.5 @ 2030) <= 1")[:2] == above
    assert looked("se(size < 1.5 @ 2030) <= 1").value == pytest.approx(1.0 - above.value)


def test_probabilities_of_events_and_categories(cells, looked):
    event = next(k for k, c in enumerate(cells.aggregates.cells) if c.metric == "doubled")
    assert looked("se(doubled <= 2028) <= 1")[:2] == cells.happened(event, 2029.0)
    assert looked("se(doubled < 2028) <= 1")[:2] == cells.happened(event, 2028.0)
    regime = next(k for k, c in enumerate(cells.aggregates.cells) if (c.metric, c.period) == ("regime", "2030"))
    assert looked("se(regime == 2 @ 2030) <= 1")[:2] == cells.category(regime, 2)
    never_met = looked("se(regime == 7 @ 2030) <= 1")
    assert never_met.value == 0.0
    assert never_met.error > 0.0  # Wilson's, which is never 0


def test_relative_error_is_over_the_size_of_the_figure(looked):
    plain, relative = looked("se(size @ 2030) <= 1"), looked("rse(size @ 2030) <= 1")
    assert relative.error == plain.error / plain.value


def stub(value, mcse, flag=False):
    """Cells of one output with one statistic."""
    statistic = SimpleNamespace(name="mean", value=value, mcse=mcse, tail_flag=flag)
    return SimpleNamespace(statistics=lambda number: [statistic])


@pytest.mark.parametrize(
    ("value", "mcse", "ratio"), [(0.0, 0.1, math.inf), (0.0, 0.0, 0.0), (-2.0, 0.1, 5.0), (np.nan, np.nan, math.inf)]
)
def test_relative_error_of_nothing_and_of_a_loss(value, mcse, ratio):
    assert look(read("rse(size @ 2030) <= 1%"), stub(value, mcse)).ratio == pytest.approx(ratio)


def test_an_error_that_the_forecast_does_not_believe_never_meets_a_target():
    small = look(read("se(size @ 2030) <= 1"), stub(1.0, 0.001, flag=True))
    assert small.ratio < 1.0
    assert not small.met
    assert look(read("se(size @ 2030) <= 1"), stub(1.0, 1.0)).met
