"""Which questions need a fresh look at a source, and what do they then say?"""

import re
import statistics
from collections.abc import Awaitable, Callable, Sequence

from agents.asking import Asking
from agents.judge import change_says
from agents.retold import once
from agents.speech import clock, several, within
from agents.views import cites
from clew.causal.meaning import Meaning, meaning
from clew.evidence import Change, Evidence, Lines, Series, Standing
from clew.hypothesis import Claim
from clew.incident import Signal, Symptom, Window
from clew.ports import ChangeSource, LogSource, MetricSource, Telemetry

SHOWN = 4
"""Facts in one answer."""
_FELT = {
    Signal.LATENCY: (Meaning.LATENCY,),
    Signal.ERRORS: (Meaning.ERRORS, Meaning.AVAILABILITY),
    Signal.AVAILABILITY: (Meaning.AVAILABILITY, Meaning.ERRORS),
    Signal.SATURATION: (Meaning.RESOURCE,),
}


async def changed(asking: Asking) -> tuple[Claim, ...]:
    """The changes in the window, those just before the onset first."""
    window, service = asking.incident.window, asking.wanted.service or ""
    facts: list[Evidence] = []
    for source in asking.gather.sources(ChangeSource, Telemetry.CHANGES):
        facts += await asked(asking, source, "list_changes", lambda s=source: s.list_changes(service, window))
    found = once(facts)
    seen = (n.fact for n in asking.kept if isinstance(n.fact.payload, Change))
    named = [fact for fact in seen if not service or fact.payload.service in (service, None)]
    found = found or named
    if not found:
        where = f" of {service}" if service else ""
        return _nothing(facts, f"I see no change{where} between {clock(window.start)} and {clock(window.end)}.")
    onset = _onset(asking)
    near = sorted(found, key=lambda fact: _distance(fact, onset))[:4]
    claims = tuple(Claim(text=_change(fact), evidence=(fact.id,)) for fact in near)
    rest = len(found) - len(near)
    return (*claims, Claim(text=f"{rest} more further from the onset.", evidence=(found[-1].id,))) if rest else claims


async def metric(asking: Asking) -> tuple[Claim, ...]:
    """Series of a service by a part of their name; where nothing has that name, the names that there are."""
    service, name = asking.wanted.service or "", asking.wanted.subject
    window = _until_now(asking)
    for words in _narrowing(name):
        facts = await _series(asking, service, words, window)
        if any(isinstance(f.payload, Series) for f in facts):
            shown = [f for f in facts if isinstance(f.payload, Series)]
            own = [
                f for f in shown if isinstance(f.payload, Series) and f.payload.name.lower().startswith(words)
            ] or shown
            return tuple(Claim(text=_levels(f, _onset(asking)), evidence=(f.id,)) for f in own[:SHOWN])
    facts = await _series(asking, service, "", window)
    names = sorted({f.payload.name for f in facts if isinstance(f.payload, Series)})
    who = service or "the whole system"
    if names:
        ids = tuple(f.id for f in facts if isinstance(f.payload, Series))
        return (
            Claim(
                text=f"No series of {who} is called “{within(name, 40)}”; there are {several(names, 6)}.", evidence=ids
            ),
        )
    return _nothing(facts, f"I have no series of {who} in this window.")


async def logs(asking: Asking) -> tuple[Claim, ...]:
    """The newest lines of a service, with the words that were asked for if any have them."""
    service, window = asking.wanted.service or "", _until_now(asking)
    found: list[Evidence] = []
    empty: list[Evidence] = []
    for text in _narrowing(asking.wanted.subject):
        for source in asking.gather.sources(LogSource, Telemetry.LOGS):
            facts = await asked(asking, source, "search", lambda s=source, t=text: s.search(service, t, window))
            found += [f for f in facts if isinstance(f.payload, Lines)]
            empty += [f for f in facts if not isinstance(f.payload, Lines)]
        if found:
            break
    if not found:
        where = f" of {service}" if service else ""
        return _nothing(empty, f"I found no such line{where} between {clock(window.start)} and {clock(window.end)}.")
    new = [n.fact for n in asking.kept if isinstance(n.fact.payload, Lines) and n.fact.payload.service == service]
    claims = [Claim(text=_says(fact), evidence=(fact.id,)) for fact in new[:2]]
    claims += [Claim(text=quote, evidence=(fact.id,)) for fact in found for quote in _quotes(fact)][:2]
    claims += [Claim(text=_says(fact), evidence=(fact.id,)) for fact in found]
    return tuple(claims[:SHOWN])


async def over(asking: Asking) -> tuple[Claim, ...]:
    """Asks the symptom's own series again and compares its last minutes with before and during."""
    facts = {n.fact.id: n.fact for n in asking.kept}
    cited = [facts[i] for h in asking.open for i in cites(h.support) if i in facts]
    noticed = asking.incident.symptom
    levels = [f for f in (*cited, *facts.values()) if isinstance(f.payload, Series) and f.payload.after is not None]
    levels.sort(key=lambda f: not (isinstance(f.payload, Series) and f.payload.service in ("", noticed.service)))
    # a strained part may recover while what people feel has not: the symptom's own signal speaks first
    levels.sort(key=lambda f: not (isinstance(f.payload, Series) and _felt(f.payload, noticed)))
    for fact in levels[:3]:
        series = fact.payload
        if not isinstance(series, Series):
            continue
        again = await _series(asking, series.service, series.name, _until_now(asking))
        # a source may name the instance too
        fresh = next((f for f in again if isinstance(f.payload, Series) and series.name in f.payload.name), None)
        if fresh is not None and isinstance(fresh.payload, Series):
            return (_compared(series, fresh, fresh.payload),)
    return (
        Claim(text="I have no level of the symptom to compare with, so I cannot say whether it is over.", evidence=()),
    )


