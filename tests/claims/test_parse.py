"""The grammar: what binds how strongly, what is refused, and that the message names the place."""

import pytest

from stackcast.claims.parse import DEEPEST, GRAMMAR, LONGEST, parse
from stackcast.claims.tree import Call, Chain, Compare, Dated, Group, Minus, Never, Not, Number, Quarter, Series
from stackcast.errors import ClaimError


def shape(node):
    """A tree in prefix form."""
    match node:
        case Number(value=value):
            return f"{value:g}"
        case Quarter(place=place) | Never(place=place):
            return place.text
        case Series(metric=metric, layers=layers):
            return metric + (f"[{'+'.join(layer.text for layer in layers)}]" if layers else "")
        case Call(name=name, bodies=bodies, over=over):
            inner = ", ".join(map(shape, bodies))
            return f"{name}({inner}{'' if over is None else ' ' + '..'.join(m.place.text for m in over)})"
        case Group(body=body):
            return shape(body)
        case Dated(body=body, moment=moment):
            return f"(@ {shape(body)} {moment.place.text})"
        case Minus(body=body):
            return f"(- {shape(body)})"
        case Not(body=body):
            return f"(not {shape(body)})"
        case Compare(operator=operator, left=left, right=right):
            return f"({operator.text} {shape(left)} {shape(right)})"
        case Chain(operators=operators, operands=operands):
            rest = "".join(f" {o.text} {shape(n)}" for o, n in zip(operators, operands[1:], strict=True))
            return f"({shape(operands[0])}{rest})"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a or b and c", "(a or (b and c))"),
        ("a and b or c and d", "((a and b) or (c and d))"),
        ("(a or b) and c", "((a or b) and c)"),
        ("not a and b", "((not a) and b)"),
        ("not a > 1", "(not (> a 1))"),
        ("not not a", "(not (not a))"),
        ("a + b > c", "(> (a + b) c)"),
        ("a + b * c", "(a + (b * c))"),
        ("(a + b) * c", "((a + b) * c)"),
        ("a - b - c", "(a - b - c)"),
        ("a / b * c", "(a / b * c)"),
        ("-a * b", "((- a) * b)"),
        ("a - -b", "(a - (- b))"),
        ("--a", "(- (- a))"),
        ("-a @ 2030", "(- (@ a 2030))"),
        ("a @ 2030 + b @ 2031", "((@ a 2030) + (@ b 2031))"),
        ("a + b @ 2031", "(a + (@ b 2031))"),
        ("a > 1 @ 2030", "(@ (> a 1) 2030)"),
        ("a > b @ 2030", "(@ (> a b) 2030)"),
        ("a > b + c * -d @ 2030", "(@ (> a (b + (c * (- d)))) 2030)"),
        ("a @ 2029 > b @ 2030", "(@ (> (@ a 2029) b) 2030)"),
        ("a > (b @ 2030)", "(> a (@ b 2030))"),
        ("a > 1 @ 2030 and b > 2 @ 2031Q4", "((@ (> a 1) 2030) and (@ (> b 2) 2031Q4))"),
        ("(a > 1 and b > 2) @ 2030", "(@ ((> a 1) and (> b 2)) 2030)"),
        ("max(a over 2026..2030) > 1", "(> max(a 2026..2030) 1)"),
        ("mean(a > b or c over 2026Q1 .. 2030Q4)", "mean(((> a b) or c) 2026Q1..2030Q4)"),
        ("first(a > b) < 2028Q2", "(< first((> a b)) 2028Q2)"),
        ("first(a, b, c)", "first(a, b, c)"),
        ("max(-a, b + c) > d @ 2030", "(@ (> max((- a), (b + c)) d) 2030)"),
        ("other(a > b @ 2030) or c", "(other((@ (> a b) 2030)) or c)"),
        ("s[x + y]\n>\t.5".replace(".5", "0.5"), "(> s[x+y] 0.5)"),
        ("order + android / nothing", "(order + (android / nothing))"),
        ("never == e", "(== never e)"),
        ("1.5e-3 * 2E+2", "(0.0015 * 200)"),
    ],
)
def test_binding(text, expected):
    assert shape(parse(text).body) == expected


