"""The command line: `keyturn` opens the dashboard, the verbs work without it."""


def main() -> int:
    """The entry point."""
    return 0
