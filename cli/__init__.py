"""A terminal coming in: rollbackctl."""
