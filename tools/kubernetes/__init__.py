"""What happened in the cluster: events, rollouts, and which settings name which service?"""

from tools.kubernetes.opening import opened
from tools.kubernetes.settings import KubernetesSettings

__all__ = ["KubernetesSettings", "opened"]
