"""Which calls of the official client list what we read? Slow to import: only who opens a cluster does."""

from typing import Any, cast

from kubernetes.aio import client

from tools.kubernetes.carrier import Carrier
from tools.kubernetes.cluster import Lister


def listers(carrier: Carrier) -> dict[str, Lister]:
    """The listing call of each kind, unread answers; all of one namespace but that of nodes."""
    configuration = client.Configuration(host=carrier.way.url)
    api = client.ApiClient(configuration)
    api.rest_client = cast(Any, carrier)  # it calls `request` and `close`, and nothing else
    core, apps, scaling = client.CoreV1Api(api), client.AppsV1Api(api), client.AutoscalingV2Api(api)
    return {
        "events": core.list_namespaced_event_without_preload_content,
        "pods": core.list_namespaced_pod_without_preload_content,
        "services": core.list_namespaced_service_without_preload_content,
        "configmaps": core.list_namespaced_config_map_without_preload_content,
        "secrets": core.list_namespaced_secret_without_preload_content,
        "deployments": apps.list_namespaced_deployment_without_preload_content,
        "replicasets": apps.list_namespaced_replica_set_without_preload_content,
        "statefulsets": apps.list_namespaced_stateful_set_without_preload_content,
        "daemonsets": apps.list_namespaced_daemon_set_without_preload_content,
        "controllerrevisions": apps.list_namespaced_controller_revision_without_preload_content,
        "autoscalers": scaling.list_namespaced_horizontal_pod_autoscaler_without_preload_content,
        "nodes": core.list_node_without_preload_content,
    }
