"""Checks the Helm chart and the files that Grafana reads at its start. tests/deploy/run runs it in an environment of its own.

    chart.py DEPLOY_DIRECTORY
"""

import json
import re
import sys
from pathlib import Path

import helm_python as helm
import kubernetes_validate
import yaml

DEPLOY = Path(sys.argv[1])
CHART = DEPLOY / "helm" / "uprof"
# The oldest that Chart.yaml allows and whose schemas are here, and the newest.
KUBERNETES = ["1.25", "1.37"]
LEAST = {"publicUrl": "https://profiles.example", "database": {"secretName": "uprof-database"}}
MOST = {
    **LEAST,
    "autoscaling": {"enabled": True},
    "metrics": {"serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}}},
    "migration": {"secretName": "uprof-owner"},
    "networkPolicy": {
        "clients": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "backend"}}}],
        "database": [{"ipBlock": {"cidr": "10.1.2.3/32"}}],
        "collector": [{"ipBlock": {"cidr": "10.1.2.4/32"}}],
    },
    "image": {"repository": "registry.example/uprof", "digest": "sha256:" + "0" * 64},
    "imagePullSecrets": [{"name": "registry"}],
    "settings": {"UPROF_TRUSTED_PROXIES": "10.0.0.0/8", "UPROF_QUEUE_BYTES": 33554432, "UPROF_WEBHOOKS_ALLOW_INSECURE": False, "OTEL_TRACES_SAMPLER_ARG": 0.01},
    "filesConfigMap": "uprof-files",
    "podAnnotations": {"example": "1"},
    "podLabels": {"example": "1"},
    "nodeSelector": {"disk": "ssd"},
    "tolerations": [{"key": "dedicated", "operator": "Exists"}],
    "affinity": {"podAntiAffinity": {}},
    "priorityClassName": "high",
    "service": {"type": "LoadBalancer", "annotations": {"example": "1"}},
}
LEAST_OF_ALL = {
    **LEAST,
    "migration": {"enabled": False},
    "podDisruptionBudget": {"enabled": False},
    "networkPolicy": {"enabled": False},
}


def render(values):
    """The objects of the chart by kind and name."""
    files = helm.Chart.load(CHART).render(values, name="production", namespace="uprof")
    documents = [document for name, text in files.items() if name.endswith(".yaml") for document in yaml.safe_load_all(text)]
    return {f"{document['kind']}/{document['metadata']['name']}": document for document in documents if document}


def refuses(values, reason):
    try:
        render(values)
    except helm.HelmError as error:
        assert reason in str(error), error
        return
    raise AssertionError(f"the chart takes {values}")


def is_valid(objects):
    for name, document in objects.items():
        # Of Prometheus' operator: its schema is no part of Kubernetes.
        if document["kind"] != "ServiceMonitor":
            for version in KUBERNETES:
                kubernetes_validate.validate(document, version, strict=True)
        labels = document["metadata"]["labels"]
        assert labels["app.kubernetes.io/name"] == "uprof" and labels["helm.sh/chart"], name


def pods(objects):
    return [document["spec"]["template"] for document in objects.values() if document["kind"] in ("Deployment", "Job")]


