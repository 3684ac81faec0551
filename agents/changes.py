"""What did people and machines alter before it began."""

from collections import Counter

from agents.gather import Gather
from agents.retold import Told, each_once
from agents.specialist import Specialist, Swept
from agents.speech import counted
from clew.evidence import Change
from clew.ports import ChangeSource, Telemetry

DIFF = 4000
"""Characters of a diff that travel with a finding; evidence keeps more."""
ALL_DIFFS = 160_000


async def sweep(gather: Gather) -> Swept:
    """Reads the changes of the window; the judge compares them with what the others found."""
    limits = gather.desk.deps.limits
    further = gather.further()
    window = further.look.lead.window
    told: list[Told] = []
    for source in gather.sources(ChangeSource, Telemetry.CHANGES):
        table = await further.bulk(source, "changes", "", lambda s=source: s.changes(window))
        if table is not None:
            told.append((source.name, table.changes))
    found = each_once(told)
    if len(found) > limits.changes:
        gather.gap(
            "changes",
            f"only the newest {limits.changes} of {len(found)} changes were read",
            "an older one may be missing",
        )
    kept = trimmed(found[-limits.changes :])
    return Swept(_summary(kept), (), kept)


def trimmed(changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """The same changes with diffs cut so that all of them together fit a checkpoint; newest first come, first served."""
    left = ALL_DIFFS
    out: list[Change] = []
    for change in reversed(changes):
        if change.diff is None:
            out.append(change)
            continue
        diff = change.diff[: min(DIFF, left)]
        left -= len(diff)
        out.append(change.model_copy(update={"diff": diff or None}))
    return tuple(reversed(out))


def _summary(changes: tuple[Change, ...]) -> str:
    counts = Counter(change.what for change in changes)
    if not changes:
        return "no changes in the window"
    order = ("deploy", "commit", "flag", "config")
    return ", ".join(counted(counts[what], what) for what in order if counts[what])


CHANGES = Specialist(
    name="changes",
    title="Recent deploys, flags, config",
    telemetry=frozenset({Telemetry.CHANGES}),
    when="what was deployed, committed, switched or configured shortly before",
    question="What was changed in or near {where} before {since}?",
    effect="no deploy or change can be named or cleared",
    sweep=sweep,
)
