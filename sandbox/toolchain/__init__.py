"""What a bare machine needs before the sandbox runs. Standard library only: it runs before any package is installed."""
