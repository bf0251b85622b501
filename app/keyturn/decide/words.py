"""The field's terms as enumerations, with the sign and the word each is shown by."""

from enum import StrEnum


class Severity(StrEnum):
    """Most urgent first."""

    URGENT = "urgent"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for the most urgent."""
        return list(Severity).index(self)


class DriftKind(StrEnum):
    """Every kind of drift, by the word it is shown by."""

    LEAVER_ACTIVE = "leaver still active"
    ACCOUNT_WITHOUT_IDENTITY = "account without identity"
    MEMBERSHIP_NOT_IN_DIRECTORY = "membership not in directory"
    GRANT_NOT_IN_POLICY = "grant not in policy"
    DIRECT_GRANT = "direct grant"
    PERMISSIONS_WIDER = "permissions wider than policy"
    PRIVILEGED_ROLE = "privileged role not in policy"
    EXPIRED_EXCEPTION = "expired exception"
    MACHINE_WITHOUT_OWNER = "machine identity without owner"
    MACHINE_OWNER_LEFT = "machine identity whose owner left"
    MISSING_ACCOUNT = "missing account"
    STUCK_INVITE = "stuck invite"
    MISSING_MEMBERSHIP = "missing membership"
    MISSING_GRANT = "missing grant"
    PERMISSIONS_NARROWER = "permissions narrower than policy"
    SUSPENDED_BUT_ACTIVE = "suspended although active in directory"
    PUSH_FAILED = "directory push failed"
    AMBIGUOUS_MATCH = "ambiguous match"
    RENAMED = "renamed"
    EMAIL_CHANGED = "e-mail changed"
    ID_NAME_DISAGREE = "id and name disagree"
    POLICY_OBJECT_GONE = "named in the policy, but gone"
    UNKNOWN_STATE = "unknown state"
    HOSTILE_NAME = "name holds control characters"


class Sign(StrEnum):
    """The gutter glyph; the word beside it says the same."""

    IN_STEP = "="
    SHOULD_BE = "+"
    MUST_GO = "-"
    DIFFERS = "~"
    URGENT = "!"
    NOT_KNOWN = "?"


SIGN_OF: dict[DriftKind, Sign] = {
    DriftKind.LEAVER_ACTIVE: Sign.URGENT,
    DriftKind.ACCOUNT_WITHOUT_IDENTITY: Sign.MUST_GO,
    DriftKind.MEMBERSHIP_NOT_IN_DIRECTORY: Sign.MUST_GO,
    DriftKind.GRANT_NOT_IN_POLICY: Sign.MUST_GO,
    DriftKind.DIRECT_GRANT: Sign.MUST_GO,
    DriftKind.PERMISSIONS_WIDER: Sign.DIFFERS,
    DriftKind.PRIVILEGED_ROLE: Sign.URGENT,
    DriftKind.EXPIRED_EXCEPTION: Sign.MUST_GO,
    DriftKind.MACHINE_WITHOUT_OWNER: Sign.NOT_KNOWN,
    DriftKind.MACHINE_OWNER_LEFT: Sign.URGENT,
    DriftKind.MISSING_ACCOUNT: Sign.SHOULD_BE,
    DriftKind.STUCK_INVITE: Sign.SHOULD_BE,
    DriftKind.MISSING_MEMBERSHIP: Sign.SHOULD_BE,
    DriftKind.MISSING_GRANT: Sign.SHOULD_BE,
    DriftKind.PERMISSIONS_NARROWER: Sign.DIFFERS,
    DriftKind.SUSPENDED_BUT_ACTIVE: Sign.SHOULD_BE,
    DriftKind.PUSH_FAILED: Sign.DIFFERS,
    DriftKind.AMBIGUOUS_MATCH: Sign.NOT_KNOWN,
    DriftKind.RENAMED: Sign.DIFFERS,
    DriftKind.EMAIL_CHANGED: Sign.DIFFERS,
    DriftKind.ID_NAME_DISAGREE: Sign.NOT_KNOWN,
    DriftKind.POLICY_OBJECT_GONE: Sign.NOT_KNOWN,
    DriftKind.UNKNOWN_STATE: Sign.NOT_KNOWN,
    DriftKind.HOSTILE_NAME: Sign.NOT_KNOWN,
}
