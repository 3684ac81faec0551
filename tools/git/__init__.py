"""What was committed in local clones?"""

from tools.git.settings import GitSettings
from tools.git.source import opened

__all__ = ["GitSettings", "opened"]
