"""What the overlays say, before any cluster sees it."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys

import pytest
import yaml
from honcho.environ import parse_procfile
from slack_bolt import App

from handlers import web
from tests.contract.manifests.shipped import MANIFESTS, OVERLAYS, ROOT, Raw, container, named, of_kind, overlay

PROCESSES = ("web", "worker", "long", "narrator", "watch")
SHELL_VARIABLE = re.compile(r"\$\{(\w+)(:-[^}]*)?\}")
SPEAKS_TO_KUBERNETES = {"worker", "long", "narrator", "watch"}
"""The narrator only builds the client, but that reads the token too; the watch keeps the ledger of revisions."""


@pytest.fixture(scope="module", params=OVERLAYS)
def rendered(request: pytest.FixtureRequest) -> list[Raw]:
    """One overlay's objects."""
    return overlay(request.param)


@pytest.fixture(params=PROCESSES)
def deployment(request: pytest.FixtureRequest, rendered: list[Raw]) -> Raw:
    """The Deployment of one process."""
    return named(rendered, "Deployment", request.param)


def test_each_process_of_the_procfile_has_a_deployment_that_runs_it(rendered: list[Raw]) -> None:
    """The same words; only the shell's variables are Kubernetes' own here."""
    procfile = parse_procfile((ROOT / "Procfile").read_text()).processes
    told = {name: shlex.split(SHELL_VARIABLE.sub(r"$(\1)", command)) for name, command in procfile.items()}
    found = {each["metadata"]["name"]: container(each) for each in of_kind(rendered, "Deployment")}
    assert {name: [*only["command"], *only["args"]] for name, only in found.items()} == told


