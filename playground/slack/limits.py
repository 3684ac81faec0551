"""How many calls a minute does Slack take before it answers 429?"""

import math
import time
from collections import Counter
from dataclasses import dataclass, field

# Calls a minute per method, by Slack's published tiers (docs.slack.dev, rate limits); a tier promises at least these.
TIERS = {1: 1, 2: 20, 3: 50, 4: 100}
POSTS_PER_SECOND = 1.0
POST_BURST = 6


@dataclass
class Bucket:
    """Token bucket: `burst` calls at once, then `rate` a second."""

    rate: float
    burst: float
    tokens: float
    at: float

    def wait(self, now: float) -> float:
        """0.0 and one token less, or the seconds until there is one."""
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens >= 1:
            self.tokens -= 1
            return 0.0
        return (1 - self.tokens) / self.rate


@dataclass
class Limits:
    """Per method and workspace, and for posts per channel as well. `refused` counts the 429s by method."""

    on: bool = True
    tiers: dict[int, int] = field(default_factory=lambda: dict(TIERS))
    posts_per_second: float = POSTS_PER_SECOND
    post_burst: int = POST_BURST
    refused: Counter[str] = field(default_factory=Counter[str])
    _buckets: dict[str, Bucket] = field(default_factory=dict[str, Bucket])

    def retry_after(self, method: str, tier: int, channel: str) -> int | None:
        """None when the call may pass, else whole seconds for the Retry-After header."""
        if not self.on:
            return None
        if method == "chat.postMessage":
            wait = self._bucket(f"{method} {channel}", self.posts_per_second, self.post_burst)
        elif tier in self.tiers:
            per_minute = self.tiers[tier]
            wait = self._bucket(method, per_minute / 60, per_minute)
        else:
            return None
        if wait == 0:
            return None
        self.refused[method] += 1
        return math.ceil(wait)

    def _bucket(self, key: str, rate: float, burst: float) -> float:
        now = time.monotonic()
        bucket = self._buckets.setdefault(key, Bucket(rate, burst, burst, now))
        return bucket.wait(now)