def has_little_power(objects):
    for pod in pods(objects):
        spec = pod["spec"]
        context = spec["securityContext"]
        assert context["runAsNonRoot"] and context["runAsUser"] == 65532 and context["seccompProfile"]["type"] == "RuntimeDefault"
        assert spec["automountServiceAccountToken"] is False and spec["enableServiceLinks"] is False
        [container] = spec["containers"]
        own = container["securityContext"]
        assert own["readOnlyRootFilesystem"] and own["allowPrivilegeEscalation"] is False and own["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]
        # Secrets are files.
        assert "secretKeyRef" not in json.dumps(container) and "secretRef" not in json.dumps(container)


def serves(objects):
    deployment = objects["Deployment/production-uprof"]["spec"]
    pod = deployment["template"]
    [container] = pod["spec"]["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    settings = objects["ConfigMap/production-uprof"]["data"]
    assert settings["UPROF_LISTEN"] == f"0.0.0.0:{ports['http']}" and settings["UPROF_METRICS_LISTEN"] == f"0.0.0.0:{ports['metrics']}"
    paths = [container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")]
    assert paths == ["/health/live", "/health/live", "/health/ready"], paths
    seconds = sum(int(settings[name].removesuffix("s")) for name in ("UPROF_DRAIN", "UPROF_GRACE"))
    assert pod["spec"]["terminationGracePeriodSeconds"] > seconds
    for selector in selectors(objects):
        assert selector.items() <= pod["metadata"]["labels"].items(), selector
    example = (DEPLOY.parent / ".env.example").read_text()
    for name, value in settings.items():
        assert f"\n#{name}=" in example and isinstance(value, str), name


def selectors(objects):
    for document in objects.values():
        spec = document.get("spec", {})
        match document["kind"]:
            case "Deployment" | "PodDisruptionBudget":
                yield spec["selector"]["matchLabels"]
            case "Service":
                yield spec["selector"]
            case "NetworkPolicy":
                yield spec["podSelector"]["matchLabels"]


def has_its_optional_parts(objects):
    kinds = {document["kind"] for document in objects.values()}
    assert kinds >= {"HorizontalPodAutoscaler", "ServiceMonitor", "Job", "NetworkPolicy", "PodDisruptionBudget"}, kinds
    assert "replicas" not in objects["Deployment/production-uprof"]["spec"]
    job = objects["Job/production-uprof-migrate"]
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert job["spec"]["template"]["spec"]["volumes"][0]["secret"]["secretName"] == "uprof-owner"
    monitor, metrics = objects["ServiceMonitor/production-uprof"], objects["Service/production-uprof-metrics"]
    assert monitor["spec"]["selector"]["matchLabels"].items() <= metrics["metadata"]["labels"].items()
    assert metrics["metadata"]["labels"][monitor["spec"]["jobLabel"]] == "uprof"
    settings = objects["ConfigMap/production-uprof"]["data"]
    assert settings["UPROF_QUEUE_BYTES"] == "33554432" and settings["UPROF_WEBHOOKS_ALLOW_INSECURE"] == "false", settings
    assert settings["OTEL_TRACES_SAMPLER_ARG"] == "0.01", settings
    egress = objects["NetworkPolicy/production-uprof"]["spec"]["egress"]
    assert {"ports": [{"port": 4318}], "to": [{"ipBlock": {"cidr": "10.1.2.4/32"}}]} in egress, egress
    assert pods(objects)[0]["spec"]["containers"][0]["image"].startswith("registry.example/uprof@sha256:0")


def chart():
    release = re.search(r'^version = "(.*)"$', (DEPLOY.parent / "Cargo.toml").read_text(), re.MULTILINE).group(1)
    metadata = helm.Chart.load(CHART).metadata
    metadata = metadata() if callable(metadata) else metadata
    assert (metadata["version"], metadata["appVersion"]) == (release, release), metadata
    for values in (LEAST, MOST, LEAST_OF_ALL):
        linted = helm.lint(CHART, values=values, strict=False)
        # An icon is for catalogues.
        found = [message for message in linted["messages"] if "icon is recommended" not in message["error"]]
        assert not found and not linted["errors"], linted
        objects = render(values)
        is_valid(objects)
        has_little_power(objects)
        serves(objects)
    has_its_optional_parts(render(MOST))
    assert len(render(LEAST_OF_ALL)) == 4, list(render(LEAST_OF_ALL))
    refuses({}, "database.secretName is needed")
    refuses({"database": LEAST["database"]}, "publicUrl is needed")
    refuses({**LEAST, "replica": 3}, "additional properties")
    refuses({**LEAST, "settings": {"DATABASE_URL": "postgres://"}}, "invalid propertyName")
    refuses({**LEAST, "settings": {"UPROF_DRAIN": "1s"}}, "the chart sets it itself")
    print(f"Helm {helm.helm_sdk_version()} lints and renders the chart; its objects are those of Kubernetes {' and '.join(KUBERNETES)}")


def grafana():
    provisioning = DEPLOY / "grafana" / "provisioning"
    [source] = yaml.safe_load((provisioning / "datasources" / "prometheus.yml").read_text())["datasources"]
    assert source["type"] == "prometheus" and source["isDefault"] and source["editable"] is False, source
    [provider] = yaml.safe_load((provisioning / "dashboards" / "uprof.yml").read_text())["providers"]
    services = yaml.safe_load((DEPLOY.parent / "docker-compose.yml").read_text())["services"]
    mounts = dict(mount.split(":")[:2] for mount in services["grafana"]["volumes"] if mount.startswith("./"))
    for local, inside in mounts.items():
        assert (DEPLOY.parent / local).exists(), local
        assert inside.startswith(("/etc/grafana/provisioning/", provider["options"]["path"] + "/")), inside
    dashboard = json.loads((DEPLOY / "grafana" / "uprof.json").read_text())
    kinds = {panel["datasource"]["type"] for panel in dashboard["panels"]}
    assert kinds == {source["type"]} and dashboard["uid"], kinds
    scrapes = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    assert source["jsonData"]["timeInterval"] == scrapes["global"]["scrape_interval"]
    assert source["url"].startswith("http://prometheus:") and "prometheus" in services
    print("the files that Grafana reads have the form that it documents, and name each other")


chart()
grafana()
