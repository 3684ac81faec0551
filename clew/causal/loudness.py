"""Which lines are errors?"""

import re

import numpy as np

from clew.tables import Bools, Ints, LogTable

_LOUD = frozenset(("ERROR", "ERR", "FATAL", "CRITICAL", "CRIT", "ALERT", "EMERG", "SEVERE", "PANIC"))
_SAYS_ERROR = re.compile(
    r"\b(?:errors?|exception|fatal|panic(?:ked)?|fail(?:ed|ure|ures|ing)?|timed? ?out|refused|unavailable|traceback|denied|exhausted)\b",
    re.IGNORECASE,
)


def loud(lines: LogTable, codes: Ints, names: tuple[str, ...]) -> Bools:
    """Lines at an error's severity (N,), `codes` (N,) their templates; where a source wrote no severity the words decide."""
    bad = np.array([name in _LOUD for name in lines.severities] or [False])
    blank = np.array([name == "" for name in lines.severities] or [False])
    worded = np.array([bool(_SAYS_ERROR.search(name)) for name in names] or [False])
    return bad[lines.severity] | (blank[lines.severity] & worded[codes])
