"""Is a dangerous diff told from a harmless one."""

import pytest

from clew.causal.diff import hunks, risk

HEAD = "--- a/x.py\n+++ b/x.py\n@@ -1,3 +1,3 @@\n"


@pytest.mark.parametrize(
    ("diff", "words"),
    [
        ("-  max_connections: 50\n+  max_connections: 5", "max_connections 50 → 5"),
        ("-    if order.address is None:\n-        return refuse(order)\n     ship(order)", "removes"),
        ("-        lock.acquire()\n         counts[key] += 1", "removes"),
        ("+    for item in items:\n+        price(item)\n     total()", "in a loop"),
        ('-  "title": text\n+  "name": text', "renames “title” to “name”"),
    ],
)
def test_danger_is_found_and_said(diff: str, words: str) -> None:
    found = risk(HEAD + diff)
    assert found.amount > 0.6
    assert words in found.says


@pytest.mark.parametrize(
    "diff",
    [
        "+# a comment",
        '-log.info("got %s", 1)\n+log.info("got %s", 2)',
        "-    total = a + b\n     x()\n+    total = a + b",
        "",
    ],
)
def test_harmless_stays_low(diff: str) -> None:
    assert risk(HEAD + diff).amount <= 0.2


def test_a_halved_limit_is_worse_than_a_raised_one() -> None:
    assert risk(HEAD + "-pool = 50\n+pool = 10").amount > risk(HEAD + "-pool = 10\n+pool = 50").amount - 1e-9
    assert risk(HEAD + "-pool = 50\n+pool = 49").amount < 0.5


def test_hunks_know_their_files() -> None:
    parts = hunks("@@ a/b.py @@\n-one\n+two\n@@ c/d.yaml @@\n+three")
    assert [(p.path, p.removed, p.added) for p in parts] == [
        ("a/b.py", ("one",), ("two",)),
        ("c/d.yaml", (), ("three",)),
    ]
