"""How is one question about a metric written, and what is its answer called?"""

from dataclasses import dataclass, replace
from enum import StrEnum

from tools.prometheus.selector import Matcher, seconds, selector

ROW = "clew_row"
"""The label by which the answers of questions that are sent together are told apart."""


class Form(StrEnum):
    """How series of one metric become one."""

    RATE = "rate"
    """Per second, summed."""
    QUANTILE = "quantile"
    """Of a histogram."""
    LEVEL = "level"
    """A gauge's value, its mean over series."""
    SUM = "sum"
    """A gauge's value, summed over series."""
    MEAN = "mean"
    """Of what was observed: its sum by its count."""
    STARTS = "starts"
    """How often a start time changed."""


class Role(StrEnum):
    """What an answer is beside itself."""

    PLAIN = "plain"
    TOTAL = "total"
    """What the failures of the same metric are a part of."""
    FAILED = "failed"
    """Missing where nothing failed yet, which is a nought where the total is known."""
    BASE = "base"
    """A total that is no answer of its own."""


@dataclass(frozen=True)
class Ask:
    """One question that is answered by a series per group."""

    family: str
    """The metric's name, for its typed and sampled parts alike."""
    name: str
    """What is selected."""
    form: Form
    word: str
    """What an answer is called; `{tag}` stands for the value of `tag`."""
    unit: str = ""
    factor: float = 1.0
    role: Role = Role.PLAIN
    where: tuple[Matcher, ...] = ()
    spare: bool = False
    """Left out where another metric tells the same."""
    tag: str = ""
    """A label whose values are answers of their own: whom was called, or which quantile."""
    share: float = 0.0
    """Which quantile."""
    long: str = ""
    """What it is called where another metric of the service has the word."""

    def query(self, by: tuple[str, ...], matchers: tuple[Matcher, ...], span: float, *, mean: bool = True) -> str:
        """The expression: one series per value of the labels `by`; `span` is the seconds that one sample stands for.

        A gauge is its `mean` over them, else its last sample in them.
        """
        over = "avg_over_time" if mean else "last_over_time"
        if self.form is Form.MEAN:
            return self._mean(by, matchers, span)
        chosen = selector(self.name, dict.fromkeys((*self.where, *matchers)))
        ranged = f"{chosen}[{seconds(span)}]"
        match self.form:
            case Form.RATE:
                return _scaled(f"sum by ({_names(by, self.tag)}) (rate({ranged}))", self.factor)
            case Form.QUANTILE:
                inner = f"sum by ({_names(by, self.tag, 'le')}) (rate({ranged}))"
                return _scaled(f"histogram_quantile({self.share:g}, {inner})", self.factor)
            case Form.LEVEL:
                return _scaled(f"avg by ({_names(by, self.tag)}) ({over}({ranged}))", self.factor)
            case Form.SUM:
                return _scaled(f"sum by ({_names(by, self.tag)}) ({over}({ranged}))", self.factor)
            case _:
                return f"sum by ({_names(by, self.tag)}) (changes({ranged}))"

    def _mean(self, by: tuple[str, ...], matchers: tuple[Matcher, ...], span: float) -> str:
        total, count = (
            replace(self, name=f"{self.family}_{part}", form=Form.RATE, factor=1.0).query(by, matchers, span)
            for part in ("sum", "count")
        )
        return _scaled(f"({total} / ({count} > 0))", self.factor)

    def called(self, tag: str) -> str:
        """The name of an answer whose `tag` label has this value."""
        return self.word.replace("{tag}", _percent(tag) if self.tag == "quantile" else tag)

    def instead(self, tag: str) -> str:
        """The same where another metric of the service is called so already."""
        return replace(self, word=self.long or f"{self.family}-{self.form.value}").called(tag)


def _percent(share: str) -> str:
    try:
        return f"{100 * float(share):g}"
    except ValueError:
        return share


def _names(by: tuple[str, ...], *more: str) -> str:
    return ", ".join(dict.fromkeys(label for label in (*by, *more) if label))


def _scaled(expression: str, factor: float) -> str:
    return expression if factor == 1.0 else f"{expression} * {factor:g}"
