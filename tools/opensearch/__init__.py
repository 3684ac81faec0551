"""What did services log, and where did requests spend their time, as kept in OpenSearch?"""

from tools.opensearch.opening import opened
from tools.opensearch.settings import OpenSearchSettings

__all__ = ["OpenSearchSettings", "opened"]
