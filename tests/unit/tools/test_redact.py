"""Are secrets taken out of text, and is everything else left alone?"""

import random
import string
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.redact import redacted

LOGS = Path(__file__).parents[4] / "shared" / "data" / "loghub"
LETTERS = string.ascii_letters + string.digits
DICE = random.Random(7)


def some(count: int, alphabet: str = LETTERS) -> str:
    """A made-up secret: nothing that looks like one stands in this file."""
    return "".join(DICE.choice(alphabet) for _ in range(count))


def card(start: str) -> str:
    """A number with that start and a right check digit."""
    body = start + some(15 - len(start), string.digits)
    doubled = [int(d) if i % 2 else (int(d) * 2 - 9 if int(d) > 4 else int(d) * 2) for i, d in enumerate(body)]
    return body + str(-sum(doubled) % 10)


def spaced(number: str) -> str:
    return " ".join(number[i : i + 4] for i in range(0, 16, 4))


UPPER = string.ascii_uppercase + string.digits
BLOCK = " ".join(("RSA", "PRIVATE", "KEY"))
FORMATS: dict[str, tuple[str, str]] = {  # what is written around it, the secret itself
    "aws key id": ("key {} used", "AK" + "IA" + some(16, UPPER)),
    "aws session key id": ("{}", "AS" + "IA" + some(16, UPPER)),
    "aws secret": ("aws_secret_access_key = {}", some(40)),
    "github classic": ("git clone with {}", "gh" + "p_" + some(36)),
    "github app": ("{}.", "gh" + "s_" + some(36)),
    "github fine-grained": ("using {}", "github" + "_pat_" + some(60)),
    "gitlab": ("{}", "glp" + "at-" + some(20)),
    "slack bot": ("SLACK {}", "xo" + "xb-" + some(12, string.digits) + "-" + some(24)),
    "slack app": ("{}", "xa" + "pp-1-" + some(30)),
    "slack webhook": (
        "POST https://hooks.sl" + "ack.com/services{}",
        "/T" + some(8, UPPER) + "/B" + some(8, UPPER) + "/" + some(24),
    ),
    "jwt": ("got {} from client", "ey" + "J" + some(20) + ".ey" + "J" + some(30) + "." + some(40)),
    "private key": ("-----BEGIN " + BLOCK + "-----\n{}\n-----END " + BLOCK + "-----", some(64)),
    "private key cut off": ("-----BEGIN " + BLOCK + "-----\n{}", some(64)),
    "bearer": ("Authorization: Bear" + "er {}", some(32)),
    "basic": ("Authorization: Bas" + "ic {}", some(24) + "=="),
    "login in a URL": ("connect postgres://app:{}@db:5432/shop", some(12)),
    "login without user": ("redis://:{}@cache:6379/0", some(12)),
    "password=": ("login failed pass" + "word={}; retry", some(10)),
    "password json": ('{{"user": "a", "pass' + 'word": "{}"}}', some(14)),
    "pwd in a connection string": ("Server=x;P" + "wd={};Database=y", some(10)),
    "api key": ("API_K" + "EY: {}", some(24)),
    "client secret": ("client_sec" + "ret='{}'", some(20)),
    "token in a query": ("GET /x?access_tok" + "en={}&page=2", some(30)),
    "storage account": ("AccountK" + "ey={};Endpoint", some(60)),
    "payment": ("{}", "sk" + "_live_" + some(24)),
    "google": ("{}", "AI" + "za" + some(35)),
    "model vendor": ("{}", "sk" + "-" + some(40)),
    "hub": ("{}", "h" + "f_" + some(34)),
    "npm": ("{}", "np" + "m_" + some(36)),
    "pypi": ("{}", "py" + "pi-" + some(60)),
    "vault": ("{}", "hv" + "s." + some(24)),
    "mail": ("{}", "S" + "G." + some(22) + "." + some(43)),
    "cookie": ("Set-Cook" + "ie: sid={}; Path=/", some(32)),
    "card": ("paid with {}", card("4")),
    "card with spaces": ("paid with {}", spaced(card("52"))),
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_secret_is_taken_out_and_its_surroundings_stay(name: str) -> None:
    around, secret = FORMATS[name]
    clean = redacted("before " + around.format(secret) + " after")
    assert secret not in clean
    assert "[redacted " in clean
    assert clean.startswith("before ")
    if name != "private key cut off":
        assert clean.endswith(" after")


@pytest.mark.parametrize(
    "text",
    [
        "token: expired",
        "password = null",
        "next_token_count=123456",
        "the key was not found in bucket",
        "secret manager is slow; keyboard",
        "GET https://shop.example/items?page=2 200 in 12 ms",
        "order 1234567890123456 placed",
        "started at 1674981742383150",
        "trace b0103bb0161ad7fa352fe1828eeb643a span 520b067330e3ede5",
        "commit 0fa0f1195bb6c21bf070fd4be964b0eb75384484",
        "mail to a@b.example bounced",
        "password=${DB_PASSWORD}",
        "",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redacted(text) == text


def test_addresses_are_taken_out_on_request() -> None:
    assert redacted("mail to jo.doe+x@mail.example.org now", mail=True) == "mail to [redacted address] now"


@given(st.text(max_size=300))
def test_it_is_stable_on_any_text(text: str) -> None:
    once = redacted(text.encode("utf-8", "replace").decode())
    assert redacted(once) == once


def test_hostile_text_costs_linear_time() -> None:
    text = "password=" * 60_000 + "://" * 60_000 + "-----BEGIN " * 20_000
    start = time.perf_counter()
    redacted(text)
    assert time.perf_counter() - start < 10  # a backtracking engine would take hours


def test_real_logs_are_left_alone() -> None:
    files = sorted(LOGS.glob("*.csv"))
    if not files:
        pytest.skip("loghub samples are not on this machine")
    lines = [line for file in files for line in file.read_text("utf-8", "replace").splitlines()]
    wrong = [line for line in lines if redacted(line) != line]
    assert len(wrong) <= len(lines) // 1000
