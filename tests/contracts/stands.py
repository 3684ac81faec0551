"""Which stands are there, one line each?"""

from tests.contracts.stand import Stand
from tests.contracts.stand_fake import STAND as FAKE
from tests.contracts.stand_feed import STAND as FEED
from tests.contracts.stand_git import STAND as GIT
from tests.contracts.stand_github import STAND as GITHUB
from tests.contracts.stand_jaeger import STAND as JAEGER
from tests.contracts.stand_kubernetes import STAND as KUBERNETES
from tests.contracts.stand_loki import STAND as LOKI
from tests.contracts.stand_opensearch import STAND as OPENSEARCH
from tests.contracts.stand_prometheus import STAND as PROMETHEUS
from tests.contracts.stand_recorded import STAND as RECORDED

STANDS: tuple[Stand, ...] = (
    FAKE,
    FEED,
    GIT,
    GITHUB,
    JAEGER,
    KUBERNETES,
    LOKI,
    OPENSEARCH,
    PROMETHEUS,
    RECORDED,
)
