"""Free loopback ports."""

import socket
from contextlib import ExitStack

_TRIES = 50


def free_ports(run: int) -> int:
    """The first of `run` consecutive TCP ports of 127.0.0.1 that were all free just now.

    OpenBao's dev mode listens on the port after its own too. Another program may still take them
    before they are used: whoever starts a server looks whether it lived.
    """
    for _ in range(_TRIES):
        with ExitStack() as held:
            first = held.enter_context(_bound(0))
            port = int(first.getsockname()[1])
            try:
                for following in range(port + 1, port + run):
                    held.enter_context(_bound(following))
            except (OSError, OverflowError):
                continue
            return port
    raise OSError(f"no {run} consecutive free ports on 127.0.0.1 after {_TRIES} tries")


def _bound(port: int) -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        one.bind(("127.0.0.1", port))
    except BaseException:
        one.close()
        raise
    return one
