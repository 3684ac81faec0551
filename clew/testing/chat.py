"""What would people have seen?"""

from clew.errors import PlatformError
from clew.incident import Room, Thread
from clew.progress import Answer, HypothesisView, Progress, RuledOutView, TimelineView, View


class FakePlatform:
    """Keeps every view it was shown; one shown again replaces the earlier one, an older card never a newer one, the same one nothing."""

    def __init__(self, name: str = "fake", refuse: str = "") -> None:
        self._name = name
        self.refuse = refuse
        """While set, `show` and `room` raise PlatformError with this code."""
        self.rooms: dict[str, Room] = {}
        self.views: list[View] = []
        self._standing: dict[tuple[str, str, str], View] = {}

    @property
    def name(self) -> str:
        return self._name

    async def show(self, view: View) -> None:
        if self.refuse:
            raise PlatformError(self.refuse, f"the platform refused: {self.refuse}")
        key = _key(view)
        earlier = self._standing.get(key)
        if isinstance(view, Progress) and isinstance(earlier, Progress) and earlier.revision >= view.revision:
            return
        if view == earlier:
            return
        self.views.append(view)
        self._standing[key] = view

    async def room(self, title: str, key: str, channel: str = "") -> Room:
        if self.refuse:
            raise PlatformError(self.refuse, f"the platform refused: {self.refuse}")
        name = channel or f"room {len(self.rooms) + 1}: {title}"
        return self.rooms.setdefault(key, Room(thread=Thread(platform=self._name, channel=name)))

    async def post_count(self, incident: str) -> int:
        return sum(1 for owner, kind, _ in self._standing if owner == incident and kind == "card")

    def standing(self, incident: str) -> tuple[View, ...]:
        """What stands in the channel now, in the order of first posting."""
        return tuple(view for key, view in self._standing.items() if key[0] == incident)

    def transcript(self, incident: str) -> str:
        """The thread as it stands, as plain text; private answers marked."""
        return "\n\n".join("\n".join(_lines(view)) for view in self.standing(incident))


def _key(view: View) -> tuple[str, str, str]:
    match view:
        case Progress():
            return view.incident.id, "card", ""
        case HypothesisView():
            return view.incident.id, "hypothesis", str(view.number)
        case RuledOutView():
            return view.incident.id, "ruled out", ""
        case TimelineView():
            return view.incident.id, "timeline", ""
        case Answer():
            return view.incident.id, "answer", view.key


def _lines(view: View) -> list[str]:
    match view:
        case Progress():
            return _card(view)
        case HypothesisView():
            return _hypothesis(view)
        case RuledOutView():
            return ["[ruled out]", *(f"  {h.title}: {h.ruled_out}" for h in view.hypotheses)]
        case TimelineView():
            return ["[timeline]", *(f"  {row.service}: {row.onset}" for row in view.timeline.rows)]
        case Answer():
            whom = " (only to them)" if view.private else ""
            numbers = {n.fact.id: f"E{n.number}" for n in view.evidence}
            told = [f"  {c.text}{_cited(c.evidence, numbers)}" for c in view.claims]
            return [f"[answer to {view.asker}{whom}] {view.question}", *told]


def _card(view: Progress) -> list[str]:
    lines = [f"[card] {view.incident.title} ({view.state.value})"]
    lines += [f"  {s.state.value}: {s.title}" + (f" ({s.note})" if s.note else "") for s in view.steps]
    if view.so_far:
        lines.append(f"  so far: {view.so_far}")
    if view.report:
        lines.append(f"  {view.report.verdict.value}: {view.report.headline}")
        lines += [f"  {h.confidence.value}: {h.title}" for h in view.report.open]
    if view.alerts:
        rest = f", and {view.alerts.more} more" if view.alerts.more else ""
        lines += [f"  also firing: {', '.join(view.alerts.also)}{rest}"] if view.alerts.also else []
        lines += ["  alerts cleared"] if view.alerts.resolved_at is not None else []
    lines += [f"  gap: {g.source}: {g.reason}; {g.effect}" for g in view.gaps]
    return lines + ([f"  stopped by {view.stopped_by}"] if view.stopped_by else [])


def _hypothesis(view: HypothesisView) -> list[str]:
    found = view.hypothesis
    numbers = {n.fact.id: f"E{n.number}" for n in view.evidence}
    lines = [f"[H{view.number}] {found.confidence.value}: {found.title}"]
    lines += [f"  + {c.text}{_cited(c.evidence, numbers)}" for c in found.support]
    lines += [f"  - {c.text}{_cited(c.evidence, numbers)}" for c in found.against]
    lines += [f"  {v.by} {'agrees' if v.agree else f'rejects ({v.reason})'}" for v in view.ballot.votes]
    return lines + (["  rechecking"] if view.rechecking else [])


def _cited(ids: tuple[str, ...], numbers: dict[str, str]) -> str:
    return f" [{', '.join(numbers.get(i, f'?{i}') for i in ids)}]" if ids else ""
