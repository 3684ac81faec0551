"""Do links lead where they should, whatever text is put into them?"""

import json
import re
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.slack.text import linkable
from clew.incident import Window
from tools.links import LONGEST, Links

WINDOW = Window(start=1_763_836_600.25, end=1_763_840_200.5)
LINKS = Links(
    grafana_url="https://grafana.example/sub/",
    grafana_logs="loki-1",
    prometheus_url="http://prometheus.example:9090",
    dashboards_url="https://search.example",
    dashboards_pattern="it's-*!",
    github_url="https://git.example",
    jaeger_url="https://jaeger.example/ui",
)
BARE = LINKS.model_copy(update={"grafana_url": None})
HOSTILE = (
    'up{service="web"} & on() 100%',
    "'); DROP--",
    "!' or (a:!t)",
    '"><script>alert(1)</script>',
    "javascript:alert(1)",
    "a\r\nSet-Cookie: b=c",
    "#&_g=(filters:!())",
    "../../../admin?x=1#y",
    "https://evil.example/",
    "a|b>c<d",
    "\ud800 half a character",
    "\x00\u202e",
)


def made(text: str) -> dict[str, str | None]:
    """Every link that text can get into."""
    return {
        "explore": LINKS.graph(text, WINDOW),
        "graph": BARE.graph(text, WINDOW),
        "lines": LINKS.lines(text, WINDOW),
        "stream": LINKS.stream(text, WINDOW),
        "trace": LINKS.trace(text),
        "commit": LINKS.commit("acme/shop", text),
        "repository": LINKS.commit(text, "4f2c1a9"),
        "compare": LINKS.compare("acme/shop", text, "v2"),
        "pull": LINKS.pull(text, 7),
        "run": LINKS.run(text, 7),
        "release": LINKS.release("acme/shop", text),
    }


def held(text: str) -> str:
    """Text as an address can hold it: half a character is a question mark."""
    return text.encode("utf-8", "replace").decode()


def fragment(link: str) -> dict[str, str]:
    """The page states behind the `#?` of a Dashboards link."""
    return {name: unquote(value) for name, value in (p.split("=", 1) for p in link.split("#?", 1)[1].split("&"))}


def unrisoned(text: str) -> tuple[str, str]:
    """A Rison string in single quotes at the beginning of `text`, and what follows it."""
    found = re.match(r"'((?:![!']|[^!'])*)'", text)
    assert found, text
    return re.sub(r"!([!'])", r"\1", found[1]), text[found.end() :]


def test_grafana_gets_the_query_the_source_and_the_times() -> None:
    link = LINKS.graph('rate(x_total{a="b"}[5m])', WINDOW)
    assert link is not None
    parts = urlsplit(link)
    assert (parts.netloc, parts.path) == ("grafana.example", "/sub/explore")
    asked = parse_qs(parts.query)
    (pane,) = json.loads(asked["panes"][0]).values()
    assert asked["schemaVersion"] == ["1"]
    assert pane["range"] == {"from": "1763836600250", "to": "1763840200500"}
    assert pane["datasource"] == "prometheus"
    assert pane["queries"][0]["expr"] == 'rate(x_total{a="b"}[5m])'
    assert pane["queries"][0]["datasource"] == {"type": "prometheus", "uid": "prometheus"}


def test_prometheus_gets_the_query_and_the_times_where_there_is_no_grafana() -> None:
    link = BARE.graph("up == 0", WINDOW)
    assert link is not None
    assert link.startswith("http://prometheus.example:9090/graph?")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    assert asked == {
        "g0.expr": "up == 0",
        "g0.tab": "0",
        "g0.range_input": "3600s",
        "g0.end_input": "2025-11-22 19:36:40",
    }


def test_dashboards_gets_the_query_the_pattern_and_the_times() -> None:
    link = LINKS.lines('service: "web"', WINDOW)
    assert link is not None
    assert link.startswith("https://search.example/app/data-explorer/discover#?")
    states = fragment(link)
    assert states["_g"].endswith("time:(from:'2025-11-22T18:36:40.250Z',to:'2025-11-22T19:36:40.500Z'))")
    assert unrisoned(states["_a"].split("indexPattern:")[1])[0] == "it's-*!"
    assert unrisoned(states["_q"].split("query:(language:kuery,query:")[1]) == ('service: "web"', "))")


