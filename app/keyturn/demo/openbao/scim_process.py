"""Runs scim2-server with its token taken from the environment instead of the command line.

`python -m keyturn.demo.openbao.scim_process PORT`, token in `KEYTURN_DEMO_SCIM_TOKEN`: the
arguments of a process can be read by every user of the machine, its environment only by its owner.
"""

import os
import sys

TOKEN_VARIABLE = "KEYTURN_DEMO_SCIM_TOKEN"  # noqa: S105  the variable's name, not its value


def serve(port: int, token: str) -> None:
    """Serves SCIM 2.0 under `/v2` on loopback until the process is ended."""
    from scim2_server.testserver import cli

    # The default of five waiting connections refuses some as soon as keyturn reads in parallel.
    cli.ThreadingWSGIServer.request_queue_size = 128
    # With "=", for a token may begin with a dash.
    sys.argv = ["scim2-server", f"--port={port}", f"--bearer-token={token}"]
    cli.main()


if __name__ == "__main__":
    serve(int(sys.argv[1]), os.environ.pop(TOKEN_VARIABLE))
