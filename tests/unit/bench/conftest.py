"""One small recorded incident, made by hand: a cart whose CPU is used up and a checkout that suffers."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ALERT = 1_700_000_000
SERVICES = ("cart", "checkout", "currency", "email", "payment", "search")
Incident = Callable[..., Path]


def metrics() -> str:
    """An hour before the alert and twelve minutes after it, by the minute."""
    rng = np.random.default_rng(11)
    rows = ["time,service,instance,cpu(%),latency-p90(s)"]
    for minute in range(-60, 13):
        for service in SERVICES:
            broken = minute >= -1
            cpu = (96.0 if broken and service == "cart" else 20.0) + rng.normal(0.0, 1.0)
            slow = 1.5 if broken and service in ("cart", "checkout") else 0.2
            rows.append(f"{ALERT + 60 * minute},{service},,{cpu:.3f},{slow + rng.normal(0.0, 0.01):.4f}")
    return "\n".join(rows) + "\n"


LOOP = """--- a/cart/basket.py
+++ b/cart/basket.py
@@ -8,2 +8,3 @@ def total(basket):
-    return price(basket.items)
+    for item in basket.items:
+        checked = price(basket.items)
+    return checked
"""
WORDING = """--- a/email/footer.txt
+++ b/email/footer.txt
@@ -1 +1 @@
-Thanks
+Thank you
"""
CHANGES = (
    {"id": "c1", "kind": "commit", "time": ALERT - 600, "title": "Check", "files": ["cart/basket.py"], "diff": LOOP},
    {"id": "c9", "kind": "commit", "time": ALERT - 500, "title": "Say", "files": ["email/footer.txt"], "diff": WORDING},
    {"id": "d1", "kind": "deploy", "time": ALERT - 180, "service": "cart", "title": "v2", "extra": {"commit": "c1"}},
    {"id": "d2", "kind": "deploy", "time": ALERT - 90, "service": "email", "title": "v9", "extra": {"commit": "c9"}},
)


@pytest.fixture
def incident(tmp_path: Path) -> Incident:
    """Writes the case below `tmp_path/cases/<family>/<name>` and returns its folder; `truth` None leaves the answer out."""

    def written(name: str = "one", family: str = "shop", truth: dict[str, Any] | None = None, **brief: Any) -> Path:
        folder = tmp_path / "cases" / family / name
        folder.mkdir(parents=True)
        told = {
            "format": 1,
            "id": name,
            "family": family,
            "title": "checkout is slow",
            "alerted_at": ALERT,
            "symptom": {"service": "checkout", "signal": "latency", "metric": "latency-p90(s)"},
            "modalities": ["metrics", "changes", "topology"],
            **brief,
        }
        (folder / "incident.json").write_text(json.dumps(told))
        (folder / "metrics.csv.gz").write_bytes(gzip.compress(metrics().encode()))
        (folder / "changes.jsonl").write_text("\n".join(json.dumps(change) for change in CHANGES))
        (folder / "topology.csv").write_text(
            "caller,callee\ncheckout,cart\ncheckout,payment\ncheckout,email\ncheckout,currency\nsearch,currency\n"
        )
        if truth is not None:
            (folder / "truth.json").write_text(json.dumps(truth))
        return folder

    return written
