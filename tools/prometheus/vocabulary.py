"""What is worth asking about a metric: rates, errors and durations, use and saturation, by its type, labels and name?"""

import re
from collections.abc import Mapping
from dataclasses import replace

from tools.prometheus.asks import Ask, Form, Role
from tools.prometheus.calls import callee
from tools.prometheus.families import Family, Kind
from tools.prometheus.selector import Matcher

_WORDS = "error|fail|timeout|timed_out|unavailable|exception|abort|refused|cancel|deadline|internal|exhausted|dataloss"
_FAILED = f"(?i)(5..|5xx|.*({_WORDS}).*|unknown)"
"""Outcomes that are the answering side's fault: status codes, gRPC's names, and the words people use."""
_GRPC_FAILED = _FAILED.removesuffix(")") + "|1|2|4|8|10|13|14|15)"
_CALL_FAILED = _FAILED.removesuffix(")") + "|429|0|000)"
OUTCOMES: Mapping[str, Matcher] = {
    "code": Matcher("code", "=~", _FAILED),
    "status": Matcher("status", "=~", _FAILED),
    "status_code": Matcher("status_code", "=~", _FAILED),
    "http_status_code": Matcher("http_status_code", "=~", _FAILED),
    "http_response_status_code": Matcher("http_response_status_code", "=~", _FAILED),
    "response_code": Matcher("response_code", "=~", _FAILED),
    "grpc_code": Matcher("grpc_code", "=~", _GRPC_FAILED),
    "grpc_status": Matcher("grpc_status", "=~", _GRPC_FAILED),
    "rpc_grpc_status_code": Matcher("rpc_grpc_status_code", "=~", _GRPC_FAILED),
    "result": Matcher("result", "=~", _FAILED),
    "outcome": Matcher("outcome", "=~", "(?i)(.*(error|fail|timeout|exception).*|server_error)"),
    "success": Matcher("success", "=~", "(?i)(false|no|0)"),
    "error": Matcher("error", "!~", "(?i)(|false|none|no|0|null|ok)"),
}
"""Labels that tell how a request ended, most telling first, and which ends are failures."""
QUANTILES = (0.5, 0.9, 0.99)
CALL_QUANTILE = 0.9
_REQUESTS = frozenset(("request", "requests", "handled", "calls", "rpc", "rpcs", "queries", "messages"))
_SERVED = frozenset(
    ("http", "grpc", "rpc", "server", "request", "requests", "handling", "spanmetrics", "istio", "graph")
)
_CALLED = frozenset(("client", "call", "calls", "upstream", "outbound", "dependency"))
_FAILING = frozenset(
    ("error", "errors", "failed", "failure", "failures", "exceptions", "cancelled", "timeouts", "retries")
)
_ASKED = frozenset(("http", "grpc", "request", "requests"))
"""Words that would make a rate of a level: `http_requests_in_flight` is `in-flight`."""
_SUMMED = frozenset(("s", "%", "°C"))
_SHARE = re.compile(
    r"ratio|percent|utili[sz]ation|usage|saturation|load|temperature|average|avg|mean|up|success|p\d\d|quantile"
)


def asks(family: Family) -> tuple[Ask, ...]:
    """What is worth asking about a metric; nothing where no series of it could be read by a person."""
    match family.kind:
        case Kind.HISTOGRAM:
            return _histogram(family)
        case Kind.SUMMARY:
            return _summary(family)
        case Kind.MEAN:
            return _mean(family)
        case Kind.COUNTER:
            return _counter(family)
        case Kind.GAUGE:
            return _gauge(family)


def _histogram(family: Family) -> tuple[Ask, ...]:
    unit, name, tag = family.unit, f"{family.name}_bucket", callee(family)
    if tag:
        word, percent = _tagged(_latency(family, "call-latency")), round(100 * CALL_QUANTILE)
        return (
            Ask(
                family.name,
                name,
                Form.QUANTILE,
                f"{word}-p{percent}",
                unit.name,
                unit.factor,
                tag=tag,
                share=CALL_QUANTILE,
            ),
        )
    word = _latency(family, "latency")
    found = [
        Ask(
            family.name,
            name,
            Form.QUANTILE,
            f"{word}-p{round(100 * share)}",
            unit.name,
            unit.factor,
            where=_served(family),
            share=share,
            long=f"{family.stem}-p{round(100 * share)}",
        )
        for share in QUANTILES
    ]
    if word == "latency":
        found += _outcomes(family, f"{family.name}_count", spare=True)
    return tuple(found)


def _summary(family: Family) -> tuple[Ask, ...]:
    unit, word = family.unit, _latency(family, "latency")
    word = f"{word}-p{{tag}}"
    return (
        Ask(
            family.name,
            family.name,
            Form.LEVEL,
            word,
            unit.name,
            unit.factor,
            tag="quantile",
            long=f"{family.stem}-p{{tag}}",
        ),
    )


def _mean(family: Family) -> tuple[Ask, ...]:
    unit, tag = family.unit, callee(family)
    name, where = f"{family.name}_sum", _served(family)
    if tag:
        word = _tagged(f"{_latency(family, 'call-latency')}-mean")
        return (Ask(family.name, name, Form.MEAN, word, unit.name, unit.factor, tag=tag),)
    word = _latency(family, "latency")
    long = f"{family.stem}-mean"
    found = Ask(family.name, name, Form.MEAN, f"{word}-mean", unit.name, unit.factor, where=where, long=long)
    return (found, *(_outcomes(family, f"{family.name}_count", spare=True) if word == "latency" else ()))


