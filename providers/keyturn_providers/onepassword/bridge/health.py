"""The bridge's own report on its parts, and what it means in plain words. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from keyturn_providers.contract import (
    Check,
    Condition,
    Topic,
)
from keyturn_providers.onepassword.moments import moment_ms
from keyturn_providers.text import safe

NEWEST_KNOWN = (2, 9, 16)
_HEALTHY = frozenset({"healthy", "connected", "ok"})
# What each part does, for whoever has never seen the bridge's log.
_PARTS: Mapping[str, str] = {
    "ConfirmationWatcher": "confirms people who have accepted their invitation",
    "StartProvisionWatcher": "starts provisioning when the account is ready",
    "SCIMServer": "answers the identity provider",
    "RedisCache": "remembers what was provisioned",
    "GoogleWorkspaceWatcher": "fetches people from Google Workspace",
    "CertificateManager": "renews the certificate",
}
_EXPECTED = ("ConfirmationWatcher", "RedisCache", "SCIMServer", "StartProvisionWatcher")
_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")


@dataclass(frozen=True, slots=True)
class Report:
    """What one part said of itself. A report is good until `expires_ms`."""

    part: str
    state: str
    expires_ms: int | None


@dataclass(frozen=True, slots=True)
class Health:
    """The body of /health."""

    version: str
    reports: tuple[Report, ...]


def health_of(payload: object) -> Health | None:
    """None for what is no health report."""
    if not isinstance(payload, dict) or not isinstance(payload.get("reports"), list):
        return None
    version = payload.get("version")
    return Health(
        safe(version, 40) if isinstance(version, str) else "",
        tuple(_report(one) for one in payload["reports"] if isinstance(one, dict)),
    )


def health_checks(health: Health, now_ms: int) -> tuple[Check, ...]:
    """One check for each part, known or not, and one for the version. `now_ms` is the bridge's own
    time, as its reports are. An expired report is no report."""
    return (*_parts(health, now_ms), *_missing(health), _version(health.version))


def _report(entry: Mapping[str, object]) -> Report:
    part, state = entry.get("source"), entry.get("state")
    return Report(
        safe(part, 60) if isinstance(part, str) else "unnamed part",
        safe(state, 60) if isinstance(state, str) else "",
        moment_ms(entry.get("expires")),
    )


def _parts(health: Health, now_ms: int) -> Iterator[Check]:
    for report in health.reports:
        does = _PARTS.get(report.part, "a part keyturn does not know")
        condition, words = Condition.WELL, f"It is healthy; it {does}."
        if report.part not in _PARTS:
            words = f"It is healthy; it is {does}."
        if report.expires_ms is None or report.expires_ms <= now_ms:
            condition = Condition.UNKNOWN
            words = (
                f"Its last report ({report.state or 'no state'}) has expired; nothing newer came."
            )
        elif report.state.casefold() not in _HEALTHY:
            condition = Condition.WRONG
            words = f'It says "{report.state}". It {does}; look at the status page and the log.'
        yield Check(Topic.HEALTH, condition, report.part, words)


def _missing(health: Health) -> Iterator[Check]:
    reported = {report.part for report in health.reports}
    for part in _EXPECTED:
        if part not in reported:
            words = (
                f"It has not reported since the bridge started. It {_PARTS[part]}. After a restart"
                " the bridge is locked until a request brings its token, which keyturn's own"
                " requests do: look again in ten minutes."
            )
            yield Check(Topic.HEALTH, Condition.UNKNOWN, part, words)


def _version(version: str) -> Check:
    subject = "bridge version"
    found = _VERSION.search(version)
    if found is None:
        words = "The bridge does not say which version it is."
        return Check(Topic.HEALTH, Condition.UNKNOWN, subject, words)
    number = tuple(int(part or 0) for part in found.groups())
    if number < NEWEST_KNOWN:
        newest = ".".join(map(str, NEWEST_KNOWN))
        words = (
            f"It is {version}; keyturn knows of {newest}. 1Password tells by e-mail when a version"
            " is deprecated, and 90 days later the account stops syncing: update the bridge."
        )
        return Check(Topic.HEALTH, Condition.WATCH, subject, words)
    return Check(Topic.HEALTH, Condition.WELL, subject, f"It is {version}.")
