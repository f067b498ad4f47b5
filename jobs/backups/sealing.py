"""Secrets at rest: what the bot writes to the backup folder is sealed with a key that only the bot has.

Fernet: AES-128-CBC with an HMAC, so that what was changed does not open. Several keys: the first seals, all open.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from jobs.backups.problems import BadBackup, Why

SEALED_VERSION: Final = "rollback/v1"
SEALED_KIND: Final = "SealedSecret"
SEALED_MEMBER: Final = "sealed"


class Seal:
    """Seals and opens with keys as `ROLLBACK_SNAPSHOT_KEY` holds them; without any it opens nothing."""

    def __init__(self, keys: Sequence[str] = ()) -> None:
        self._keys = tuple(keys)

    def __bool__(self) -> bool:
        return bool(self._keys)

    def close(self, text: str) -> str:
        """The text, sealed with the first key.

        Raises:
            ValueError: there is no key.
        """
        # Imported where it is used: it costs a fifth of a second, and most processes never seal anything.
        from cryptography.fernet import Fernet  # noqa: PLC0415 - as above

        if not self._keys:
            raise ValueError("there is no key to seal with")
        return Fernet(self._keys[0]).encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """What was sealed, with any of the keys.

        Raises:
            BadBackup: no-key, wrong-key.
        """
        from cryptography.fernet import Fernet, InvalidToken, MultiFernet  # noqa: PLC0415 - as above

        if not self._keys:
            raise BadBackup(Why.NO_KEY)
        try:
            return MultiFernet([Fernet(key) for key in self._keys]).decrypt(sealed.strip()).decode()
        except (InvalidToken, ValueError):
            raise BadBackup(Why.WRONG_KEY) from None


def new_key() -> str:
    """A key to seal with."""
    from cryptography.fernet import Fernet  # noqa: PLC0415 - as above

    return Fernet.generate_key().decode()
