"""Did this request come from whom it says, and is it of now?"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

FRESH_SECONDS = 300.0
"""How far a signed time may lie from now."""


class Forged(Exception):
    """The request is not who it says it is from; the message says what was missing, never what was expected."""


def check_token(headers: Mapping[str, str], token: str) -> None:
    """A bearer token, or a basic-auth password whatever the name. Raises Forged."""
    kind, _, given = headers.get("Authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            given = base64.b64decode(given.strip(), validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            raise Forged("the basic-auth credentials cannot be read") from None
    elif kind.lower() != "bearer":
        raise Forged("send `Authorization: Bearer TOKEN` with the token in CLEW_ALERTS__TOKEN")
    if not _same(given.strip(), token):
        raise Forged("the token is not the one in CLEW_ALERTS__TOKEN")


def check_pagerduty(headers: Mapping[str, str], body: bytes, secret: str) -> None:
    """One of the `v1=` values in `X-PagerDuty-Signature` is the HMAC-SHA256 of the body. Raises Forged."""
    given = headers.get("X-PagerDuty-Signature", "")
    wanted = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    values = [part.strip().removeprefix("v1=") for part in given.split(",")[:10] if part.strip().startswith("v1=")]
    if not values:
        raise Forged("X-PagerDuty-Signature holds no v1 signature")
    if not _any(values, wanted):
        raise Forged("the signature does not belong to this body and CLEW_ALERTS__PAGERDUTY_SECRET")


def check_standard(headers: Mapping[str, str], body: bytes, secret: str, now: float) -> None:
    """One of the `v1,` values signs id, time and body, and the time is of now (`webhook-*` or `svix-*` headers). Raises Forged."""
    found = {name: headers.get(f"webhook-{name}") or headers.get(f"svix-{name}") or "" for name in _PARTS}
    if not all(found.values()):
        raise Forged("the headers webhook-id, webhook-timestamp and webhook-signature are needed")
    try:
        sent = float(found["timestamp"])
    except ValueError:
        raise Forged("webhook-timestamp is not a number") from None
    if not abs(now - sent) <= FRESH_SECONDS:
        raise Forged(f"the request was signed more than {FRESH_SECONDS:.0f} s from now; is a clock wrong?")
    signed = f"{found['id']}.{found['timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode()
    if not _any([part.removeprefix("v1,") for part in found["signature"].split()[:10] if part[:3] == "v1,"], wanted):
        raise Forged("the signature does not belong to this body and CLEW_ALERTS__INCIDENT_IO_SECRET")


_PARTS = ("id", "timestamp", "signature")


def _key(secret: str) -> bytes:
    """The bytes of a `whsec_` secret; any other text stands for itself."""
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        return secret.encode()


def _any(given: list[str], wanted: str) -> bool:
    """Every value is compared, so that the time says nothing about which one was near."""
    return sum(_same(value, wanted) for value in given) > 0


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())
