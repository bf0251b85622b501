"""The process that serves the demo's two tenants on loopback.

`python -m keyturn.demo.okta_onepassword.tenants_process OKTA_FILE ONEPASSWORD_FILE PORT`: Okta on
PORT, then 1Password's bridge, Users API and Events API on the three after it; `op` is answered on a
socket beside ONEPASSWORD_FILE. Its arguments hold no credentials: those are in the files.

It may be started before the tenants are made, to load meanwhile: it serves once OKTA_FILE is there,
which is made last, and under another name until it is whole.
"""

import sys
import time
from pathlib import Path

from starlette.types import ASGIApp

from keyturn_providers.simulated.okta import push
from keyturn_providers.simulated.okta.application import app as okta_app
from keyturn_providers.simulated.onepassword.bridge import bridge_app
from keyturn_providers.simulated.onepassword.events_api import events_app
from keyturn_providers.simulated.onepassword.op_program import daemon
from keyturn_providers.simulated.onepassword.users_api import users_app
from keyturn_providers.simulated.wire.serving import serve_forever

_WAIT_S = 60.0
_EVERY_S = 0.02


def main(okta: Path, onepassword: Path, port: int) -> None:
    """Serves until told to end, and provisions from Okta to the bridge meanwhile."""
    _wait_for(okta)
    apps: list[tuple[ASGIApp, int]] = [
        (okta_app(okta), port),
        (bridge_app(onepassword), port + 1),
        (users_app(onepassword), port + 2),
        (events_app(onepassword), port + 3),
    ]
    with push.running(okta), daemon.running(onepassword):
        serve_forever(apps)


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + _WAIT_S
    while not path.exists():
        if time.monotonic() > deadline:
            raise SystemExit(f"{path} was not made within {_WAIT_S:.0f} seconds.")
        time.sleep(_EVERY_S)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
