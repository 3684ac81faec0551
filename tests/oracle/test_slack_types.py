"""Do Slack's own TypeScript types accept every recorded payload, and refuse a broken one?"""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "unit" / "bot" / "golden"
CACHE = ROOT / ".clew" / "oracle"
# Slack's types let a plan hold anything; ours holds task cards only, and is held to that.
HEAD = """import type { KnownBlock, View, PlanBlock, TaskCardBlock } from '@slack/types';
type Ours = Exclude<KnownBlock, PlanBlock> | (PlanBlock & { tasks?: TaskCardBlock[] });
"""
OPTIONS = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--moduleResolution", "nodenext"]


@pytest.fixture(scope="module")
def compiler() -> Path:
    """TypeScript with Slack's types beside it, fetched once by npm into a folder that is not part of the checkout."""
    CACHE.mkdir(parents=True, exist_ok=True)
    wanted = Path(__file__).with_name("package.json")
    tsc = CACHE / "node_modules" / ".bin" / "tsc"
    if not tsc.exists() or (CACHE / "package.json").read_text() != wanted.read_text():
        shutil.copy(wanted, CACHE / "package.json")
        npm = shutil.which("npm")
        fetch = [npm or "npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
        try:
            done = subprocess.run(fetch, cwd=CACHE, capture_output=True, check=False, timeout=150)
        except (OSError, subprocess.TimeoutExpired):
            pytest.skip("needs npm's registry for Slack's TypeScript types, which did not answer")
        if done.returncode != 0 or not tsc.exists():
            pytest.skip("needs npm's registry for Slack's TypeScript types, which could not be fetched")
    return tsc


def complaints(compiler: Path, name: str, payloads: dict[str, dict[str, Any]]) -> str:
    """What the compiler says about the payloads; empty if they are all of Slack's types."""
    lines = [HEAD]
    for place, (label, payload) in enumerate(payloads.items()):
        kind, body = ("View", payload) if "blocks" in payload and "type" in payload else ("Ours[]", payload["blocks"])
        lines.append(f"/* {label} */ export const p{place}: {kind} = {json.dumps(body)};\n")
        if kind == "View":
            lines.append(f"export const b{place}: Ours[] = {json.dumps(payload['blocks'])};\n")
    file = CACHE / f"{name}.ts"
    file.write_text("".join(lines), encoding="utf-8")
    done = subprocess.run(
        [str(compiler), *OPTIONS, file.name], cwd=CACHE, capture_output=True, check=False, text=True, timeout=150
    )
    assert done.returncode == 0 or done.stdout, done.stderr
    return done.stdout


def recorded() -> dict[str, dict[str, Any]]:
    return {file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) for file in sorted(GOLDEN.glob("*.yaml"))}


@pytest.mark.needs("node", "npm")
def test_slacks_own_types_accept_every_recorded_payload(compiler: Path) -> None:
    payloads = recorded()
    assert len(payloads) > 30
    assert complaints(compiler, "recorded", payloads) == ""


@pytest.mark.needs("node", "npm")
@pytest.mark.parametrize(
    "broken",
    [
        {
            "type": "plan",
            "title": "x",
            "tasks": [{"type": "task_card", "task_id": "a", "title": "b", "status": "done"}],
        },
        {"type": "section", "text": {"type": "markdown", "text": "x"}},
        {"type": "actions", "elements": [{"type": "button", "action_id": "a", "text": "not an object"}]},
        {"type": "hologram"},
    ],
    ids=["status", "text", "button", "block"],
)
def test_they_would_refuse_a_broken_one(compiler: Path, broken: dict[str, Any]) -> None:
    assert "error TS" in complaints(compiler, "broken", {"broken": {"text": "x", "blocks": [broken]}})
