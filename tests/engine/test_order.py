"""Mechanisms that do not fit together are refused, and the complaint names both sides."""

import numba
import pytest

from stackcast.engine.assembly import assemble
from stackcast.engine.declare import Loop, Mechanism, Row
from stackcast.engine.draws import DrawPlan, PriorDraw, Quantile
from stackcast.errors import ModelError
from tests.engine import toy

PLAN = DrawPlan((PriorDraw("rate", "prior:rate", Quantile("uniform", 0.0, 1.0)),))


def assembled(*mechanisms, plan=PLAN, **settings):
    return assemble(mechanisms, plan, quarters=4, **settings)


def refused(*mechanisms, match, **settings):
    with pytest.raises(ModelError, match=match) as caught:
        assembled(*mechanisms, **settings)
    assert "\n" not in str(caught.value)


def source(name="first", row="x", **changes):
    """Writes ``row`` from a prior."""
    declared = {"name": name, "writes": row, "priors": {"rate": "1"}, **changes}
    return toy.single(lambda rate: (rate,), **declared)


def reader(name="second", row="y", reads=("x",), **changes):
    """Writes ``row`` from x."""
    return toy.single(lambda x: (x,), name=name, writes=row, reads=reads, **changes)


def test_mechanisms_in_order_are_accepted():
    program = assembled(source(), reader())
    assert [loop.mechanism for loop in program.loops] == ["first", "second"]


def test_reversed_mechanisms_are_refused_and_both_named():
    refused(reader(), source(), match=r"'second': reads 'x' before 'first' writes it: put 'first' earlier")


def test_two_mechanisms_of_the_toy_reversed_are_refused():
    growing, braking, feeling, paying = toy.MECHANISMS
    with pytest.raises(ModelError, match=r"'paying': reads '\w+' before 'feeling' writes it"):
        toy.program((growing, braking, paying, feeling))


def test_two_writers_are_refused_and_both_named():
    refused(source(), source("other"), match=r"'other': writes 'x', which 'first' writes too: declare 'x' in carries")


def test_a_second_writer_that_carries_the_row_is_accepted():
    second = toy.single(lambda last_x: (last_x,), name="other", writes="x", carries={"x": 0.0})
    assembled(source(), second)


def test_a_row_nobody_reads_or_reports_is_refused():
    refused(source(report=None), match=r"'first': writes 'x', which no mechanism reads and no output reports")
    assembled(source())  # reported
    assembled(source(report=None), reader())  # read


def test_a_row_that_a_switched_off_mechanism_would_read_may_stay_unread():
    assembled(source(report=None), switched_off=[reader()])


def test_a_missing_row_is_refused_with_the_nearest_name():
    refused(source(row="demand"), toy.single(lambda demands: (demands,), name="b", writes="y", reads=("demands",)),
            match=r"'b': reads 'demands', which no mechanism writes \(did you mean 'demand'\?\)")  # fmt: skip


def test_reading_only_oneself_is_refused():
    own = toy.single(lambda x: (x,), name="own", writes="x", reads=("x",))
    refused(own, match=r"'own': reads 'x', which only it writes: declare it in carries")


def test_a_missing_prior_is_refused_with_the_nearest_name():
    bad = toy.single(lambda rates: (rates,), name="bad", priors={"rates": "1"})
    refused(bad, match=r"'bad': needs prior 'rates', which the scenario does not have \(did you mean 'rate'\?\)")


def test_a_start_from_a_missing_prior_is_refused():
    bad = toy.single(lambda last_x: (last_x,), name="bad", carries={"x": "rat"})
    refused(bad, match=r"'bad': starts 'x' from prior 'rat', .*did you mean 'rate'")


def test_carrying_a_row_nobody_writes_is_refused():
    bad = toy.single(lambda last_z: (last_z,), name="bad", carries={"z": 0.0})
    refused(source(), bad, match=r"'bad': carries 'z', which no mechanism writes")


def test_a_carried_row_without_a_start_is_refused():
    carrier = toy.single(lambda last_x: (last_x,), name="carrier", writes="y", carries={"x": None})
    refused(source(), carrier, match=r"'carrier': carries 'x', but nobody says how it starts")


def test_the_writer_may_say_how_a_row_starts():
    carrier = toy.single(lambda last_x: (last_x,), name="carrier", writes="y", carries={"x": None})
    assembled(source(carries={"x": 2.0}), carrier)


