"""The command line: `keyturn` opens the dashboard, the verbs work without it."""

import sys


def main() -> int:
    """The entry point: runs what the arguments say and returns the exit code."""
    from keyturn.cli.app import run

    return run(sys.argv[1:])
