"""What does every question to one Prometheus need: its API, the settings, what is known of it, and the world?"""

from dataclasses import dataclass

from tools.outside import Outside
from tools.prometheus.api import Api
from tools.prometheus.discovery import Discovery
from tools.prometheus.settings import PrometheusSettings


@dataclass(frozen=True, eq=False)
class Server:
    """One server, as long as it is open."""

    api: Api
    settings: PrometheusSettings
    outside: Outside
    discovery: Discovery