def test_a_pod_runs_as_nobody_in_particular(deployment: Raw) -> None:
    """Not root, no capability, no way to gain one, a filtered kernel, nothing to write but /tmp."""
    spec, only = deployment["spec"]["template"]["spec"], container(deployment)
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] > 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert only["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    writable = [mount["mountPath"] for mount in only["volumeMounts"] if not mount.get("readOnly")]
    assert writable == ["/tmp"]  # noqa: S108 - the mount's path is the expectation
    assert "emptyDir" in next(volume for volume in spec["volumes"] if volume["name"] == "tmp")


def test_a_pod_has_its_share_and_a_limit_of_memory(deployment: Raw) -> None:
    """Requests of both; no limit of CPU, because a throttled process acknowledges too late."""
    resources = container(deployment)["resources"]
    assert set(resources["requests"]) == {"cpu", "memory"}
    assert set(resources["limits"]) == {"memory"}


def test_only_who_builds_a_kubernetes_client_gets_a_token(deployment: Raw) -> None:
    """The web process, which alone hears from outside, has no business with the API server."""
    told = deployment["spec"]["template"]["spec"].get("automountServiceAccountToken", False)
    assert told is (deployment["metadata"]["name"] in SPEAKS_TO_KUBERNETES)


def test_no_variable_comes_from_a_services_name(deployment: Raw) -> None:
    """Kubernetes would add ROLLBACK_…_PORT for a Service of such a name, and the settings refuse what nobody reads."""
    assert deployment["spec"]["template"]["spec"]["enableServiceLinks"] is False


@pytest.mark.parametrize("name", OVERLAYS)
def test_the_settings_take_each_process_environment(name: str) -> None:
    """With the Secret's keys filled in, the product's own reading of its environment finds nothing to mend."""
    objects = overlay(name)
    (plain,) = [each for each in of_kind(objects, "ConfigMap") if "environment" in each["metadata"]["name"]]
    for deployment in of_kind(objects, "Deployment"):
        environment = {"PATH": "/usr/bin:/bin", **plain["data"]}
        for variable in container(deployment)["env"]:
            environment[variable["name"]] = variable.get("value") or _stand_in(variable["name"])
        done = subprocess.run(
            [sys.executable, "-c", "from bot.settings import Settings, read; read(Settings)"],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def test_secrets_are_only_referred_to() -> None:
    """No manifest holds a Secret, and every variable that is one comes from the cluster's."""
    for name in OVERLAYS:
        objects = overlay(name)
        assert of_kind(objects, "Secret") == []
        for deployment in of_kind(objects, "Deployment"):
            given = {each["name"]: each for each in container(deployment)["env"]}
            way_in = "SLACK_SIGNING_SECRET" if name == "http" else "SLACK_APP_TOKEN"
            secret = {key for key, each in given.items() if "secretKeyRef" in each.get("valueFrom", {})}
            assert secret == {"REDIS_URL", "SLACK_BOT_TOKEN", "ROLLBACK_SNAPSHOT_KEY", way_in}
            assert all("value" not in given[key] for key in secret)


def test_probes_and_scrapes_ask_for_what_the_web_process_answers(rendered: list[Raw]) -> None:
    """Each path is one of its routes, each port the one it listens on; whoever does not listen has no probe."""
    bolt = App(token="xoxb-1", signing_secret="s", token_verification_enabled=False)
    served = {rule.rule for rule in web.create(bolt, None, ready=list).url_map.iter_rules()}
    for deployment in of_kind(rendered, "Deployment"):
        only = container(deployment)
        probes = [only[kind]["httpGet"] for kind in only if kind.endswith("Probe")]
        assert len(probes) == (3 if deployment["metadata"]["name"] == "web" else 0)
        assert all(probe["path"] in served and probe["port"] == "http" for probe in probes)
    (endpoint,) = named(rendered, "ServiceMonitor", "web")["spec"]["endpoints"]
    (port,) = named(rendered, "Service", "web")["spec"]["ports"]
    assert endpoint["path"] in served
    assert endpoint["port"] == port["name"] == "http"
    assert port["targetPort"] == "http"
    for ingress in of_kind(rendered, "Ingress"):
        paths = [path["path"] for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]]
        assert paths == ["/slack/events"]
        assert set(paths) <= served


def test_only_over_http_can_anything_outside_reach_the_bot() -> None:
    """In Socket Mode there is no Ingress, and no network policy that lets one in."""
    for name in OVERLAYS:
        objects = overlay(name)
        policies = {each["metadata"]["name"] for each in of_kind(objects, "NetworkPolicy")}
        assert {"default-deny", "every-process", "metrics"} <= policies
        assert (name == "http") is bool(of_kind(objects, "Ingress")) is ("ingress" in policies)


def test_what_is_selected_exists(rendered: list[Raw]) -> None:
    """Services, budgets and network policies select by labels that pods really carry."""
    pods = [each["spec"]["template"]["metadata"]["labels"] for each in of_kind(rendered, "Deployment")]
    selectors = [each["spec"]["selector"] for each in of_kind(rendered, "Service")]
    selectors += [each["spec"]["selector"]["matchLabels"] for each in of_kind(rendered, "PodDisruptionBudget")]
    policies = [each["spec"]["podSelector"] for each in of_kind(rendered, "NetworkPolicy")]
    selectors += [each.get("matchLabels", {}) for each in policies]
    for selector in selectors:
        assert any(selector.items() <= labels.items() for labels in pods), selector
    components = {labels["app.kubernetes.io/component"] for labels in pods}
    for policy in policies:
        for expression in policy.get("matchExpressions", []):
            assert set(expression["values"]) <= components


def test_the_policy_and_the_bindings_mean_the_bots_own_account() -> None:
    """One ServiceAccount, spelled the same in the pods, the bindings and the admission policy."""
    account = yaml.safe_load((MANIFESTS / "base" / "serviceaccount.yaml").read_text())["metadata"]
    user = f"system:serviceaccount:{account['namespace']}:{account['name']}"
    assert f'"{user}"' in (MANIFESTS / "policy" / "exec.yaml").read_text()
    for name in OVERLAYS:
        for deployment in of_kind(overlay(name), "Deployment"):
            assert deployment["metadata"]["namespace"] == account["namespace"]
            assert deployment["spec"]["template"]["spec"]["serviceAccountName"] == account["name"]


def _stand_in(name: str) -> str:
    """A value that fits a variable which comes from the Secret."""
    fitting = {"REDIS_URL": "redis://redis.redis:6379/0", "ROLLBACK_SNAPSHOT_KEY": "A" * 43 + "="}
    return fitting.get(name, "stand-in")
