"""What is going wrong in this Slack on purpose?"""

import re
from dataclasses import dataclass, field

SESSION_METHODS = re.compile(r"agents\.sessions\.|assistant\.threads\.")


@dataclass
class Faults:
    """Set by tests while the server runs; every field is off by default.

    refuse: method -> Slack error word, answered until removed.
    limited: method -> how many more calls are answered 429 (with retry_after seconds).
    delays: method (or "*") -> seconds each call takes longer.
    html: methods answered once each with an HTML page and 503, as a proxy in between would.
    not_agent: agents.sessions.* and assistant.threads.* answer not_authorized.
    never_settle: uploads never get a type, so blocks cannot cite them.
    streams_expired: append and stop answer message_not_in_streaming_state.
    lost_acks: this many acknowledgements of the app are ignored, so Slack sends those things again.
    """

    refuse: dict[str, str] = field(default_factory=dict[str, str])
    limited: dict[str, int] = field(default_factory=dict[str, int])
    retry_after: int = 1
    delays: dict[str, float] = field(default_factory=dict[str, float])
    html: set[str] = field(default_factory=set[str])
    not_agent: bool = False
    never_settle: bool = False
    streams_expired: bool = False
    lost_acks: int = 0

    def takes_limited(self, method: str) -> bool:
        """Whether this call is to be answered 429; counts it down."""
        left = self.limited.get(method, 0)
        if left > 0:
            self.limited[method] = left - 1
        return left > 0

    def takes_html(self, method: str) -> bool:
        wanted = method in self.html
        self.html.discard(method)
        return wanted

    def takes_lost_ack(self) -> bool:
        lost = self.lost_acks > 0
        self.lost_acks = max(0, self.lost_acks - 1)
        return lost

    def delay(self, method: str) -> float:
        return self.delays.get(method, self.delays.get("*", 0.0))
