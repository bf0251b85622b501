"""The rows of the lists and of the header: what a first paint is made of. Also in `rows`, with all
others. Tuples with names: their classes are made in a fifth of the time."""

from typing import NamedTuple

from keyturn_providers.source import SourceIdentity


class FindingRow(NamedTuple):
    """`since_ms` is when the first assessment that had it was made, without a break since."""

    id: str
    kind: str
    severity: str
    severity_rank: int
    sign: str
    person_key: str
    subject_ref: str
    subject_name: str
    object_ref: str
    object_name: str
    words: str
    body: str
    since_ms: int


class PersonRow(NamedTuple):
    """One line of the Users pane. A state is None where that side has no account."""

    no: int
    key: str
    name: str
    login: str
    directory_id: str | None
    secrets_id: str | None
    directory_state: str | None
    secrets_state: str | None
    sign: str
    severity_rank: int
    findings: int


class GroupRow(NamedTuple):
    """One line of the Groups pane. Member counts are None where that side has no such group.

    With a person in focus, `in_directory` / `in_secrets` say whether the person is a member
    (effective, nesting included) and `sign` is about the person's membership.

    `unread` has the sides ("directory", "secrets") of which less is known than there may be: the
    members of the group were not read to their end, or no group is known there and the groups were
    not."""

    no: int
    key: str
    name: str
    directory_id: str | None
    secrets_id: str | None
    directory_members: int | None
    secrets_members: int | None
    in_directory: bool
    in_secrets: bool
    sign: str
    word: str
    unread: frozenset[str] = frozenset()


class GrantRow(NamedTuple):
    """One line of the Vault grants pane.

    `via` is "direct" or the names from the person's group to the granted group, outermost last,
    joined by " > ". `openers` counts the people who can open the vault, where no person is in
    focus. A missing grant that the policy wants has sign "+" and an empty carrier."""

    no: int
    vault_id: str
    vault_name: str
    via: str
    level: str
    permissions: str
    principal_kind: str
    principal_id: str
    principal_name: str
    carrier: str
    openers: int | None
    sign: str
    word: str
    finding_id: str


class SourceRow(NamedTuple):
    """The newest snapshot of a source, with what the header and the Sources screen show. It
    tells of nothing that happened after `taken_ms`, when its reading began."""

    source: SourceIdentity
    snapshot_id: int
    taken_ms: int
    complete: bool
    listings_total: int
    listings_complete: int
    unreadable: int
    accounts: int
    groups: int
    vaults: int
    grants: int
    machines: int
    blind_spots: tuple[str, ...]
    error: str


class DriftCounts(NamedTuple):
    urgent: int
    total: int
