"""A finding: one instance of drift, with what would mend it."""

from dataclasses import dataclass
from enum import StrEnum

from keyturn.decide.words import SIGN_OF, DriftKind, Severity, Sign
from keyturn_providers.records import Level, PrincipalKind, Side


class ChangeKind(StrEnum):
    """Every kind of change keyturn can make. Each is one remote write."""

    SUSPEND = "suspend"
    REACTIVATE = "reactivate"
    DEACTIVATE = "deactivate"
    END_SESSION = "end session"
    END_ALL_SESSIONS = "end all sessions"
    PROVISION = "provision"
    CONFIRM = "confirm"
    ADD_MEMBERSHIP = "add membership"
    REMOVE_MEMBERSHIP = "remove membership"
    GRANT = "grant"
    REVOKE = "revoke"
    RESTORE_GRANT = "restore grant"
    NARROW = "narrow"

    @property
    def removes(self) -> bool:
        """Whether the change takes access away (and so needs complete, fresh listings)."""
        return self in REMOVALS

    @property
    def can_be_read_back(self) -> bool:
        """Whether a source can be asked if the whole of the change is in effect. A directory lists
        the tokens that it gave to applications at best, and no browser sessions: that those were
        ended, its audit log alone can prove."""
        return self is not ChangeKind.END_ALL_SESSIONS


REMOVALS = frozenset(
    {
        ChangeKind.SUSPEND,
        ChangeKind.DEACTIVATE,
        ChangeKind.END_SESSION,
        ChangeKind.END_ALL_SESSIONS,
        ChangeKind.REMOVE_MEMBERSHIP,
        ChangeKind.REVOKE,
        ChangeKind.NARROW,
    }
)


class ObjectKind(StrEnum):
    """What a decision can be about."""

    ACCOUNT = "account"
    GROUP = "group"
    VAULT = "vault"
    MACHINE = "machine"
    POLICY = "policy"


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """An object in one source, by id, with the name it had when read."""

    side: Side
    kind: ObjectKind
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Change:
    """A wished change, not yet an operation of a plan. Which fields are set depends on the kind:

    SUSPEND, REACTIVATE, DEACTIVATE, END_ALL_SESSIONS, CONFIRM: account. END_SESSION: account,
    session_id. ADD/REMOVE_MEMBERSHIP: account, group. PROVISION: account (the directory's), email,
    and after_ms where only an invitation from after that moment counts. GRANT: principal_kind,
    principal, vault, level. REVOKE, RESTORE_GRANT, NARROW: principal_kind, principal, carrier, and
    vaults + level as they are to be shown.

    `permissions` are set where the source grants them one by one. GRANT: the closed set to be held.
    RESTORE_GRANT, REVOKE: what the edge is to give again, or gave. NARROW: what is to be left.
    """

    kind: ChangeKind
    side: Side
    account: Ref | None = None
    group: Ref | None = None
    principal_kind: PrincipalKind | None = None
    principal: Ref | None = None
    vaults: tuple[Ref, ...] = ()
    level: Level | None = None
    carrier: str = ""
    session_id: str = ""
    permissions: tuple[str, ...] = ()
    email: str = ""
    after_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """`id` is stable: the same drift seen in two snapshots has the same id.

    `person` is the person's key (see `match`), empty for findings about groups, vaults, machines
    or the policy. `words` is one plain sentence. `remedy` is empty where keyturn cannot mend it,
    and `remedy_words` then says who can. `unread` are, in words, the listings that were not read to
    their end and in which what the finding misses could be: then it may not be so.
    """

    id: str
    kind: DriftKind
    severity: Severity
    subject: Ref
    words: str
    object: Ref | None = None
    person: str = ""
    path: str = ""
    remedy: tuple[Change, ...] = ()
    remedy_words: str = ""
    policy_line: int = 0
    unread: tuple[str, ...] = ()

    @property
    def sign(self) -> Sign:
        """The gutter glyph of its kind; of what may not be so, that it is not known."""
        return Sign.NOT_KNOWN if self.unread else SIGN_OF[self.kind]
