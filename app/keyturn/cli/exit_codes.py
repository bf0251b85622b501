"""The exit codes: part of the interface, documented in `keyturn --help` and the README."""

from enum import IntEnum


class Exit(IntEnum):
    """What a script may rely on. Only ever added to."""

    IN_STEP = 0
    DRIFT = 1
    USAGE = 2
    INCOMPLETE = 3
    REFUSED = 4
    NOT_VERIFIED = 5
    STOPPED = 6
    LOCKED = 7
    STORAGE = 8
    NOT_FOUND = 9
    ALTERED = 10
    SILENT = 11
    CRASH = 70
    LOST_TERMINAL = 129
    INTERRUPTED = 130
    TERMINATED = 143


MEANING: dict[Exit, str] = {
    Exit.IN_STEP: "in step, or done and verified",
    Exit.DRIFT: "drift found",
    Exit.USAGE: "usage, configuration or policy is wrong",
    Exit.INCOMPLETE: "a source is unreachable, or was read incompletely",
    Exit.REFUSED: "a guard refused, or the confirmation did not match",
    Exit.NOT_VERIFIED: "applied, but not everything is verified",
    Exit.STOPPED: "stopped with steps still open: keyturn resume goes on",
    Exit.LOCKED: "another keyturn holds the same person, vault or tenant",
    Exit.STORAGE: "a data file is refused (permissions, newer version, damage)",
    Exit.NOT_FOUND: "no such person, plan or run",
    Exit.ALTERED: "evidence is not as it was written: verify says what and where",
    Exit.SILENT: "a source was not read whole for longer than limits.silence allows",
    Exit.CRASH: "keyturn itself failed: a redacted report was written",
    Exit.LOST_TERMINAL: "the terminal went away: what runs ended after the request in flight",
    Exit.INTERRUPTED: "interrupted with Ctrl-C",
    Exit.TERMINATED: "ended with SIGTERM, after the request in flight; demo ends its tenants",
}
