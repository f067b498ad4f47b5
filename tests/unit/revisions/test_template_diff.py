"""What is different between two pod templates, and what is never shown of it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.template_diff import Change, Difference, differences

OLD: dict[str, Any] = {
    "metadata": {"labels": {"app": "game"}, "annotations": {"checksum/config": "aaa"}},
    "spec": {
        "serviceAccountName": "game",
        "serviceAccount": "game",
        "terminationGracePeriodSeconds": 30,
        "imagePullSecrets": [{"name": "registry"}],
        "initContainers": [{"name": "migrate", "image": "registry.example/migrate:v1"}],
        "containers": [
            {
                "name": "game",
                "image": "registry.example/game:v1@sha256:aa",
                "command": ["/game"],
                "args": ["--workers=4", "--db-password=hunter2", "-p", "hunter3", "--api-token", "hunter4"],
                "env": [
                    {"name": "MODE", "value": "ranked"},
                    {"name": "DB_PASSWORD", "value": "hunter5"},
                    {"name": "DATABASE", "value": "postgres://game:hunter6@db/game"},
                    {"name": "API", "valueFrom": {"secretKeyRef": {"name": "api", "key": "token"}}},
                    {"name": "ZONE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
                ],
                "envFrom": [{"configMapRef": {"name": "game"}}],
                "resources": {"requests": {"cpu": "500m"}, "limits": {"memory": "1Gi"}},
                "readinessProbe": {
                    "httpGet": {"path": "/ready", "port": 80, "httpHeaders": [{"name": "X", "value": "hunter7"}]},
                    "periodSeconds": 5,
                },
            }
        ],
        "volumes": [
            {"name": "settings", "configMap": {"name": "game-v1", "optional": True}},
            {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
            {"name": "tmp", "emptyDir": {}},
        ],
    },
}


def changed(change: Callable[[Any, Any], object]) -> tuple[Difference, ...]:
    """The differences after a change to the pod's spec and its game container."""
    new = copy.deepcopy(OLD)
    change(new["spec"], new["spec"]["containers"][0])
    return differences(OLD, new)


def game(code: Change, **more: Any) -> Difference:  # noqa: ANN401 - Difference's fields
    """A difference in the game container."""
    return Difference(code=code, container="game", **more)


def pod(code: Change, **more: Any) -> Difference:  # noqa: ANN401 - Difference's fields
    """A difference in the pod itself."""
    return Difference(code=code, **more)


def setting(index: int, **entry: Any) -> Callable[[Any, Any], object]:  # noqa: ANN401 - a variable's fields
    """A change of one variable."""
    return lambda _, c: c["env"].__setitem__(index, entry)


