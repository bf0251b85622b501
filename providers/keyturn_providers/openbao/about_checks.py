"""What `about` found out about an OpenBao server, as checks. Pure."""

from collections.abc import Iterator, Sequence

from keyturn_providers.contract import (
    Check,
    Condition,
    Topic,
)

SUBJECT = "OpenBao"
_PERFORMANCE_STANDBY = 473


def health_check(status: int, version: str) -> Check:
    """Of a server that serves: `status` is that of `sys/health`."""
    release = f", version {version}" if version else ""
    if status == _PERFORMANCE_STANDBY:
        words = f"A performance standby{release}: what it shows may lag behind the active node."
        return Check(Topic.HEALTH, Condition.WATCH, SUBJECT, words)
    return Check(Topic.HEALTH, Condition.WELL, SUBJECT, f"Unsealed and active{release}.")


def log_checks(
    *, configured: bool, problem: str, device_problems: Sequence[str], header: bool | None
) -> Iterator[Check]:
    """Of the audit log: `problem` of the file, `device_problems` of the server's own devices;
    `header` whether operation ids are logged (or will be), None where that does not matter."""
    subject, hides = "audit log", "whether a change was logged"
    if not configured:
        words = "No audit_log is configured, and no API gives the log."
        yield Check(Topic.HEALTH, Condition.WATCH, subject, words, hides)
        return
    if problem:
        yield Check(Topic.HEALTH, Condition.WRONG, subject, _sentence(problem), hides)
        return
    for one in device_problems:
        words = _sentence(one.removeprefix("the audit log: "))
        yield Check(Topic.HEALTH, Condition.WRONG, subject, words, hides)
    if not device_problems:
        words = "The file of the audit device can be read."
        yield Check(Topic.HEALTH, Condition.WELL, subject, words)
    if header is False:
        words = "The server does not log operation ids, and keyturn's token may not set that."
        yield Check(Topic.HEALTH, Condition.WATCH, subject, words, hides)


def _sentence(phrase: str) -> str:
    return f"{phrase[:1].upper()}{phrase[1:].rstrip('.')}."
