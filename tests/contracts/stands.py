"""Which stands are there, one line each?"""

from tests.contracts.stand import Stand
from tests.contracts.stand_fake import STAND as FAKE
from tests.contracts.stand_recorded import STAND as RECORDED

STANDS: tuple[Stand, ...] = (
    FAKE,
    RECORDED,
)
