"""Serves a tenant: python -m keyturn_providers.simulated.onepassword STATE BRIDGE USERS EVENTS

The last three are ports on loopback, 0 for a free one. It prints where each surface is, and serves
until SIGINT or SIGTERM. The bridge starts locked, as after every restart.
"""

import sys
from pathlib import Path

from keyturn_providers.simulated.onepassword.bridge import bridge_app
from keyturn_providers.simulated.onepassword.events_api import events_app
from keyturn_providers.simulated.onepassword.inspection import restart_bridge
from keyturn_providers.simulated.onepassword.users_api import users_app
from keyturn_providers.simulated.wire.serving import serve_forever


def main(arguments: list[str]) -> int:
    """Serves until told to end; the exit code."""
    if len(arguments) != 4 or not all(port.isdecimal() for port in arguments[1:]):
        sys.stderr.write(__doc__ or "")
        return 2
    path = Path(arguments[0])
    if not path.exists():
        sys.stderr.write(f"{path}: there is no tenant. Make one with schema.create.\n")
        return 2
    restart_bridge(path)
    apps = (bridge_app(path), users_app(path), events_app(path))
    ports = [int(port) for port in arguments[1:]]
    try:
        serve_forever(list(zip(apps, ports, strict=True)), _tell)
    except OSError as error:
        sys.stderr.write(f"cannot serve on ports {', '.join(arguments[1:])}: {error}\n")
        return 1
    return 0


def _tell(urls: tuple[str, ...]) -> None:
    for name, url in zip(("bridge", "users", "events"), urls, strict=True):
        sys.stdout.write(f"{name} {url}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