def test_loki_is_asked_in_grafana() -> None:
    link = LINKS.stream('{app="web"} |= "x"', WINDOW)
    assert link is not None
    (pane,) = json.loads(parse_qs(urlsplit(link).query)["panes"][0]).values()
    assert pane["queries"][0] | {"refId": "A"} == pane["queries"][0]
    assert (pane["queries"][0]["expr"], pane["datasource"]) == ('{app="web"} |= "x"', "loki-1")


def test_github_and_jaeger_by_their_ids() -> None:
    assert LINKS.commit("acme/shop", "4f2c1a9") == "https://git.example/acme/shop/commit/4f2c1a9"
    assert LINKS.pull("acme/shop", 12) == "https://git.example/acme/shop/pull/12"
    assert LINKS.run("acme/shop", 34) == "https://git.example/acme/shop/actions/runs/34"
    assert LINKS.compare("acme/shop", "v1/a", "v2 b") == "https://git.example/acme/shop/compare/v1%2Fa...v2%20b"
    assert LINKS.release("acme/shop", "v1+2") == "https://git.example/acme/shop/releases/tag/v1%2B2"
    assert LINKS.trace("4bf92f3577b34da6") == "https://jaeger.example/ui/trace/4bf92f3577b34da6"
    assert Links().commit("acme/shop", "4f2c1a9") == "https://github.com/acme/shop/commit/4f2c1a9"


def test_without_an_address_there_is_no_link() -> None:
    nothing = Links()
    assert nothing.graph("up", WINDOW) is None
    assert nothing.lines("x", WINDOW) is None
    assert nothing.stream("{}", WINDOW) is None
    assert LINKS.model_copy(update={"grafana_logs": None}).stream("{}", WINDOW) is None
    assert nothing.trace("4bf92f3577b34da6") is None


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_one_part_of_the_address(text: str) -> None:
    for name, link in made(text).items():
        if link is None:
            assert name not in ("explore", "graph", "lines", "stream"), f"{name} holds any text"
            continue
        assert linkable(link), "a chat may link it: printable, no quotes, no angle brackets"
        assert len(link) <= LONGEST
        plain = made("abcdef0")[name] or made("acme/shop")[name]
        assert plain is not None
        assert urlsplit(link).netloc == urlsplit(plain).netloc
        assert urlsplit(link).path.count("/") == urlsplit(plain).path.count("/")
        assert [p.split("=")[0] for p in re.split("[?&#]", link)[1:]] == [
            p.split("=")[0] for p in re.split("[?&#]", plain)[1:]
        ], "no parameter is added and none is cut off"


@given(st.text(max_size=60).filter(bool))
def test_whatever_is_asked_arrives_as_it_was(text: str) -> None:
    explore, graph, lines = LINKS.graph(text, WINDOW), BARE.graph(text, WINDOW), LINKS.lines(text, WINDOW)
    assert explore is not None
    assert graph is not None
    assert lines is not None
    (pane,) = json.loads(parse_qs(urlsplit(explore).query)["panes"][0]).values()
    assert pane["queries"][0]["expr"] == text
    assert parse_qs(urlsplit(graph).query, keep_blank_values=True)["g0.expr"] == [held(text)]
    assert unrisoned(fragment(lines)["_q"].split("query:(language:kuery,query:")[1]) == (held(text), "))")


def test_what_does_not_fit_or_cannot_be_is_no_link() -> None:
    assert LINKS.graph("x" * LONGEST, WINDOW) is None
    assert LINKS.graph("up", Window(start=-5.0, end=1.0)) is None
    assert LINKS.lines("up", Window(start=0.0, end=1e300)) is None
    assert LINKS.commit("../..", "4f2c1a9") is None
    assert LINKS.commit("acme/shop", "../../settings") is None
    assert LINKS.compare("acme/shop", "a", "b/../..") is None
    assert LINKS.trace("..") is None


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "grafana.example",
        "https://user:pw@grafana.example",
        "https://grafana.example/?a=b",
        "https://grafana.example/#x",
        "https://grafana.example/ x",
        'https://grafana.example/"',
        "https://grafana.example:port",
        "//grafana.example",
    ],
)
def test_a_base_is_a_plain_web_address(url: str) -> None:
    for name in ("grafana_url", "prometheus_url", "dashboards_url", "github_url", "jaeger_url"):
        with pytest.raises(ValidationError):
            Links.model_validate({name: url})
