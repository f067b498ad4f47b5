"""`python -m sandbox.slack`: a local Slack in the foreground."""

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

from pydantic import ValidationError

from sandbox.slack.config import default_config, load_config
from sandbox.slack.server import create_server


def main() -> int:
    """Serve until interrupted; 2 when the configuration cannot be used or the port is taken."""
    parser = argparse.ArgumentParser(prog="sandbox.slack", description="A local Slack for one app.")
    parser.add_argument("--port", type=int, default=0, help="0 (default) takes any free port")
    parser.add_argument("--config", type=Path, help="JSON of SlackConfig; without it the workspace of default.json")
    parser.add_argument("--record", type=Path, help="append every Web API call to this file, one JSON object a line")
    options = parser.parse_args()
    try:
        config = load_config(options.config) if options.config else default_config()
        server = create_server(config, port=options.port, record_path=options.record)
    except (ValidationError, OSError) as wrong:
        print(f"The sandbox Slack cannot start: {wrong}", file=sys.stderr)
        return 2

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    print(f"Slack is at {server.url} (Web API: {server.url}/api/)", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
