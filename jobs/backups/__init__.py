"""Backups of a service's configuration, as others make them and as the bot does: read, validated, sealed. Pure."""
