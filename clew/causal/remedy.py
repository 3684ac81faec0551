"""What would settle an explanation, and what could a person do now: proposals in one sentence each."""

from collections.abc import Sequence

from clew.causal.meaning import family
from clew.causal.say import hashed, short, spoken, within
from clew.causal.title import sort
from clew.evidence import Change
from clew.hypothesis import Clue
from clew.incident import Symptom

_NEXT = {
    "cpu": "See what keeps the CPU of {s} busy (a profile of one instance), or add an instance",
    "memory": "See what fills the memory of {s} (a heap profile), or restart one instance",
    "disk": "See what fills or strains the disk of {s}, and free some of it",
    "waiting": "See what the work that waits in {s} waits for, or give {s} more slots",
    "held": "See what {s} holds on to and for whom, or give it more slots",
    "held up": "See what blocks {s} (a profile of one instance), or restart one instance",
    "edge": "Check the way to {s}: packet loss, DNS, proxies, network policies; or move one instance",
    "self time": "Profile one instance of {s}, or move the load to another",
    "new errors": "Read the whole of the new error of {s}, and undo or handle what raises it",
    "failed spans": "Read one failed trace of {s} to its end",
    "lost calls": "Look at which calls {s} no longer makes, and what it does instead",
    "stopped calls": "See why {s} no longer asks on: its connections, a flag, the queue that it reads; or restart one instance",
    "gone": "Look at what {s} stopped doing, and what it waits for",
}
_SETTLE = {
    "cpu": "If {w} falls as soon as the CPU of {s} does, it was this.",
    "memory": "If a restarted instance of {s} is well until its memory fills again, it was this.",
    "waiting": "If {w} falls as soon as nothing waits in {s}, it was this.",
    "held": "If {w} falls as soon as {s} has free slots, it was this.",
    "held up": "If a restarted instance of {s} answers in its usual time, it was this.",
    "edge": "Call {s} from its own machine: quick there and slow from elsewhere means the network.",
    "stopped calls": "Once {s} asks on as before, watch {w}: usual again means it was this.",
    "new errors": "If {w} falls when the new error of {s} stops, it was this.",
}


def watched(clues: Sequence[Clue], symptom: Symptom) -> str:
    """What a person keeps an eye on: `web p99 latency`."""
    seen = next((c for c in clues if c.channel == "symptom"), None)
    if seen is not None:
        return f"{seen.service or 'front door'} {spoken(seen.detail)}"
    what = spoken(symptom.metric) if symptom.metric else (symptom.signal.value if symptom.signal else "")
    return " ".join(part for part in (symptom.service or "", what) if part) or "the symptom"


def undo(change: Change, service: str | None, seen: str) -> tuple[str, str]:
    """The next step and what would settle it, for a change to blame; `seen` is what to watch."""
    name = short(change.ref)
    where = f" on {service}" if service else ""
    revert = f" (git revert {change.ref[:10]})" if change.what == "commit" and hashed(change.ref) else ""
    act = {
        "commit": f"Roll back {name}{where}{revert}",
        "deploy": f"Roll back deploy {name}{where}",
        "flag": f"Switch flag {name} back{where}",
        "config": f"Set {name} back{where}",
    }[change.what]
    return (
        f"{act}, then watch {seen} for 3 minutes.",
        f"Undo it and watch {seen}: usual again within 3 minutes means it was this.",
    )


def relieve(service: str, told: Clue | None, seen: str) -> tuple[str, str]:
    """The next step and what would settle it, for a service to blame; by the sort of trouble that `told` shows; `seen` is what to watch."""
    kind = (family(told.detail) if told.channel == "resource" else sort(told)) if told else ""
    act = _NEXT.get(kind, "Compare one instance of {s} with the others, then restart or move it").format(s=service)
    settle = _SETTLE.get(kind, "If {w} falls when one instance of {s} is restarted or moved, it was this.")
    return f"{act}; then watch {seen} for 3 minutes.", within(settle.format(s=service, w=seen), 200)
