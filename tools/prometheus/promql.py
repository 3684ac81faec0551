"""May this expression be sent, and how does it read once the limits and the scope are in it?

An expression that a person (or a model) typed is never sent as it came: it is parsed, checked and written anew from its tree.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import promql_parser as promql

from tools.prometheus.selector import Matcher, Operator, quoted, seconds

CHARACTERS = 2_000
NESTED = 20
"""Brackets within brackets."""
NODES = 120
SELECTORS = 10
RANGE = 86_400.0
"""Seconds that one range may reach back."""
OFFSET = 30 * 86_400.0
SUBQUERY_POINTS = 2_000
_FORBIDDEN = frozenset(("absent", "absent_over_time"))
_OPERATORS: tuple[tuple[promql.MatchOp, Operator], ...] = (
    (promql.MatchOp.Equal, "="),
    (promql.MatchOp.NotEqual, "!="),
    (promql.MatchOp.Re, "=~"),
    (promql.MatchOp.NotRe, "!~"),
)
_SIDES = (
    (promql.VectorMatchCardinality.ManyToOne, "group_left"),
    (promql.VectorMatchCardinality.OneToMany, "group_right"),
)


class RefusedError(ValueError):
    """The expression may not be sent; the message says why and what to do."""


@dataclass(frozen=True)
class Rebuilt:
    """An expression within the limits, and the selectors in it."""

    text: str
    selectors: tuple[str, ...]


def rebuilt(text: str, scope: Sequence[Matcher] = ()) -> Rebuilt:
    """The same expression with the scope's matchers in every selector. Raises RefusedError."""
    if not text.strip():
        raise RefusedError("there is no expression; write PromQL, such as rate(http_requests_total[5m])")
    if len(text) > CHARACTERS:
        raise RefusedError(f"the expression is longer than {CHARACTERS} characters")
    if _nested(text) > NESTED:
        raise RefusedError(f"the expression is nested deeper than {NESTED} brackets")
    try:
        tree = promql.parse(text)
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"that is no PromQL: {' '.join(str(error).split())[:160]}") from None
    writer = _Writer(tuple(scope))
    out = writer.written(tree)
    if not writer.selectors:
        raise RefusedError("the expression selects no metric")
    if isinstance(tree, promql.MatrixSelector | promql.StringLiteral | promql.SubqueryExpr):
        raise RefusedError(
            "a range of raw samples is no series; put a function such as rate or avg_over_time around it"
        )
    return Rebuilt(out, tuple(dict.fromkeys(writer.selectors)))


def _nested(text: str) -> int:
    depth = deepest = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    return deepest