def test_condition_stands_alone_at_the_top():
    question = parse("a or b | c or d")
    assert (shape(question.body), shape(question.condition)) == ("(a or b)", "(c or d)")
    assert parse("a").condition is None


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("a | b | c", 7, "'|'"),
        ("(a | b)", 4, "'|'"),
        ("a < b < c", 7, "'<'"),
        ("a.b", 2, "'.'"),
        ("__import__('os')", 12, "not part of the language"),
        ("import os", 8, "'os'"),
        ("2 ** 9", 4, "'*'"),
        ("2 ^ 9", 3, "'^'"),
        ("a = 1", 3, "'='"),
        ("a[1]", 3, "'1'"),
        ("a[b + ]", 7, "']'"),
        ("s[x - y]", 5, "'-'"),
        ("lambda: 1", 7, "':'"),
        ("a @ 20300", 5, "a year (2030)"),
        ("a @ 2030.5", 5, "a year (2030)"),
        ("a @ 1e3", 5, "a year (2030)"),
        ("a @ b", 5, "a number, a quarter"),
        ("a @ 2030 @ 2031", 10, "'@'"),
        ("2030Q5", 5, "'Q5'"),
        ("12030Q1", 6, "'Q1'"),
        ("max(a over 2026)", 16, "'..'"),
        ("max(a over 2026..2030", 22, "the end"),
        ("max(a, )", 8, "')'"),
        ("max()", 5, "')'"),
        ("max(a, b over 2026..2030", 25, "the end"),
        ("a, b", 2, "','"),
        ("1e301", 1, "numbers up to 1e+300"),
        ("1e999", 1, "numbers up to 1e+300"),
        ("9" * 400, 1, "numbers up to 1e+300"),
        ("", 1, "the end"),
        (" \n", 3, "the end"),
        ("or", 1, "'or'"),
        ("a and", 6, "the end"),
        ("🦊 > 1", 1, "not part of the language"),
        ("a >\x1b[2J 1", 4, "not part of the language"),
    ],
)
def test_what_is_not_in_the_language_is_refused_at_its_place(text, place, said):
    with pytest.raises(ClaimError) as caught:
        parse(text)
    line = str(caught.value)
    assert f"character {place}, " in line
    assert said in line
    assert line.isprintable()


def test_length_and_depth_have_limits():
    assert parse("1" + " " * (LONGEST - 1))
    with pytest.raises(ClaimError, match=r"2001 characters.*allowed: up to 2,000"):
        parse("1" + " " * LONGEST)
    for left, right in (("(", ")"), ("-", ""), ("not ", ""), ("max(", " over 2026..2030)")):
        assert parse(left * DEEPEST + "a" + right * DEEPEST)
        with pytest.raises(ClaimError, match="nested too deep: allowed: up to 50"):
            parse(left * (DEEPEST + 1) + "a" + right * (DEEPEST + 1))


def test_a_long_sum_is_not_deep():
    text = "+".join("1" * 1000)
    assert shape(parse(text).body).count("+") == 999


def test_only_text_is_read():
    with pytest.raises(ClaimError, match="allowed: a text"):
        parse(None)


def test_numbers_up_to_the_limit_are_read():
    assert parse("1e300").body.value == 1e300
    assert parse("0" * 1999 + "1").body.value == 1.0
    assert parse("1e-999").body.value == 0.0


def test_grammar_in_the_documentation_is_the_one_that_is_used():
    from pathlib import Path

    page = (Path(__file__).parents[2] / "docs" / "claims.md").read_text(encoding="utf-8")
    assert page.count("question: either") == 1
    assert f"```text\n{GRAMMAR.read_text(encoding='utf-8').strip()}\n```\n" in page