def test_two_different_starts_are_refused_and_both_named():
    a, b = (
        toy.single(lambda last_x: (last_x,), name=name, writes=row, carries={"x": start})
        for name, row, start in (("a", "y", 1.0), ("b", "z", 2.0))
    )
    refused(source(), a, b, match=r"'b': starts 'x' at 2.0, but 'a' starts it at 1.0")


@pytest.mark.parametrize(
    ("kind", "declared"), [("prior", {"priors": {"rate": "1"}}), ("shock", {"shocks": {"news": "normal"}}),
                           ("row", {"reads": ("x",)})]
)  # fmt: skip
def test_declared_but_unused_names_are_refused(kind, declared):
    idle = toy.single(lambda year: (year,), name="idle", writes="y", **declared)
    refused(source(), idle, match=rf"'idle': declares {kind} '\w+', which none of its loops uses")


def test_a_carried_row_that_no_loop_takes_is_refused():
    idle = toy.single(lambda year: (year,), name="idle", writes="y", carries={"x": 0.0})
    refused(source(), idle, match=r"'idle': carries 'x', but no loop takes 'last_x'")


def test_an_undeclared_argument_is_refused_with_the_nearest_name():
    bad = toy.single(lambda rtae: (rtae,), name="bad", priors={"rate": "1"})
    refused(bad, match=r"'bad': <lambda> takes 'rtae', which is not declared or not yet written \(did you mean 'rate'")


def test_a_row_of_the_same_mechanism_must_be_written_first():
    body = Loop(lambda b: (b,), ("a",)), Loop(lambda rate: (rate,), ("b",))
    rows = {"a": Row("1", "stock", "", "ratio"), "b": Row("1", "stock", "")}
    refused(Mechanism("m", "", body, rows, priors={"rate": "1"}), match=r"takes 'b', which is not declared or not yet")
    assembled(Mechanism("m", "", body[::-1], rows, priors={"rate": "1"}))


def test_an_undeclared_result_is_refused():
    bad = Mechanism("bad", "", (Loop(lambda rate: (rate,), ("y",)),), {"x": Row("1", "stock", "")}, {"rate": "1"})
    refused(bad, match=r"'bad': <lambda> writes 'y', which the declaration does not list under writes")


def test_a_declared_row_that_is_never_written_is_refused():
    rows = {"x": Row("1", "stock", "", "ratio"), "ghost": Row("1", "stock", "", "ratio")}
    bad = Mechanism("bad", "", (Loop(lambda rate: (rate,), ("x",)),), rows, {"rate": "1"})
    refused(bad, match=r"'bad': declares the row 'ghost', which none of its loops writes")


def many(inputs, outputs):
    names = tuple(f"y{k}" for k in range(outputs))
    reads = ("rate",) * inputs
    rows = {name: Row("1", "stock", "", "ratio") for name in names}
    return Mechanism("big", "", (Loop(lambda *a: a, names, reads=reads),), rows, {"rate": "1"})


@pytest.mark.parametrize("size", [(13, 1), (1, 7), (1, 0)])
def test_a_loop_too_large_for_the_vectoriser_is_refused(size):
    refused(many(*size), match=rf"'big': <lambda> has {size[0]} inputs and {size[1]} outputs: allowed are 1 to 12")


@pytest.mark.parametrize(
    "body", [lambda rate: (rate, rate), lambda rate: rate, lambda rate: (1,), lambda rate: (str(rate),)],
    ids=["two values", "no tuple", "an integer", "a string"],
)  # fmt: skip
def test_a_wrong_result_is_one_line_naming_the_mechanism(body):
    bad = toy.single(body, name="bad", priors={"rate": "1"})
    refused(bad, match=r"'bad': <lambda>: cannot be compiled: a loop must return a tuple of 1 floats, not")


def calls_nobody(rate):
    return (undefined_name(rate),)  # noqa: F821


def adds_a_text(rate):
    return (rate + "a",)


def asks_for_more(rate):
    return (rate.foo,)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (calls_nobody, "NameError: name 'undefined_name' is not defined"),
        (adds_a_text, "No implementation of function .*add"),
        (asks_for_more, "Unknown attribute 'foo' of type float64"),
    ],
)
def test_a_body_the_compiler_cannot_read_is_one_line_with_the_reason(body, reason):
    bad = toy.single(body, name="bad", priors={"rate": "1"})
    refused(bad, match=rf"'bad': {body.__name__}: cannot be compiled: {reason}")