TABLE: list[tuple[str, Callable[[Any, Any], object], list[Difference]]] = [
    ("nothing", lambda _, c: c, []),
    (
        "image",
        lambda _, c: c.update(image="registry.example/game:v2@sha256:bb"),
        [game(Change.IMAGE, before="registry.example/game:v1@sha256:aa", after="registry.example/game:v2@sha256:bb")],
    ),
    (
        "variable",
        setting(0, name="MODE", value="casual"),
        [game(Change.ENV_CHANGED, name="MODE", before="ranked", after="casual")],
    ),
    (
        "secret-looking variable",
        setting(1, name="DB_PASSWORD", value="hunter9"),
        [game(Change.ENV_CHANGED, name="DB_PASSWORD", before="…", after="…", hidden=True)],
    ),
    (
        "password in an address",
        setting(2, name="DATABASE", value="postgres://game:hunter9@db2/game"),
        [
            game(
                Change.ENV_CHANGED,
                name="DATABASE",
                before="postgres://…@db/game",
                after="postgres://…@db2/game",
                hidden=True,
            )
        ],
    ),
    (
        "secret's reference",
        setting(3, name="API", valueFrom={"secretKeyRef": {"name": "api2", "key": "token"}}),
        [game(Change.ENV_CHANGED, name="API", before="Secret/api:token", after="Secret/api2:token")],
    ),
    (
        "reference to a value",
        setting(4, name="ZONE", value="eu-1"),
        [game(Change.ENV_CHANGED, name="ZONE", before="fieldRef:spec.nodeName", after="eu-1")],
    ),
    (
        "variables come and go",
        lambda _, c: c.update(env=[*c["env"][1:], {"name": "NEW_TOKEN", "value": "hunter9"}, {"name": "N"}]),
        [
            game(Change.ENV_REMOVED, name="MODE", before="ranked"),
            game(Change.ENV_ADDED, name="NEW_TOKEN", after="…", hidden=True),
            game(Change.ENV_ADDED, name="N"),
        ],
    ),
    ("order of variables", lambda _, c: c["env"].reverse(), [game(Change.OTHER, name="env")]),
    (
        "resources",
        lambda _, c: c.update(resources={"requests": {"cpu": "1"}, "limits": {"memory": "1Gi", "cpu": "2"}}),
        [
            game(Change.RESOURCES, name="limits.cpu", after="2"),
            game(Change.RESOURCES, name="requests.cpu", before="500m", after="1"),
        ],
    ),
    (
        "probe",
        lambda _, c: c["readinessProbe"].update(periodSeconds=9),
        [game(Change.PROBE, name="readinessProbe.periodSeconds", before="5", after="9")],
    ),
    (
        "header of a probe",
        lambda _, c: c["readinessProbe"]["httpGet"]["httpHeaders"][0].update(value="hunter9"),
        [game(Change.PROBE, name="readinessProbe.httpGet.httpHeaders[X].value", hidden=True)],
    ),
    (
        "a probe more and one less",
        lambda _, c: c.update(readinessProbe=None, livenessProbe={"exec": {"command": ["cat"]}}),
        [
            game(Change.PROBE, name="livenessProbe", after="exec"),
            game(Change.PROBE, name="readinessProbe", before="httpGet"),
        ],
    ),
    (
        "command and arguments",
        lambda _, c: c.update(command=["/game2"], args=["--workers=8", "--db-password=hunter9", "-phunter9"]),
        [
            game(
                Change.ARGS,
                before="--workers=4 --db-password=… -p … --api-token …",
                after="--workers=8 --db-password=… -p…",
                hidden=True,
            ),
            game(Change.COMMAND, before="/game", after="/game2"),
        ],
    ),
    (
        "envFrom",
        lambda _, c: c.update(envFrom=[{"secretRef": {"name": "game"}}]),
        [
            game(Change.REFERENCE, name="envFrom", before="ConfigMap/game"),
            game(Change.REFERENCE, name="envFrom", after="Secret/game"),
        ],
    ),
    (
        "prefix of envFrom",
        lambda _, c: c["envFrom"][0].update(prefix="X_"),
        [game(Change.OTHER, name="envFrom")],
    ),
    (
        "containers",
        lambda s, _: (s["containers"].append({"name": "proxy", "image": "proxy:v1"}), s.pop("initContainers")),
        [
            Difference(code=Change.CONTAINER_ADDED, container="proxy", after="proxy:v1"),
            Difference(code=Change.CONTAINER_REMOVED, container="migrate", before="registry.example/migrate:v1"),
        ],
    ),
    (
        "order of containers",
        lambda s, _: s["containers"].insert(0, s.pop("initContainers")[0]),
        [Difference(code=Change.OTHER, container="migrate", name="containers")],
    ),
    (
        "service account",
        lambda s, _: s.update(serviceAccountName="other", serviceAccount="other"),
        [
            pod(
                Change.REFERENCE,
                name="spec.serviceAccountName",
                before="ServiceAccount/game",
                after="ServiceAccount/other",
            )
        ],
    ),
    (
        "pull secrets",
        lambda s, _: s["imagePullSecrets"].append({"name": "other"}),
        [pod(Change.REFERENCE, name="spec.imagePullSecrets", after="Secret/other")],
    ),
    (
        "volumes",
        lambda s, _: s.update(
            volumes=[
                {"name": "settings", "configMap": {"name": "game-v2"}},
                {"name": "data", "emptyDir": {}},
                {"name": "tls", "secret": {"secretName": "tls"}},
            ]
        ),
        [
            pod(
                Change.REFERENCE,
                name="spec.volumes[settings]",
                before="ConfigMap/game-v1",
                after="ConfigMap/game-v2",
            ),
            pod(Change.OTHER, name="spec.volumes[settings].configMap.optional"),
            pod(Change.REFERENCE, name="spec.volumes[data]", before="PersistentVolumeClaim/data"),
            pod(Change.OTHER, name="spec.volumes[data].emptyDir"),
            pod(Change.OTHER, name="spec.volumes[data].persistentVolumeClaim"),
            pod(Change.OTHER, name="spec.volumes[tmp]"),
            pod(Change.REFERENCE, name="spec.volumes[tls]", after="Secret/tls"),
        ],
    ),
    (
        "anything else",
        lambda s, c: (s.update(terminationGracePeriodSeconds=60), c.update(workingDir="/srv")),
        [game(Change.OTHER, name="workingDir"), pod(Change.OTHER, name="spec.terminationGracePeriodSeconds")],
    ),
]