def _felt(series: Series, symptom: Symptom) -> bool:
    """Whether a series is of what was noticed, by the alert's own name for it or by its kind, where it was noticed."""
    if series.service not in ("", symptom.service):
        return False
    if symptom.metric and series.name.startswith(symptom.metric.split("(")[0]):
        return True
    kinds = _FELT.get(symptom.signal, ()) if symptom.signal else _FELT[Signal.LATENCY] + _FELT[Signal.ERRORS]
    return meaning(series.name, series.unit) in kinds


def _levels(fact: Evidence, onset: float) -> str:
    """A series around the onset: usual before it, level after it, and the worst moment."""
    series = fact.payload
    if not isinstance(series, Series):
        return _says(fact)
    pairs = [(t, v) for t, v in zip(series.times, series.values, strict=True) if v is not None]
    before, after = [v for t, v in pairs if t < onset], [v for t, v in pairs if t >= onset]
    if not before or not after:
        return _says(fact)
    high = max(pairs, key=lambda pair: pair[1])
    own = series.name if series.service in series.name else f"{series.name} of {series.service or 'the whole system'}"
    unit = f" {series.unit}" if series.unit else ""
    levels = f"{statistics.median(before):.3g} before {clock(onset)}, {statistics.median(after):.3g}{unit} since"
    return f"{own}: {levels} (medians); highest {high[1]:.3g}{unit} at {clock(high[0])}."


def _quotes(fact: Evidence) -> tuple[str, ...]:
    """The newest lines, word for word, one of each wording."""
    lines = fact.payload
    if not isinstance(lines, Lines):
        return ()
    unlike = {re.sub(r"[0-9a-f]{4,}|\d+", "#", sample.text): sample for sample in reversed(lines.samples)}
    newest = sorted(unlike.values(), key=lambda sample: sample.at, reverse=True)
    return tuple(f"{clock(sample.at)}: “{within(sample.text, 140)}”." for sample in newest)


def _compared(then: Series, fact: Evidence, now: Series) -> Claim:
    pairs = [(t, v) for t, v in zip(now.times, now.values, strict=True) if v is not None]
    who = f"{then.name} of {then.service or 'the whole system'}"
    if not pairs or then.before is None or then.after is None:
        return Claim(text=f"{who} has no recent value, so I cannot say whether it is over.", evidence=(fact.id,))
    last = statistics.median(v for _, v in pairs[-3:])
    nearer = abs(last - then.before) <= 0.25 * abs(then.after - then.before)
    word = "It looks over" if nearer else "Not over yet"
    text = f"{word}: {who} is {last:.4g} {now.unit} at {clock(pairs[-1][0])}; usual {then.before:.4g}, during {then.after:.4g}."
    return Claim(text=" ".join(text.split()), evidence=(fact.id,))


async def asked(
    asking: Asking,
    source: ChangeSource | LogSource | MetricSource,
    method: str,
    ask: Callable[[], Awaitable[tuple[Evidence, ...]]],
) -> tuple[Evidence, ...]:
    """The facts of one query, kept."""
    return await asking.gather.query(source, method, ask)


async def _series(asking: Asking, service: str, name: str, window: Window) -> tuple[Evidence, ...]:
    out: list[Evidence] = []
    for source in asking.gather.sources(MetricSource, Telemetry.METRICS):
        out += await asked(asking, source, "series", lambda s=source: s.series(service, name, window))
    return tuple(out)


def _narrowing(words: str) -> tuple[str, ...]:
    """The words as they are, then each alone, longest first; nothing for nothing."""
    alone = sorted(words.split(), key=len, reverse=True)
    return tuple(dict.fromkeys((words, *alone)))[:4]


def _until_now(asking: Asking) -> Window:
    now, window = asking.gather.desk.deps.clock.now(), asking.incident.window
    return Window(start=window.start, end=max(window.end, min(now, window.end + 86_400.0)), reason="up to now")


def _onset(asking: Asking) -> float:
    report = asking.progress.report if asking.progress else None
    return report.onset if report and report.onset is not None else asking.incident.alerted_at


def _distance(fact: Evidence, onset: float) -> float:
    """Just before the onset is nearest; after it counts ten times as far."""
    at = fact.payload.at if isinstance(fact.payload, Change) else onset
    return onset - at if at <= onset else 10 * (at - onset)


def _change(fact: Evidence) -> str:
    return _sentence(change_says(fact.payload) if isinstance(fact.payload, Change) else fact.says)


def _says(fact: Evidence) -> str:
    return _sentence(fact.says)


def _sentence(text: str) -> str:
    flat = within(text, 220)
    return flat if flat[-1:] in ".!?…" else f"{flat}."


def _nothing(facts: Sequence[Evidence], text: str) -> tuple[Claim, ...]:
    """An empty answer cites the empty look, so that one can see what was asked."""
    empty = tuple(f.id for f in facts if f.standing is Standing.EMPTY)
    return (Claim(text=text, evidence=empty),)
