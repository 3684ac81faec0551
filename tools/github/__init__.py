"""What was committed, reviewed, released and deployed, as GitHub's REST API tells it?"""

from tools.github.settings import GithubSettings
from tools.github.source import opened

__all__ = ["GithubSettings", "opened"]
