"""English: what every channel is told when the bot's own records cannot be trusted, and when they can be again."""

WORDS: dict[str, str] = {
    "store.distrusted": (
        "⛔ I start and carry on no rollback. {why} Production stays as it is; what was under way stands where it "
        "stood. An operator looks at it, then runs `rollbackctl store accept`"
    ),
    "store.accepted": (
        "✅ My records were accepted by an operator: rollbacks can be asked for again. What was open before is expired "
        "or halted on its card; nothing of it goes on by itself"
    ),
}
