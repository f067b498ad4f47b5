"""What a backup may be, what is taken of it, and how every other file is refused: named, and without its values."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.backups.content import Content
from jobs.backups.document import LARGEST_CONTENT, LARGEST_FILE, Backup, of_live, parse, written
from jobs.backups.problems import BadBackup, Why
from jobs.backups.sealing import Seal, new_key
from tests.unit.config.texts import (
    CONFIG,
    CONFIG_MAP,
    HIDDEN,
    NAMESPACE,
    RAW,
    SECRET,
    SECRETS,
    b64,
    config_map,
    secret,
)

LAUGHS = "\n".join(
    ["a: &a [lol]", *(f"{b}: &{b} [{', '.join(['*' + a] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True))]
)
"""Nine laughs of nine laughs, nine times: 1 KB that would be 3 GB."""


def test_raw_output_of_kubectl_is_reduced_to_what_can_be_put_back() -> None:
    """Values, labels and annotations; what belongs to the object of then, and the bot's own marks, are passed over."""
    found = config_map(RAW)
    assert found.content.data == {"MAX_PLAYERS": "1000", "settings.ini": "[game]\nmode = ranked\n"}
    assert found.content.binary == {"map.bin": b64(bytes(range(256)))}
    assert (found.labels, found.annotations) == ({"app": "game-server"}, {"owner": "game-team"})
    assert set(found.body()) == {"metadata", "data", "binaryData"}
    assert set(found.body()["metadata"]) == {"labels", "annotations"}


def test_a_secret_keeps_its_type_and_takes_plain_values_too() -> None:
    """`stringData` is written over `data`, as the API server does; base64 is read with line breaks in it."""
    text = SECRET.replace("type: Opaque", "type: kubernetes.io/basic-auth") + f"stringData:\n  PASSWORD: {HIDDEN}2\n"
    found = secret(text)
    assert (found.type, found.content.data) == ("kubernetes.io/basic-auth", {"PASSWORD": b64(f"{HIDDEN}2")})
    folded = SECRET.replace(b64(HIDDEN), f"|\n    {b64(HIDDEN)[:8]}\n    {b64(HIDDEN)[8:]}")
    assert secret(folded).content.data == {"PASSWORD": b64(HIDDEN)}
    assert secret(SECRET.replace("type: Opaque\n", "")).type == "Opaque"


def test_a_namespace_may_be_left_out_and_json_is_yaml() -> None:
    """What people keep in a repository names no namespace."""
    assert config_map(CONFIG_MAP.replace(f"  namespace: {NAMESPACE}\n", "")).name == CONFIG
    text = f'{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"{CONFIG}"}},"data":{{"A":"1"}}}}'
    assert config_map(text).content.data == {"A": "1"}
    assert config_map(CONFIG_MAP.replace('data:\n  MAX_PLAYERS: "1000"\n', "data: null\n")).content == Content()


