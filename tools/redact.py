"""Which parts of this text are secrets that must not leave a tool?

Patterns run on RE2, so hostile text costs linear time. A keyword search in front skips nearly every line.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import re2


@dataclass(frozen=True)
class Secret:
    """One format: what it is called, the words without which it cannot occur (lower case), and its pattern."""

    name: str
    keywords: tuple[str, ...]
    pattern: str
    keep: str = ""
    """What stays in front of the mark, as an RE2 group reference."""


SECRETS: tuple[Secret, ...] = (
    Secret(
        "private key",
        ("private key",),
        r"(?s)-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY.{0,16}?-----.*?(?:-----END [A-Z0-9 ]{0,60}-----|$)",
    ),
    Secret("cloud key", ("akia", "asia", "abia", "acca"), r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"),
    Secret(
        "github token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        r"\b(?:gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{22,255})",
    ),
    Secret("gitlab token", ("glpat-",), r"\bglpat-[A-Za-z0-9_-]{20,}"),
    Secret("chat token", ("xox", "xapp-"), r"\b(?:xox[a-z](?:\.[a-z0-9]+)?|xapp)-[A-Za-z0-9-]{10,}"),
    Secret(
        "chat webhook", ("hooks.slack.com", "/webhooks/"), r"(?:hooks\.slack\.com/\w+/|/webhooks/)[A-Za-z0-9/_-]{20,}"
    ),
    Secret("web token", ("eyj",), r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"),
    Secret("payment key", ("k_live_", "k_test_", "whsec_"), r"\b(?:[srp]k_(?:live|test)|whsec)_[A-Za-z0-9]{16,}"),
    Secret("google key", ("aiza", "ya29."), r"\b(?:AIza[A-Za-z0-9_-]{30,}|ya29\.[A-Za-z0-9_-]{20,})"),
    Secret("model key", ("sk-", "hf_"), r"\b(?:sk-[A-Za-z0-9_-]{20,}|hf_[A-Za-z0-9]{30,})"),
    Secret("package token", ("npm_", "pypi-"), r"\b(?:npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{40,})"),
    Secret("mail key", ("sg.",), r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    Secret("vault token", ("hvs.", "hvb."), r"\bhv[sb]\.[A-Za-z0-9_-]{20,}"),
    Secret("host token", ("dop_v1_", "shpat_", "dapi"), r"\b(?:dop_v1_|shpat_|dapi)[a-f0-9]{32,}"),
    Secret("login in a URL", ("://",), r"(://[^\s/:@\"']{0,256}):[^\s/@\"']{1,512}@", r"\1:"),
    Secret("credential", ("bearer ", "basic "), r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/-]{16,}=*", r"\1 "),
    Secret(
        "session",
        ("cookie",),
        r"(?i)(\b(?:set-)?cookie[\"']?\s*[:=]\s*[\"']?[\w.-]{1,64}=)[^\s;,\"']{8,}",
        r"\1",
    ),
    Secret(
        "value",
        ("passw", "pwd", "passphrase", "secret", "token", "key", "credential"),
        r"(?i)([\w.-]*(?:passw(?:or)?d|pwd|passphrase|secret|token|api[_-]?key|access[_-]?key|account[_-]?key"
        r"|private[_-]?key|secret[_-]?key|credentials?)[\"']?\s*[=:]\s*)(?:\"[^\"\n]{4,}\"|'[^'\n]{4,}'|[^\s,;&\"'<>(){}\[\]]{6,})",
        r"\1",
    ),
)
CARD = re2.compile(
    r"(^|[^\w.-])((?:4\d{3}|5[1-5]\d{2}|2[2-7]\d{2}|6011|65\d{2})(?:[ -]?\d{4}){3}|3[47]\d{2}[ -]?\d{6}[ -]?\d{5})\b"
)
MAIL = re2.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}")
PLAIN = frozenset(
    {"null", "none", "true", "false", "undefined", "empty", "missing", "invalid", "expired", "required", "unknown"}
)


def _compiled(secret: Secret) -> tuple[Secret, Any]:
    return secret, re2.compile(secret.pattern)


_COMPILED = tuple(_compiled(secret) for secret in SECRETS)
_ANY = re2.compile(
    "(?i)"
    + "|".join(sorted({re2.escape(word) for secret in SECRETS for word in secret.keywords}))
    + r"|\d{4}[ -]?\d{4}"
)


def redacted(text: str, *, mail: bool = False) -> str:
    """`text` with every known secret replaced by `[redacted NAME]`; with `mail`, addresses too. Linear time, never raises."""
    if not text:
        return text
    if _ANY.search(text):
        text = _without_secrets(text)
    if mail and "@" in text:
        text = MAIL.sub("[redacted address]", text)
    return text


def _without_secrets(text: str) -> str:
    lower = text.lower()
    for secret, pattern in _COMPILED:
        if any(word in lower for word in secret.keywords):
            text = pattern.sub(_mark(secret), text)
    return CARD.sub(_card, text)


def _mark(secret: Secret) -> Callable[[Any], str]:
    def replace(match: Any) -> str:
        kept = match.expand(secret.keep) if secret.keep else ""
        if secret.name == "value" and _harmless(match.group(0)[len(kept) :]):
            return match.group(0)
        return f"{kept}[redacted {secret.name}]" + ("@" if secret.name == "login in a URL" else "")

    return replace


def _harmless(value: str) -> bool:
    bare = value.strip("\"'.").lower()
    return bare in PLAIN or bare.startswith(("[redacted", "${", "$(", "***", "<"))


def _card(match: Any) -> str:
    digits = [int(c) for c in match.group(2) if c.isdigit()]
    # Luhn's check digit (ISO/IEC 7812-1, annex B) tells nine of ten mere numbers from cards
    doubled = [d if i % 2 == 0 else (d * 2 - 9 if d > 4 else d * 2) for i, d in enumerate(reversed(digits))]
    return f"{match.group(1)}[redacted card]" if sum(doubled) % 10 == 0 else match.group(0)
