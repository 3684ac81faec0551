"""What did Jaeger see of requests and of who calls whom?"""

from tools.jaeger.opening import opened
from tools.jaeger.settings import JaegerSettings

__all__ = ["JaegerSettings", "opened"]