BAD: list[tuple[str, str, Why]] = [
    ("", "ConfigMap", Why.DOCUMENTS),
    ("# nothing\n", "ConfigMap", Why.DOCUMENTS),
    (CONFIG_MAP + "---\n" + CONFIG_MAP, "ConfigMap", Why.DOCUMENTS),
    (SECRET + "---\n" + CONFIG_MAP, "Secret", Why.DOCUMENTS),
    ("- a\n- b\n", "ConfigMap", Why.NO_OBJECT),
    (HIDDEN, "Secret", Why.NO_OBJECT),
    (f"data: [{HIDDEN}\nkind: }}", "Secret", Why.NO_YAML),
    (f"password:\t{HIDDEN}\n\t- x", "Secret", Why.NO_YAML),
    (LAUGHS, "ConfigMap", Why.ALIAS),
    ("a: &a\n  b: *a\n", "ConfigMap", Why.ALIAS),
    ("a: " + "[" * 500 + "]" * 500, "ConfigMap", Why.DEEP),
    ("a: " + "{b: " * 100_000, "ConfigMap", Why.DEEP),
    (CONFIG_MAP, "Secret", Why.KIND),
    (SECRET, "ConfigMap", Why.KIND),
    (CONFIG_MAP.replace("kind: ConfigMap", "kind: Pod"), "ConfigMap", Why.KIND),
    (CONFIG_MAP.replace("kind: ConfigMap", "kind: List"), "ConfigMap", Why.KIND),
    (CONFIG_MAP.replace("apiVersion: v1", "apiVersion: v2"), "ConfigMap", Why.KIND),
    (f"PASSWORD: {HIDDEN}\n", "Secret", Why.KIND),
    (CONFIG_MAP.replace(f"name: {CONFIG}", "name: other-config"), "ConfigMap", Why.NAME),
    (CONFIG_MAP.replace(f"  name: {CONFIG}\n", ""), "ConfigMap", Why.NAME),
    (CONFIG_MAP.replace(NAMESPACE, "kube-system"), "ConfigMap", Why.NAMESPACE),
    (CONFIG_MAP.replace('"1000"', "1000"), "ConfigMap", Why.NO_STRING),
    (CONFIG_MAP.replace('"1000"', "on"), "ConfigMap", Why.NO_STRING),
    (CONFIG_MAP.replace('"1000"', "null"), "ConfigMap", Why.NO_STRING),
    (CONFIG_MAP.replace('"1000"', "[a, b]"), "ConfigMap", Why.NO_STRING),
    (CONFIG_MAP.replace('"1000"', '!!python/object/apply:os.system ["true"]'), "ConfigMap", Why.NO_STRING),
    (CONFIG_MAP.replace("metadata:\n", "metadata:\n  labels:\n    a: 1\n"), "ConfigMap", Why.NO_STRING),
    ("apiVersion: v1\nkind: ConfigMap\nmetadata: [a]\n", "ConfigMap", Why.NO_MAPPING),
    (CONFIG_MAP.replace('\n  MAX_PLAYERS: "1000"', f" {HIDDEN}"), "ConfigMap", Why.NO_MAPPING),
    (CONFIG_MAP + "stringData:\n  A: b\n", "ConfigMap", Why.NO_MAPPING),
    (CONFIG_MAP + '  MAX_PLAYERS: "2"\n', "ConfigMap", Why.TWICE),
    (CONFIG_MAP + "kind: ConfigMap\n", "ConfigMap", Why.TWICE),
    (CONFIG_MAP + f"binaryData:\n  MAX_PLAYERS: {b64('x')}\n", "ConfigMap", Why.TWICE),
    (CONFIG_MAP.replace("MAX_PLAYERS", '"a/../b"'), "ConfigMap", Why.KEY),
    (CONFIG_MAP.replace("MAX_PLAYERS", '".."'), "ConfigMap", Why.KEY),
    (CONFIG_MAP.replace("MAX_PLAYERS", "k" * 254), "ConfigMap", Why.KEY),
    (SECRET.replace(b64(HIDDEN), HIDDEN), "Secret", Why.BASE64),
    (SECRET.replace(b64(HIDDEN), "YQ"), "Secret", Why.BASE64),
    (CONFIG_MAP + "binaryData:\n  x: '%%%'\n", "ConfigMap", Why.BASE64),
    (CONFIG_MAP + "immutable: true\n", "ConfigMap", Why.FIXED),
    (SECRET + "immutable: true\n", "Secret", Why.FIXED),
]


@pytest.mark.parametrize(("text", "kind", "why"), BAD)
def test_what_cannot_be_a_backup_is_refused_and_never_quoted(text: str, kind: str, why: Why) -> None:
    """The code says what is wrong; no value of the file is in it, whatever shape the file has."""
    with pytest.raises(BadBackup) as bad:
        secret(text) if kind == "Secret" else config_map(text)
    assert bad.value.why is why
    told = f"{bad.value} {bad.value.figures}"
    assert HIDDEN not in told
    assert b64(HIDDEN) not in told
    assert bad.value.__cause__ is None


def test_what_is_no_text_is_refused() -> None:
    """Bytes that are no UTF-8."""
    with pytest.raises(BadBackup) as bad:
        config_map(b"kind: ConfigMap\nname: \xff\xfe")
    assert bad.value.why is Why.NO_TEXT


def test_two_megabytes_are_refused_unread() -> None:
    """By the size of the file, whatever stands in it."""
    with pytest.raises(BadBackup) as bad:
        config_map(b"a: " + b"x" * 2_000_000)
    assert (bad.value.why, bad.value.figures["limit"]) == (Why.LARGE, LARGEST_FILE)


