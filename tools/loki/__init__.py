"""What did the services log, as Loki keeps it?"""

from tools.loki.opening import opened
from tools.loki.settings import LokiSettings

__all__ = ["LokiSettings", "opened"]
