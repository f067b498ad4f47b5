"""English: what checks found, why a rollback halted, and what there is to do about it."""

WORDS: dict[str, str] = {
    "check.short.none": "not checked",
    "check.short.other.pass": "as it should be",
    "check.short.other.fail": "{code} failed",
    "check.short.other.unknown": "{code} unknown",
    "check.other.pass": "{code}: as it should be",
    "check.other.fail": "{code}: {saw}",
    "check.other.unknown": "{code}: unknown ({saw})",
}
