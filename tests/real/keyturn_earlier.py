"""`python -m tests.real.keyturn_earlier MINUTES COMMAND...`: keyturn on a machine whose clock is so
much behind, so that what it holds has run out by anybody else's clock."""

import sys
import time

_BEHIND_NS = int(sys.argv[1]) * 60_000_000_000
_now_ns = time.time_ns


def _earlier_ns() -> int:
    return _now_ns() - _BEHIND_NS


if __name__ == "__main__":
    time.time_ns = _earlier_ns
    from keyturn.cli.app import run

    sys.exit(run(sys.argv[2:]))