@pytest.mark.parametrize("text", [LAUGHS, "a: " + "[" * 900_000, "a: " + "x" * 1_890_000, "- " * 600_000])
def test_no_file_takes_long(text: str) -> None:
    """A worker has other rollbacks: what was made to be slow is refused in a few seconds, without much memory."""
    began = time.monotonic()
    with pytest.raises(BadBackup):
        config_map(text)
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
def test_one_mebibyte_of_values_is_the_most(kind: str) -> None:
    """Counted as Kubernetes counts: a Secret's values decoded. The very most still fits into a file, sealed or not."""

    def text(size: int) -> str:
        if kind == "Secret":
            return SECRET.replace(b64(HIDDEN), b64("x" * size))
        return CONFIG_MAP.replace('"1000"', f'"{"x" * size}"')

    read = secret if kind == "Secret" else config_map
    whole = read(text(LARGEST_CONTENT))
    with pytest.raises(BadBackup) as bad:
        read(text(LARGEST_CONTENT + 1))
    assert bad.value.why is Why.FULL
    sealed = written(whole, namespace=NAMESPACE, seal=Seal((new_key(),)), mark="whole")
    assert len(sealed) <= LARGEST_FILE


def test_nothing_that_is_printed_shows_a_value() -> None:
    """Not even in a traceback that prints locals."""
    found = secret()
    assert HIDDEN not in repr(found)
    assert b64(HIDDEN) not in repr(found)


KEY = (new_key(),)
KEYS = st.text(alphabet="abcXYZ019-._", min_size=1, max_size=12).filter(lambda key: not key.startswith("."))
VALUES = st.text(max_size=60)


@given(data=st.dictionaries(KEYS, VALUES, max_size=6), blob=st.binary(max_size=40), keys=st.sampled_from([(), KEY]))
def test_what_is_written_reads_back_as_it_was(data: dict[str, str], blob: bytes, keys: tuple[str, ...]) -> None:
    """Any text, control characters and words that YAML reads as something else included."""
    item = {
        "metadata": {"name": CONFIG, "labels": {"on": "yes"}, "annotations": {"rollback/fence": "3", "no": "null"}},
        "data": data,
        "binaryData": {"BLOB": b64(blob)},
    }
    kept = of_live(item, kind="ConfigMap")
    text = written(kept, namespace=NAMESPACE, seal=Seal(keys) if keys else None, mark="whole")
    read = parse(text.encode(), kind="ConfigMap", name=CONFIG, namespace=NAMESPACE, seal=Seal(keys))
    assert read == replace(kept, sealed=bool(keys))
    assert read.annotations == {"no": "null"}


def test_a_sealed_secret_opens_with_any_of_the_keys_and_with_no_other() -> None:
    """An earlier key stays behind the new one; another key, no key and a changed file are told apart."""
    old, new, other = new_key(), new_key(), new_key()
    text = written(secret(), namespace=NAMESPACE, seal=Seal((old,)), mark="whole")
    assert HIDDEN not in text
    assert b64(HIDDEN) not in text
    opened = secret(text, keys=(new, old))
    assert (opened.sealed, opened.content) == (True, secret().content)
    for keys, why in (((), Why.NO_KEY), ((other,), Why.WRONG_KEY)):
        with pytest.raises(BadBackup) as bad:
            secret(text, keys=keys)
        assert bad.value.why is why
    with pytest.raises(BadBackup) as bad:
        secret(text.replace("sealed: gAAA", "sealed: gAAB"), keys=(old,))
    assert bad.value.why is Why.WRONG_KEY


def test_what_is_sealed_is_validated_as_what_is_not() -> None:
    """Another service's Secret under this one's name does not open into this one's."""
    key = new_key()
    other = Backup(kind="Secret", name="lobby-secrets", content=secret().content, type="Opaque")
    text = written(other, namespace=NAMESPACE, seal=Seal((key,)), mark="whole").replace("lobby-secrets", SECRETS)
    with pytest.raises(BadBackup) as bad:
        secret(text, keys=(key,))
    assert bad.value.why is Why.NAME
