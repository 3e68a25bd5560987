"""From text to a tree. The grammar is the file beside this one; Python's own parser has no part in it."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken, v_args

from ..errors import END, ClaimError
from .tree import (
    Call,
    Chain,
    Compare,
    Dated,
    Group,
    Minus,
    Moment,
    Never,
    Node,
    Not,
    Number,
    Place,
    Quarter,
    Question,
    Series,
)

GRAMMAR = Path(__file__).with_name("grammar.lark")
LONGEST = 2000
DEEPEST = 50
LARGEST = 1e300
_WORDS = {
    "$END": "the end", "NAME": "a name", "NUMBER": "a number", "QUARTER": "a quarter", "LEFT": "'('", "RPAR": "')'",
    "LSQB": "'['", "RSQB": "']'", "COMPARE": "a comparison", "PLUS": "'+'", "MINUS": "'-'", "TIMES": "'*'",
    "OVER": "'/'", "AT": "'@'", "VBAR": "'|'", "_DOTS": "'..'", "_COMMA": "','", "NEVER": "never", "AND": "and",
    "OR": "or", "NOT": "not",
}  # fmt: skip


def parse(text: str) -> Question:
    """The tree of a question, or a ClaimError that names the place."""
    if not isinstance(text, str):
        raise ClaimError("", None, text, "allowed: a text such as share[chips] > 0.4 @ 2030")
    if len(text) > LONGEST:
        raise ClaimError(text, None, f"{len(text)} characters", f"allowed: up to {LONGEST:,}")
    try:
        return _parser().parse(text)
    except UnexpectedInput as problem:
        raise _complaint(text, problem) from None
    except _Refused as problem:
        raise ClaimError(text, problem.place.start, problem.place.text, problem.allowed) from None


class _Refused(Exception):
    """A part that the grammar lets through and the language does not."""

    def __init__(self, place: Place, allowed: str) -> None:
        super().__init__(allowed)
        self.place, self.allowed = place, allowed


def _complaint(text: str, problem: UnexpectedInput) -> ClaimError:
    if isinstance(problem, UnexpectedToken) and problem.token.type == "$END":
        return ClaimError(text, len(text), END, f"the expression is not finished: allowed: {_expected(problem)}")
    if isinstance(problem, UnexpectedToken):
        token = problem.token
        return ClaimError(text, token.start_pos, str(token), f"not expected here: allowed: {_expected(problem)}")
    place = problem.pos_in_stream or 0
    return ClaimError(text, place, text[place : place + 1], "not part of the language of claims (docs/claims.md)")


def _expected(problem: Any) -> str:
    names = sorted({_WORDS.get(name, name.lower()) for name in getattr(problem, "accepts", None) or problem.expected})
    return ", ".join(names)


def _place(token: Token) -> Place:
    return Place(token.start_pos, str(token))


@v_args(inline=True)
class _Builder(Transformer):
    """Nodes of ours instead of the parser's."""

    def question(self, body: Node, condition: Node | None = None) -> Question:
        return Question(body, condition)

    def either(self, *operands: Node) -> Node:
        return _words("or", operands)

    def both(self, *operands: Node) -> Node:
        return _words("and", operands)

    def negation(self, body: Node) -> Node:
        return Not(body, body.place, _depth(body.place, body))

    def compare(self, left: Node, operator: Token, right: Node) -> Node:
        right, moment, at = _release(right)
        node = Compare(_place(operator), left, right, left.place, _depth(_place(operator), left, right))
        return Dated(node, moment, at, node.depth) if moment is not None else node

    def sum(self, *parts: Any) -> Node:
        return _chain(parts)

    def product(self, *parts: Any) -> Node:
        return _chain(parts)

    def minus(self, sign: Token, body: Node) -> Node:
        return Minus(body, _place(sign), _depth(_place(sign), body))

    def dated(self, body: Node, at: Token, moment: Moment) -> Node:
        return Dated(body, moment, moment.place, _depth(moment.place, body))

    def number(self, token: Token) -> Node:
        if float(token) > LARGEST:
            raise _Refused(_place(token), f"allowed: numbers up to {LARGEST:g}")
        return Number(float(token), _place(token))

    def quarter(self, token: Token) -> Node:
        return Quarter(_moment(token), _place(token))

    def never(self, token: Token) -> Node:
        return Never(_place(token))

    def plain(self, name: Token) -> Node:
        return Series(str(name), (), _place(name))

    def layered(self, name: Token, layers: tuple[Place, ...]) -> Node:
        return Series(str(name), layers, _place(name))

    def layers(self, *tokens: Token) -> tuple[Place, ...]:
        return tuple(_place(token) for token in tokens if token.type == "NAME")

    def call(self, name: Token, left: Token, *parts: Any) -> Node:
        bodies = tuple(part for part in parts if not isinstance(part, Moment))
        over = tuple(part for part in parts if isinstance(part, Moment))
        depth = _depth(_place(name), *bodies)
        return Call(str(name), bodies, (over[0], over[1]) if over else None, _place(name), depth)

    def group(self, left: Token, body: Node) -> Node:
        return Group(body, _place(left), _depth(_place(left), body))

    def moment(self, token: Token) -> Moment:
        return _moment(token)


def _moment(token: Token) -> Moment:
    text = str(token)
    if token.type == "QUARTER":
        return Moment(int(text[:4]), int(text[5]), _place(token))
    if not (text.isdigit() and len(text) == 4):
        raise _Refused(_place(token), "not a date: allowed: a year (2030) or a quarter (2030Q3)")
    return Moment(int(text), None, _place(token))


def _depth(place: Place, *below: Node) -> int:
    depth = 1 + max(getattr(node, "depth", 0) for node in below)
    if depth > DEEPEST:
        raise _Refused(place, f"nested too deep: allowed: up to {DEEPEST} levels")
    return depth


def _words(word: str, operands: tuple[Node, ...]) -> Node:
    between = tuple(Place(node.place.start, word) for node in operands[1:])
    return Chain(between, operands, operands[0].place, _depth(operands[0].place, *operands))


def _chain(parts: tuple[Any, ...]) -> Node:
    operators = tuple(_place(token) for token in parts[1::2])
    return Chain(operators, parts[::2], parts[0].place, _depth(parts[0].place, *parts[::2]))


def _release(node: Node) -> tuple[Node, Moment | None, Place | None]:
    """Take the date off the last term of a comparison: standing after the comparison, it dates all of it.

    Parentheses keep their date.
    """
    if isinstance(node, Dated):
        return node.body, node.moment, node.place
    if isinstance(node, Minus):
        body, moment, at = _release(node.body)
        return replace(node, body=body), moment, at
    if isinstance(node, Chain):
        last, moment, at = _release(node.operands[-1])
        return replace(node, operands=(*node.operands[:-1], last)), moment, at
    return node, None, None


@functools.cache
def _parser() -> Lark:
    """Nodes are built while the text is read, without recursion: depth is refused before it can hurt."""
    text = GRAMMAR.read_text(encoding="utf-8")
    return Lark(text, parser="lalr", lexer="basic", start="question", maybe_placeholders=False, transformer=_Builder())