@pytest.mark.parametrize(("change", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_what_is_different(change: Callable[[Any, Any], object], expected: list[Difference]) -> None:
    """Each change is told as what it is, and no value of a secret with it."""
    found = changed(change)
    assert list(found) == expected
    assert "hunter" not in "".join(difference.model_dump_json() for difference in found)


def test_annotations_are_told_by_name_only() -> None:
    """A key with dots and slashes is one part of the place."""
    new = copy.deepcopy(OLD)
    new["metadata"]["annotations"]["checksum/config"] = "bbb"
    assert differences(OLD, new) == (Difference(code=Change.OTHER, name="metadata.annotations[checksum/config]"),)


JSON = st.recursive(
    st.none() | st.booleans() | st.text(max_size=3) | st.integers(0, 3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "env", "image", "args", "volumes", "value", "secret"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)
CONTAINERS = st.lists(st.fixed_dictionaries({"name": st.sampled_from(["a", "b"])}, optional={"image": st.text()}))
TEMPLATES = st.fixed_dictionaries(
    {},
    optional={
        "metadata": JSON,
        "spec": st.fixed_dictionaries(
            {}, optional={"containers": CONTAINERS | JSON, "volumes": JSON, "imagePullSecrets": JSON, "more": JSON}
        ),
    },
)


@given(TEMPLATES, TEMPLATES)
def test_nothing_is_told_of_the_same_and_something_of_all_else(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Whatever two templates look like, even such as no API server takes: no difference is passed over."""
    assert bool(differences(one, other)) is (one != other)
    assert differences(one, copy.deepcopy(one)) == ()


SECRETS = st.text(alphabet="qxzj", min_size=6, max_size=9)


@given(SECRETS, SECRETS, st.sampled_from(["PASSWORD", "apiToken", "aws_secret_key", "DB-CREDENTIALS", "PRIVATE"]))
def test_no_secret_is_ever_shown(before: str, after: str, name: str) -> None:
    """By its name, in an address, as a flag's value or after it: whichever way a secret is handed in."""

    def holding(secret: str) -> dict[str, Any]:
        words = [f"--{name}={secret}", f"--{name}", secret, "-p", secret, f"-p{secret}", f"https://me:{secret}@host/"]
        env = [{"name": name, "value": secret}, {"name": "URL", "value": f"amqp://{secret}:{secret}@host"}]
        more = {"name": "CONNECTION", "value": f"host=a;Password={secret};x=1"}
        probe = {"exec": {"command": ["curl", secret]}}
        made = {"name": "a", "args": words, "command": words, "env": [*env, more], "livenessProbe": probe}
        return {"metadata": {"annotations": {"note": secret}}, "spec": {"containers": [made], "more": [secret]}}

    bare: dict[str, Any] = {"spec": {"containers": [{"name": "a"}]}}
    for one, other in ((holding(before), holding(after)), ({}, holding(after)), (holding(before), bare)):
        told = "".join(difference.model_dump_json() for difference in differences(one, other))
        assert before not in told
        assert after not in told
