"""The differences between what should be and what is. Pure, and linear in what was read."""

from keyturn.decide.drift.accounts import account_drift
from keyturn.decide.drift.direct import direct_grant_drift, role_drift
from keyturn.decide.drift.grants import group_grant_drift
from keyturn.decide.drift.invitations import invitation_drift
from keyturn.decide.drift.machines import machine_drift
from keyturn.decide.drift.memberships import membership_drift
from keyturn.decide.drift.oddities import odd_things
from keyturn.decide.drift.pushes import push_drift
from keyturn.decide.findings import Finding
from keyturn.decide.groups import GroupLink
from keyturn.decide.people import Matching
from keyturn.decide.rules import Rules
from keyturn.decide.world import World, look
from keyturn_providers.records import Snapshot


def drift_in(world: World) -> tuple[Finding, ...]:
    """Every finding, most urgent first, then by kind and name. Ids are unique and stable."""
    found = [
        *account_drift(world),
        *membership_drift(world),
        *group_grant_drift(world),
        *direct_grant_drift(world),
        *role_drift(world),
        *machine_drift(world),
        *invitation_drift(world),
        *push_drift(world),
        *odd_things(world),
    ]
    found.sort(key=lambda f: (f.severity.rank, f.kind.value, f.subject.name, f.id))
    return tuple(found)


def find_drift(
    directory: Snapshot,
    secrets: Snapshot,
    matching: Matching,
    links: tuple[GroupLink, ...],
    rules: Rules,
    now_ms: int,
) -> tuple[Finding, ...]:
    """`drift_in` for values that are not arranged yet (see `look`).

    A remedy is attached only where the listings it rests on are complete, on both sides, nothing
    in it is ambiguous, and the policy names its objects rightly; else `remedy_words` says what to
    do first.
    """
    return drift_in(look(directory, secrets, matching, links, rules, now_ms))
