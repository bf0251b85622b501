"""People and findings, short to write, stored as decided from the newest snapshots."""

from collections.abc import Sequence

from tests.storage.worlds import DIRECTORY, SECRETS

from keyturn_storage.rows import FindingIn, GroupLinkIn, PersonIn
from keyturn_storage.snapshots import Cache


def person(key: str, name: str, rank: int = 9, sign: str = "=", **ids: str) -> PersonIn:
    """Somebody with an account `d` in the directory, `s` in the secret manager, or both."""
    return PersonIn(
        key, name, ids.get("d"), ids.get("s"), "verified e-mail", sign, rank, int(rank < 9)
    )


def found(
    id_: str,
    *,
    rank: int = 1,
    sign: str = "-",
    person_key: str = "",
    kind: str = "grant not in policy",
    subject: str = "",
    about: str = "",
    about_name: str = "",
    body: str = "{}",
) -> FindingIn:
    """A finding of which only what a test looks at is realistic."""
    severity = ("urgent", "high", "medium", "low")[rank]
    return FindingIn(
        id_, kind, severity, rank, sign, person_key, subject, "", about, about_name, "words", body
    )


def store(
    cache: Cache,
    people: Sequence[PersonIn] = (),
    groups: Sequence[GroupLinkIn] = (),
    findings: Sequence[FindingIn] = (),
    *,
    at_ms: int = 500,
) -> None:
    """Decided about the newest snapshots of both sides."""
    here, there = cache.latest(DIRECTORY.name), cache.latest(SECRETS.name)
    assert here is not None
    assert there is not None
    cache.store_assessment(here.id, there.id, at_ms, people, groups, findings)