def test_what_a_body_lacked_may_come_later(monkeypatch):
    late = toy.single(lambda rate: (comes_later(rate),), name="late", priors={"rate": "1"})  # noqa: F821
    refused(late, match="name 'comes_later' is not defined")
    monkeypatch.setitem(globals(), "comes_later", numba.njit(lambda x: 2.0 * x))
    assert assembled(late).passes


def test_the_same_mechanism_twice_is_refused():
    refused(source(), source(), match=r"'first': appears twice")


@pytest.mark.parametrize("row", ["rate", "year", "discount_factor"])
def test_a_row_named_like_a_prior_or_the_clock_is_refused(row):
    refused(source(row=row), match=rf"'first': writes '{row}', which is also the name of a prior, a shock or the clock")


def test_a_row_named_like_the_prior_of_another_mechanism_is_refused():
    # One name is one row: the prior would be overwritten in the first quarter.
    other = toy.single(lambda year: (year,), name="other", writes="rate")
    refused(source(), other, match=r"'other': writes 'rate', which is also the name of a prior")


def test_a_row_named_like_the_shock_of_another_mechanism_is_refused():
    noisy = toy.single(lambda noise: (noise,), name="noisy", writes="y", shocks={"noise": "normal"})
    refused(source(row="noise"), noisy, match=r"'first': writes 'noise', which is also the name of a prior, a shock")


def test_a_shock_named_like_a_prior_is_refused():
    noisy = toy.single(lambda rate: (rate,), name="noisy", writes="y", shocks={"rate": "normal"})
    refused(noisy, match=r"'noisy': names a shock 'rate', which is also the name of a prior")


def test_a_row_that_looks_like_last_quarter_is_refused():
    refused(source(row="last_x"), match=r"'first': writes 'last_x': names that begin with 'last_'")


@pytest.mark.parametrize("kind", ["gaussian", ""])
def test_an_unknown_kind_of_shock_is_refused(kind):
    noisy = toy.single(lambda noise: (noise,), name="noisy", shocks={"noise": kind})
    refused(noisy, match=r"'noisy': shock 'noise' = .*: allowed are normal, uniform")


def test_one_shock_of_two_kinds_is_refused():
    a, b = (
        toy.single(lambda noise: (noise,), name=name, writes=name, shocks={"noise": kind})
        for name, kind in (("a", "normal"), ("b", "uniform"))
    )
    refused(a, b, match=r"'b': shock 'noise' is normal elsewhere")


@pytest.mark.parametrize("name", ["year", "news", "x", "last_x"])
def test_a_loop_at_the_start_takes_priors_only(name):
    # Nothing else exists yet: it would read what the block before left in the table.
    rows = {"w": Row("1", "stock", "", "ratio")}
    early = Mechanism(
        "early", "", (Loop(lambda a: (a,), ("w",), when="start", reads=(name,)),), rows,
        shocks={"news": "normal"} if name == "news" else {}, reads=("x",) if name == "x" else (),
        carries={"x": 0.0} if name == "last_x" else {},
    )  # fmt: skip
    refused(source(), early, match=rf"'early': <lambda> takes '{name}' at the start: allowed are priors")


def test_a_loop_at_the_start_may_follow_another():
    first = source(when="start")
    second = reader(when="start")
    program = assembled(first, second)
    assert [loop.mechanism for loop in program.start_loops] == ["first", "second"]


def test_a_loop_at_an_unknown_time_is_refused():
    refused(source(when="year"), match=r"'first': <lambda> runs at 'year': allowed are quarter and start")


def test_a_row_held_because_its_mechanism_is_off_may_be_read():
    assembled(reader(), switched_off=[source(neutral={"x": 1.5})])


def test_a_mechanism_that_is_off_without_a_neutral_value_leaves_its_readers_without_a_row():
    refused(reader(), match=r"'second': reads 'x', which no mechanism writes", switched_off=[source()])


def test_a_neutral_value_from_a_missing_prior_is_refused():
    off = source(neutral={"x": "missing"})
    refused(reader(), match=r"'first' is off and holds 'x' at prior 'missing'", switched_off=[off])


def test_an_unknown_figure_by_quarter_is_refused():
    refused(source(), match=r"outputs.quarterly: 'z': allowed are x", quarterly=["z"])


def test_draws_on_one_stream_are_refused(monkeypatch):
    from stackcast.engine import draws

    monkeypatch.setattr(draws, "stream_of", lambda name: 7)
    noisy = toy.single(lambda noise: (noise,), name="noisy", writes="y", shocks={"noise": "normal"})
    refused(source(), noisy, match=r"draws '.*' and '.*' share a random stream")
