"""What the pack tells of the leaver: the case, what they held, and what has to be changed."""

from dataclasses import dataclass

from keyturn.evidence.pack_runs import TotalsTold


@dataclass(frozen=True, slots=True)
class CaseTold:
    """`runs` are the ids of those in this evidence, oldest first. `stated` are what the operator
    said on the command line of the report, `from_case` what was stated in the leaver's case;
    keyturn checked none of it."""

    case: str | None
    opened_by: str | None
    opened: str | None
    type: str | None
    mode: str | None
    runs: tuple[str, ...]
    scope: str
    title: str
    state: str
    operators: tuple[str, ...]
    started: str
    ended: str | None
    left_at: str | None
    left_at_as_stated: str | None
    approver: str | None
    ticket: str | None
    legal_hold: str | None
    stated: tuple[str, ...]
    from_case: tuple[str, ...]
    totals: TotalsTold
    proven: bool
    verdict: str


@dataclass(frozen=True, slots=True)
class CaseNoteTold:
    """Something decided in the case; `entry` of the journal covers it."""

    what: str
    words: str
    by: str
    at: str
    entry: int


@dataclass(frozen=True, slots=True)
class PersonTold:
    key: str
    name: str
    logins: tuple[str, ...]
    emails: tuple[str, ...]
    title: str | None
    department: str | None
    manager: str | None
    matched_by: str | None


@dataclass(frozen=True, slots=True)
class AccessTold:
    """One way in, before and after. `step` is the label of the last step that took it, None where
    none did; `found_by` the number of the first run whose plan found it. `seen_later` is what the
    first whole refresh after the last run says."""

    kind: str
    name: str
    id: str
    level: str
    via: str
    step: str | None
    after: str
    seen_later: str | None
    found_by: int = 1


@dataclass(frozen=True, slots=True)
class WindowTold:
    """A time in which the account was on. `from_` None: no leave time was stated; `until` None: no
    end is proven."""

    from_: str | None
    until: str | None
    minutes: int | None
    because: str


@dataclass(frozen=True, slots=True)
class ExposureTold:
    """From leave time to the verified cut, and from each return to the next one. `minutes`, of all
    windows together, None with `open`: the last never ended as far as is proven. `at_most`: it
    ended earlier than keyturn saw it, or began later. `cut` is the end of the last one."""

    minutes: int | None
    open: bool
    at_most: bool
    cut: str | None
    last_cut: str | None
    last_minutes: int | None
    words: str
    windows: tuple[WindowTold, ...] = ()


@dataclass(frozen=True, slots=True)
class SystemTold:
    source: str
    kind: str
    tenant: str
    side: str
    account: str | None
    account_id: str | None
    state_before: str | None
    access_from: str
    access: tuple[AccessTold, ...]
    exposure: ExposureTold


@dataclass(frozen=True, slots=True)
class MachineTold:
    name: str
    id: str
    kind: str
    source: str
    last_used: str | None
    expires: str | None
    new_owner: str | None
    words: str


@dataclass(frozen=True, slots=True)
class ExceptionTold:
    """What the policy let the person hold outside of its mappings, and who answers for it."""

    vault: str
    vault_id: str
    level: str
    until: str
    owner: str
    reason: str
    ticket: str | None


@dataclass(frozen=True, slots=True)
class RotationEntryTold:
    """One item to be changed, never what is in it; `item` None stands for everything else in the
    vault. `urgency` is its class. `closed` is when it was changed for good, `closed_by` the account
    that did; `change_is_seen` says whether a change can be seen at all."""

    item: str | None
    vault: str
    vault_name: str
    contact: str
    times: int
    last_used: str | None
    last_changed: str | None
    urgency: str
    due: str
    because: str
    change_is_seen: bool
    perhaps_changed: str | None
    closed: str | None
    closed_by: str | None


@dataclass(frozen=True, slots=True)
class RotationTold:
    """Most urgent first, closed entries last. `basis` says what the list rests on, `items_listed`
    when items were last looked at, `missing` which part of the period no archive covers."""

    basis: tuple[str, ...]
    left: str | None
    cut: str | None
    from_: str | None
    until: str | None
    items_listed: str | None
    usage_known: bool
    entries: tuple[RotationEntryTold, ...]
    entries_in_all: int
    open: int
    changes_not_seen_in: tuple[str, ...]
    missing: tuple[str, ...]