class _Writer:
    """Writes a tree, node by node, counting what it costs."""

    def __init__(self, scope: tuple[Matcher, ...]) -> None:
        self._scope = scope
        self._nodes = 0
        self._within = False
        self._writers: dict[str, Callable[[Any], str]] = {
            "NumberLiteral": str,
            "StringLiteral": lambda node: quoted(node.val),
            "ParenExpr": self._paren,
            "UnaryExpr": self._minus,
            "VectorSelector": self._vector,
            "MatrixSelector": self._range,
            "SubqueryExpr": self._subquery,
            "Call": self._call,
            "AggregateExpr": self._aggregate,
            "BinaryExpr": self._binary,
        }
        self.selectors: list[str] = []

    def written(self, node: Any) -> str:
        """The text of one node and all below it."""
        self._nodes += 1
        if self._nodes > NODES:
            raise RefusedError(f"the expression has more than {NODES} parts")
        write = self._writers.get(type(node).__name__)
        if write is None:
            raise RefusedError(f"{type(node).__name__} is not something that is asked here")
        return write(node)

    def _paren(self, node: Any) -> str:
        return f"({self.written(node.expr)})"

    def _minus(self, node: Any) -> str:
        return f"-({self.written(node.expr)})"

    def _vector(self, node: Any) -> str:
        return self._selector(node) + self._moved(node)

    def _range(self, node: Any) -> str:
        inner = node.vector_selector
        return f"{self._selector(inner)}[{seconds(_limited(node.range))}]{self._moved(inner)}"

    def _selector(self, node: Any) -> str:
        if node.matchers.or_matchers:
            raise RefusedError("matchers joined by 'or' are not asked here; write two expressions")
        matchers = [Matcher(one.name, _operator(one.op), one.value) for one in node.matchers.matchers]
        names = [one for one in matchers if one.label == "__name__"]
        if any(one.operator != "=" for one in names) or not (node.name or names):
            raise RefusedError("name the metric: a selector without a name, or with a pattern of names, reads too much")
        name = node.name or names[0].value
        rest = [one for one in matchers if one.label != "__name__"]
        inside = [Matcher("__name__", "=", name), *rest, *self._scope]
        self.selectors.append("{" + ",".join(str(one) for one in dict.fromkeys(inside)) + "}")
        if len(self.selectors) > SELECTORS:
            raise RefusedError(f"the expression selects more than {SELECTORS} times")
        if name.replace(":", "_").isidentifier() and name.isascii():
            held = ",".join(str(one) for one in dict.fromkeys(inside[1:]))
            return f"{name}{{{held}}}" if held else name
        return self.selectors[-1]

    def _moved(self, node: Any) -> str:
        if node.at is not None:
            raise RefusedError("'@' is not asked here: the window says the time")
        offset = node.offset.total_seconds() if node.offset is not None else 0.0
        if abs(offset) > OFFSET:
            raise RefusedError(f"an offset may be {OFFSET / 86_400:g} days at most")
        sign = "-" if offset < 0 else ""
        return f" offset {sign}{seconds(abs(offset))}" if offset else ""

    def _subquery(self, node: Any) -> str:
        if self._within:
            raise RefusedError("a subquery within a subquery is not asked here")
        span = _limited(node.range)
        step = node.step.total_seconds() if node.step is not None else span / 100
        if step < 1 or span / step > SUBQUERY_POINTS:
            raise RefusedError(f"a subquery may have {SUBQUERY_POINTS} steps at most, of a second at least")
        self._within = True
        inner = self._operand(node.expr)
        self._within = False
        return f"{inner}[{seconds(span)}:{seconds(step)}]{self._moved(node)}"

    def _call(self, node: Any) -> str:
        name = node.func.name
        if name in _FORBIDDEN:
            raise RefusedError(f"{name} says that nothing was found, which a series cannot show")
        return f"{name}({', '.join(self.written(one) for one in node.args)})"

    def _aggregate(self, node: Any) -> str:
        modifier = node.modifier
        groups = ""
        if modifier is not None:
            kind = "by" if modifier.type == promql.AggModifierType.By else "without"
            groups = f" {kind} ({', '.join(modifier.labels)})"
        inside = [*([node.param] if node.param is not None else []), node.expr]
        return f"{node.op}{groups} ({', '.join(self.written(one) for one in inside)})"

    def _binary(self, node: Any) -> str:
        words = [str(node.op)]
        modifier = node.modifier
        if modifier is not None:
            words += _matched(modifier)
        return f"{self._operand(node.lhs)} {' '.join(words)} {self._operand(node.rhs)}"

    def _operand(self, node: Any) -> str:
        text = self.written(node)
        return f"({text})" if isinstance(node, promql.BinaryExpr | promql.UnaryExpr) else text


def _matched(modifier: Any) -> list[str]:
    words = ["bool"] if modifier.return_bool else []
    if modifier.matching is not None:
        kind = "on" if modifier.matching.type == promql.LabelModifierType.Include else "ignoring"
        words.append(f"{kind} ({', '.join(modifier.matching.labels)})")
    side = next((word for kind, word in _SIDES if modifier.card == kind), "")
    if side:
        words.append(f"{side} ({', '.join(modifier.group_labels or ())})")
    return words


def _operator(told: Any) -> Operator:
    return next(word for kind, word in _OPERATORS if kind == told)


def _limited(span: timedelta) -> float:
    length = span.total_seconds()
    if length > RANGE:
        raise RefusedError(f"a range may be {RANGE / 3600:g} hours at most; the window says how far back is looked")
    return length
