"""Is a dangerous diff told from a harmless one."""

import pytest

from clew.causal.diff import hunks, risk

HEAD = "--- a/x.py\n+++ b/x.py\n@@ -1,3 +1,3 @@\n"


@pytest.mark.parametrize(
    ("diff", "words"),
    [
        ("-  max_connections: 50\n+  max_connections: 5", "cut max_connections of pay: 50 → 5"),
        (
            "-    if order.address is None:\n-        return refuse(order)\n     ship(order)",
            "removed a guard in pay: “if order.address is None:”",
        ),
        ("-        lock.acquire()\n         counts[key] += 1", "removed a lock in pay: “lock.acquire()”"),
        ("+    for item in items:\n+        price(item)\n     total()", "put a call into a loop in pay: “price(item)”"),
        ('-  "title": text\n+  "name": text', "renamed “title” to “name” in pay"),
    ],
)
def test_danger_is_found_and_said(diff: str, words: str) -> None:
    found = risk(HEAD + diff)
    assert found.amount > 0.6
    assert found.told("pay") == words


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


SETTINGS = """--- a/services/checkout/settings.yaml
+++ b/services/checkout/settings.yaml
@@ -1,5 +1,5 @@
 calls:
   timeout_seconds: 5.0
 pool:
   wait_seconds: 2.0
-  size: 12
+  size: 2
"""


@pytest.mark.parametrize(
    ("diff", "words"),
    [
        (SETTINGS, "cut the pool of checkout: size 12 → 2"),
        ("@@ -4,3 +4,3 @@ pool:\n   wait: 2.0\n-  size: 12\n+  size: 24", "raised the pool of checkout: size 12 → 24"),
        ("@@ a.toml @@\n [limits]\n-memory = 512\n+memory = 64", "cut the limits of checkout: memory 512 → 64"),
        ('@@ a.json @@\n   "pool": {\n-    "size": 12\n+    "size": 2\n   }', "cut the pool of checkout: size 12 → 2"),
        ("@@ -1,2 +1,2 @@ def reserve(order):\n-    retries = 9\n+    retries = 1", "cut retries of checkout: 9 → 1"),
    ],
)
def test_a_setting_is_named_with_the_heading_it_stands_under(diff: str, words: str) -> None:
    assert risk(diff).told("checkout") == words


def test_a_change_is_told_without_a_place_too() -> None:
    assert risk(SETTINGS).told(None) == "cut the pool: size 12 → 2"


@pytest.mark.parametrize(
    "diff",
    [
        "@@ a.py @@\n-    charge(order, total)\n@@ b.py @@\n+    paid = charge(order, total)",
        "@@ a.py @@\n-        lock.acquire()\n@@ b.py @@\n+    self.lock.acquire()",
        "@@ a.py @@\n-    if order.address is None:\n@@ b.py @@\n+    if parcel.order.address is None:",
    ],
    ids=["call", "lock", "guard"],
)
def test_what_was_moved_to_another_place_is_not_gone(diff: str) -> None:
    moved, gone = risk(diff), risk(diff.split("\n@@ b.py", maxsplit=1)[0])
    assert gone.amount > 0.6
    assert moved.amount < 0.5 * gone.amount


def test_a_guard_in_anothers_place_counts_for_half() -> None:
    removed = "@@ a.py @@\n-    if order.address is None:\n-        refuse(parcel)"
    replaced = risk(f"{removed}\n+    if unknown(region, tariff):\n+        refuse(parcel)")
    other = risk(f"{removed}\n+    while unknown(region, tariff):\n+        refuse(parcel)")
    assert replaced.act == other.act == "removed a guard"
    assert replaced.amount < 0.5 < other.amount


def test_a_guard_of_another_kind_is_no_replacement() -> None:
    """A retry in the place of a lock leaves the lock missing."""
    found = risk("@@ a.py @@\n-        lock.acquire()\n+        retry(counts)")
    assert (found.act, found.told("pay")) == ("removed a lock", "removed a lock in pay: “lock.acquire()”")
    assert found.amount > 0.9


@pytest.mark.parametrize(
    "diff",
    [
        "+SEEN: list[str] = []\n+\n def served(order):\n+    SEEN.append(order)",
        "+seen = []\n def served(order):\n+    seen.append(order)",
        "+    private static final List<Order> seen = new ArrayList<>();\n+        seen.add(order);",
        "+    HISTORY.push(order);",
    ],
)
def test_what_is_only_ever_filled_is_a_leak(diff: str) -> None:
    found = risk(HEAD + diff)
    assert found.amount >= 0.6
    assert "only grow" in found.told("pay")


@pytest.mark.parametrize(
    "diff",
    [
        "+    found.append(order)",
        "+SEEN: list[str] = []\n+    SEEN.append(order)\n+    SEEN.pop(0)",
        "+SEEN = deque(maxlen=100)\n+    SEEN.append(order)",
        "+    orders = []\n+    orders.append(order)",
    ],
)
def test_what_is_emptied_or_ends_with_its_request_is_no_leak(diff: str) -> None:
    assert "only grow" not in risk(HEAD + diff).told("pay")
