"""The commands of the steps that put a ConfigMap and a Secret back, and look at them. No value is printed or typed.

The plan holds no values, so a patch tests the object's uid and not what it replaces: it is typed at once, after the
file was seen to be the one that was planned.
"""

from __future__ import annotations

import json
import shlex

from bot.domain.model import Json, JsonObject
from bot.views.commands_scene import Line, Part, Run, Scene, UnknownStep, test
from bot.views.figures import Figures

RESOURCES = {"ConfigMap": "configmaps", "Secret": "secrets"}
MEMBERS = ("data", "binaryData")


def restore_config(scene: Scene) -> Part:
    """See that each file is the one that was planned; put its values into the object, or create it."""
    return Part(tuple(line for one in _objects(scene) for line in _restored(scene, one)))


def config_live(scene: Scene) -> Part:
    """The values of the ConfigMap; of the Secret its keys and sizes."""
    lines: list[Line] = []
    for one in _objects(scene):
        resource, name, file = (
            RESOURCES[_text(scene, one, "kind")],
            _text(scene, one, "name"),
            _text(scene, one, "file"),
        )
        if resource == "secrets":
            lines += [scene.say("config_secret", file=file), scene.kubectl("describe", resource, name)]
        else:
            fields = [f".{member}" for member in one.texts("members")]
            lines += [scene.say("config_map", file=file), scene.show(resource, name, *fields)]
    return Part(tuple(lines))


def _restored(scene: Scene, one: Figures) -> list[Line]:
    path = f"{scene.text('folder').rstrip('/')}/{_text(scene, one, 'file')}"
    named = {"kind": _text(scene, one, "kind"), "name": _text(scene, one, "name")}
    if one.text("before_sha256") == one.text("after_sha256"):
        return [scene.say("config_same", **named)]
    lines: list[Line] = [
        scene.say("config_file", sha256=_text(scene, one, "file_sha256")),
        Run(shlex.join(["sha256sum", path])),
    ]
    if one.flag("sealed"):
        lines.append(scene.say("config_sealed", file=path))
    if one.text("uid") is None:
        return [*lines, scene.say("config_create", **named), Run(f"{_opened(scene, one, path)} | kubectl create -f -")]
    return [*lines, scene.say("config_put", **named), Run(_patch(scene, one, path))]


def _patch(scene: Scene, one: Figures, path: str) -> str:
    """A JSON patch whose values go from the file to the API server through a pipe, and through nobody's screen."""
    wanted, before = one.texts("members"), one.texts("members_before")
    operations: list[JsonObject] = [test("/metadata/uid", _text(scene, one, "uid"))]
    operations += [
        {"op": "remove", "path": f"/{member}"} for member in MEMBERS if member in before and member not in wanted
    ]
    written = [json.dumps(each, separators=(",", ":")) for each in operations]
    written += [f'{{"op":"add","path":"/{member}","value":%s}}' for member in MEMBERS if member in wanted]
    values = [f'"$({_values(scene, one, path, member)})"' for member in MEMBERS if member in wanted]
    resource, name = RESOURCES[_text(scene, one, "kind")], _text(scene, one, "name")
    put = scene.kubectl("patch", resource, name, "--type=json", "--patch-file=/dev/stdin").command
    return " ".join(["printf", shlex.quote(f"[{','.join(written)}]"), *values, "|", put])


def _values(scene: Scene, one: Figures, path: str, member: str) -> str:
    shown = shlex.join(["-o", f"jsonpath={{.{member}}}"])
    read = f"kubectl create --dry-run=client --validate=false {shown} -f"
    return f"{_opened(scene, one, path)} | {read} -" if one.flag("sealed") else f"{read} {shlex.quote(path)}"


def _opened(scene: Scene, one: Figures, path: str) -> str:
    given = {"kind": _text(scene, one, "kind"), "name": _text(scene, one, "name"), "namespace": scene.text("namespace")}
    flags = [f"--{flag}={value}" for flag, value in given.items()]
    return shlex.join(["python", "-m", "jobs.backups", "open", path, *flags])


def _objects(scene: Scene) -> list[Figures]:
    given: Json = scene.step.params.get("objects")
    listed = [Figures(item) for item in given if isinstance(item, dict)] if isinstance(given, list) else []
    if not listed:
        raise UnknownStep(f"{scene.step.kind} without objects")
    return listed


def _text(scene: Scene, one: Figures, name: str) -> str:
    return scene.needed(one.text(name), f"{name} of an object")
