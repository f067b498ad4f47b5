"""Modals and Home tabs: one stack of modals and one Home a person."""

import secrets
from dataclasses import dataclass, field, replace

from sandbox.slack.config import Json
from sandbox.slack.elements import state_of, with_ids
from sandbox.slack.errors import ApiError, OutsideError
from sandbox.slack.state import Workspace

STACK = 3


@dataclass(frozen=True)
class View:
    """One modal or Home as it stands: `content` is what the app gave, `values` what the person has entered."""

    id: str
    user: str
    content: Json
    hash: str
    root_id: str
    previous_id: str | None = None
    values: Json = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def payload(self, workspace: Workspace) -> Json:
        """Show it as the Web API and payloads do."""
        content = self.content
        shown: Json = {
            "id": self.id,
            "team_id": workspace.config.team_id,
            "type": content["type"],
            "blocks": content["blocks"],
            "private_metadata": content.get("private_metadata", ""),
            "callback_id": content.get("callback_id", ""),
            "external_id": content.get("external_id", ""),
            "state": {"values": self.values},
            "hash": self.hash,
            "root_view_id": self.root_id,
            "previous_view_id": self.previous_id,
            "app_id": workspace.app.app_id,
            "app_installed_team_id": workspace.config.team_id,
            "bot_id": workspace.app.bot_id,
            "clear_on_close": content.get("clear_on_close", False),
            "notify_on_close": content.get("notify_on_close", False),
        }
        for part in ("title", "submit", "close"):
            shown[part] = content.get(part)
        return shown


class Views:
    """All views; guarded by the workspace's lock, and every change is told to the feed."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._views: dict[str, View] = {}
        self._stacks: dict[str, list[str]] = {}
        self._homes: dict[str, str] = {}

    def open(self, user: str, content: Json, *, on_top: bool = False) -> View:
        """Show a modal to a person, alone or on top of the stack; raises ApiError push_limit_reached."""
        with self._workspace.changed:
            stack = self._stacks.get(user, []) if on_top else []
            if len(stack) >= STACK:
                raise ApiError("push_limit_reached")
            if not on_top:
                self._forget_stack(user)
            self._refuse_external_id(content, None)
            name = self._name()
            root, previous = (stack[0], stack[-1]) if stack else (name, None)
            blank = View(name, user, content, "", root, previous)
            self._stacks[user] = [*stack, name]
            return self._keep(self._renewed(blank, content))

    def update(self, view_id: str, content: Json, expected_hash: str | None) -> View:
        """Replace a view and keep what was typed into blocks that stay; raises ApiError not_found, hash_conflict."""
        with self._workspace.changed:
            old = self.get(view_id)
            if expected_hash and expected_hash != old.hash:
                raise ApiError("hash_conflict")
            self._refuse_external_id(content, view_id)
            return self._keep(self._renewed(old, content))

    def publish(self, user: str, content: Json, expected_hash: str | None) -> View:
        """Set a person's Home; raises ApiError hash_conflict."""
        with self._workspace.changed:
            name = self._homes.get(user)
            if name:
                return self.update(name, content, expected_hash)
            name = self._homes[user] = self._name()
            return self._keep(self._renewed(View(name, user, content, "", name), content))

    def get(self, view_id: str) -> View:
        """Find a view; raises ApiError not_found."""
        with self._workspace.changed:
            view = self._views.get(view_id)
            if view is None:
                raise ApiError("not_found")
            return view

    def by_external_id(self, external_id: str) -> View:
        """Find a view by the app's own name for it; raises ApiError not_found."""
        with self._workspace.changed:
            for view in self._views.values():
                if view.content.get("external_id") == external_id:
                    return view
        raise ApiError("not_found")

    def of(self, user: str, view_id: str) -> View:
        """Find a view that this person sees; raises OutsideError."""
        with self._workspace.changed:
            view = self._views.get(view_id)
            if view is None or view.user != user:
                raise OutsideError(f"{user} has no open view {view_id!r}.")
            return view

    def enter(self, view: View, raw: Json) -> View:
        """Note what a person entered so far."""
        with self._workspace.changed:
            entered = replace(view, values=state_of(view.content["blocks"], raw, view.values), errors={})
            self._views[view.id] = entered
            return entered

    def refuse(self, view: View, errors: dict[str, str]) -> None:
        """Show field errors in an open modal."""
        with self._workspace.changed:
            self._keep(replace(view, errors=errors))

    def close(self, view: View) -> None:
        """Take the top modal away and show the one below."""
        with self._workspace.changed:
            stack = [name for name in self._stacks.get(view.user, []) if name != view.id]
            self._stacks[view.user] = stack
            self._views.pop(view.id, None)
            self._workspace.touch("view", {"user": view.user})

    def clear(self, user: str) -> None:
        """Close every modal of a person."""
        with self._workspace.changed:
            self._forget_stack(user)
            self._workspace.touch("view", {"user": user})

    def stack(self, user: str) -> list[View]:
        """List a person's open modals, the one they see last."""
        with self._workspace.changed:
            return [self._views[name] for name in self._stacks.get(user, [])]

    def wait_for_modal(self, user: str, timeout: float) -> list[View]:
        """Wait at most `timeout` seconds until the person has a modal open; gives their stack all the same."""
        with self._workspace.changed:
            self._workspace.changed.wait_for(lambda: bool(self._stacks.get(user)), timeout)
            return self.stack(user)

    def home(self, user: str) -> View | None:
        """Give a person's Home, if the app ever published one."""
        with self._workspace.changed:
            return self._views.get(self._homes.get(user, ""))

    def _renewed(self, view: View, content: Json) -> View:
        named = {**content, "blocks": with_ids(content["blocks"])}
        values = state_of(named["blocks"], {}, view.values)
        fresh = f"{self._workspace.next_ts()}.{secrets.token_hex(4)}"
        return replace(view, content=named, hash=fresh, values=values, errors={})

    def _keep(self, view: View) -> View:
        self._views[view.id] = view
        self._workspace.touch("home" if view.content["type"] == "home" else "view", {"user": view.user})
        return view

    def _forget_stack(self, user: str) -> None:
        for name in self._stacks.pop(user, []):
            self._views.pop(name, None)

    def _refuse_external_id(self, content: Json, own: str | None) -> None:
        wanted = content.get("external_id")
        if wanted and any(v.content.get("external_id") == wanted and v.id != own for v in self._views.values()):
            raise ApiError("duplicate_external_id")

    def _name(self) -> str:
        return f"V{secrets.token_hex(5).upper()}"