def _counter(family: Family) -> tuple[Ask, ...]:
    words, tag = frozenset(family.words), callee(family)
    if family.unit.name == "s":
        return _busy(family)
    if tag:
        return _calls(family, tag)
    if words & _REQUESTS and not words & _FAILING:
        return _outcomes(family, family.name)
    unit = family.unit
    per = f"{unit.name}/s" if unit.name else "1/s"
    return (Ask(family.name, family.name, Form.RATE, family.stem, per, unit.factor, where=_served(family)),)


def _calls(family: Family, tag: str) -> tuple[Ask, ...]:
    """Failed calls by whom they went to; calls alone are the callee's requests, which it counts itself."""
    name, failed = family.name, _failures(family, calling=True)
    if not failed:
        words = frozenset(family.words)
        return (Ask(name, name, Form.RATE, _tagged(family.stem), "1/s", tag=tag),) if words & _FAILING else ()
    return (
        Ask(name, name, Form.RATE, _tagged("calls"), "1/s", tag=tag, role=Role.BASE),
        Ask(name, name, Form.RATE, _tagged("call-errors"), "1/s", where=failed, tag=tag, role=Role.FAILED),
    )


def _busy(family: Family) -> tuple[Ask, ...]:
    """Seconds of work per second: percent of one core, or of the time."""
    words = frozenset(family.words)
    cpu = "cpu" in words and not words & {"throttled"}
    where = (Matcher("mode", "!~", "idle|iowait|steal"),) if cpu and "mode" in family.labels else ()
    word = "cpu" if words <= {"process", "cpu", "container", "usage"} and cpu else family.stem
    return (
        Ask(family.name, family.name, Form.RATE, word, "%", 100.0 * family.unit.factor, where=where, long=family.stem),
    )


def _outcomes(family: Family, name: str, *, spare: bool = False) -> tuple[Ask, ...]:
    """Requests, and of those the failed ones; how large a part that is follows from both."""
    plain = frozenset(family.words) & _SERVED
    where, stem, failed = _served(family), family.stem, _failures(family, calling=False)
    asked = Ask(family.name, name, Form.RATE, "", "1/s", role=Role.TOTAL, where=where, spare=spare)
    total = replace(asked, word="requests" if plain else stem, long=f"{stem}-requests")
    if not failed:
        return (total,)
    word, where = "errors" if plain else f"{stem}-errors", (*where, *failed)
    return (total, replace(asked, word=word, where=where, role=Role.FAILED, long=f"{stem}-errors"))


def _gauge(family: Family) -> tuple[Ask, ...]:
    name, unit, tag = family.name, family.unit, callee(family)
    if name.endswith("start_time_seconds"):
        return (Ask(name, name, Form.STARTS, "process-starts", ""),)
    if name in ("up", "probe_success"):
        return (Ask(name, name, Form.LEVEL, family.stem, "%", 100.0),)
    if "timestamp" in family.words or name.endswith("_time_seconds"):
        return ()
    word = "memory-rss" if name == "process_resident_memory_bytes" else _level(family)
    summed = unit.name not in _SUMMED and not _SHARE.search(name)
    form = Form.SUM if summed else Form.LEVEL
    return (Ask(name, name, form, _tagged(word) if tag else word, unit.name, unit.factor, tag=tag, long=family.stem),)


def _level(family: Family) -> str:
    rest = [word for word in family.words if word not in _ASKED]
    return "-".join(rest) if rest and family.unit.name == "" and "per" not in family.words else family.stem


def _latency(family: Family, plain: str) -> str:
    """`latency` for how long requests took; another duration keeps its own name, and `-latency` where that does not say so."""
    words = frozenset(family.words)
    if plain == "call-latency" or (
        words & {"request", "requests", "handling", "spanmetrics", "latency", "server"} and words & _SERVED
    ):
        return plain
    return family.stem


def _tagged(word: str) -> str:
    """The tag stands in brackets, before a percentile: `call-latency[cart]-p90`."""
    percentile = re.search(r"-p\d+$", word)
    at = percentile.start() if percentile else len(word)
    return f"{word[:at]}[{{tag}}]{word[at:]}"


def _served(family: Family) -> tuple[Matcher, ...]:
    """Metrics of spans and of meshes hold both sides of a call: the answering one is meant."""
    if "span_kind" in family.labels:
        return (Matcher("span_kind", "=~", "(?i).*(server|consumer)"),)
    if family.name.startswith("istio_") and "reporter" in family.labels:
        return (Matcher("reporter", "=", "destination"),)
    return ()


def _failures(family: Family, *, calling: bool) -> tuple[Matcher, ...]:
    label = next((label for label in OUTCOMES if label in family.labels), "")
    if not label:
        return ()
    if label in family.coded:
        # a caller also counts what never got an answer, by whatever word
        return (Matcher(label, "=~", "5..|429|0+|.*[a-zA-Z].*" if calling else "5.."),)
    found = OUTCOMES[label]
    if calling and found.value == _FAILED:
        return (Matcher(label, "=~", _CALL_FAILED),)
    return (found,)
