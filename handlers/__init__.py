"""Slack coming in; thin: parse, store, acknowledge, answer."""
