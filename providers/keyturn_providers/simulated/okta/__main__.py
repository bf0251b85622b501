"""`python -m keyturn_providers.simulated.okta STATE PORT` serves an org until it is told to end."""

import sys
from pathlib import Path

from keyturn_providers.simulated.okta import push
from keyturn_providers.simulated.okta.application import app
from keyturn_providers.simulated.wire.serving import serve_forever


def main(arguments: list[str]) -> int:
    """Says where it answers on one line of standard output, and serves."""
    if len(arguments) != 2 or not arguments[1].isdigit():
        sys.stderr.write("usage: python -m keyturn_providers.simulated.okta STATE PORT\n")
        return 2
    path = Path(arguments[0])
    if not path.is_file():
        sys.stderr.write(f"{path}: there is no such state file\n")
        return 2

    def ready(urls: tuple[str, ...]) -> None:
        sys.stdout.write(f"{urls[0]}\n")
        sys.stdout.flush()

    with push.running(path):
        serve_forever([(app(path), int(arguments[1]))], ready)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
