"""What did people and machines alter before it began."""

from collections import Counter

from agents.desk import question
from agents.gather import Gather
from agents.retold import Told, each_once
from agents.specialist import Specialist, Swept
from agents.speech import counted
from clew.evidence import Change
from clew.incident import Window
from clew.ports import ChangeSource, Telemetry

DIFF = 4000
"""Characters of a diff that travel with a finding; evidence keeps more."""
ALL_DIFFS = 160_000
ASLEEP = 14 * 86_400.0
"""How long a commit may have waited until it was deployed, seconds."""


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
    found = each_once([*told, *await _asleep(gather, window, each_once(told))])
    if len(found) > limits.changes:
        gather.gap(
            "changes",
            f"only the newest {limits.changes} of {len(found)} changes were read",
            "an older one may be missing",
        )
    kept = trimmed(found[-limits.changes :])
    return Swept(_summary(kept), (), kept)


async def _asleep(gather: Gather, window: Window, found: tuple[Change, ...]) -> list[Told]:
    """Commits from before the window that a deploy in it brought out: what was merged on Friday may go live on Monday."""
    lost = {c.commit for c in found if c.what == "deploy" and c.commit and c.diff is None} - {c.ref for c in found}
    if not lost:
        return []
    older = Window(start=window.start - ASLEEP, end=window.start)
    told: list[Told] = []
    for source in gather.sources(ChangeSource, Telemetry.CHANGES):
        # what cannot be read here was said when the window itself was read
        reading = await gather.desk.read(source, question("changes", "", older), lambda s=source: s.changes(older))
        if reading.value is not None:
            kept = (c for c in reading.value.changes if c.what == "commit" and c.ref.startswith(tuple(lost)))
            told.append((source.name, tuple(kept)))
    return told


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
