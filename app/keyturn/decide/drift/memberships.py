"""Drift of memberships: the secrets groups against the directory groups they stand for."""

from collections import defaultdict
from collections.abc import Iterator

from keyturn.decide.desired import DesiredMembers, desired_members
from keyturn.decide.doubt import link_in_doubt
from keyturn.decide.drift.invitations import expected_people, invite
from keyturn.decide.drift.making import by_hand, finding, remedy
from keyturn.decide.findings import Change, ChangeKind, Finding, ObjectKind, Ref
from keyturn.decide.groups import GroupLink
from keyturn.decide.index import group_and_inside, members_of
from keyturn.decide.names import account_ref, group_ref, listed
from keyturn.decide.people import Person
from keyturn.decide.proof import (
    ACCOUNTS_ALL,
    DIRECTORY_ACCOUNTS,
    GROUPS_ALL,
    SECRETS_ACCOUNTS,
    Need,
    accounts_needed,
    members_needed,
    unproven,
)
from keyturn.decide.words import DriftKind, Severity
from keyturn.decide.world import World
from keyturn_providers.records import AccountKind, Collection, Group, Side


def membership_drift(world: World) -> Iterator[Finding]:
    """Who is in a secrets group and should not be, and the reverse; people without an account."""
    homeless: dict[str, list[str]] = defaultdict(list)
    for link in world.links:
        if link.problem:
            continue
        wanted = desired_members(world, link)
        if link.mappings:
            for key in wanted.without_account:
                homeless[key].append(link.name)
        if link.secrets is None:
            continue
        if link.directory is None:
            yield from _local(world, link.secrets)
        else:
            yield from _linked(world, link, link.directory, link.secrets, wanted)
    yield from _missing_accounts(world, homeless)


def _linked(
    world: World, link: GroupLink, mine: Group, theirs: Group, wanted: DesiredMembers
) -> Iterator[Finding]:
    direct = world.secrets.direct.get(theirs.id, frozenset())
    inside = members_of(world.secrets, theirs.id)
    missing = _Missing(world, mine.id, theirs.id)
    for account_id in sorted(wanted.must - inside):
        yield _absent(world, link, theirs, account_id, missing)
    for account_id in sorted(direct - wanted.may):
        yield _surplus(world, link, theirs, account_id, wanted, missing)
    nested = inside - direct - wanted.may
    if nested:
        yield from _through_nested(world, theirs, nested, missing)


class _Missing:
    """The incomplete listings that a decision about one link rests on, worked out when needed."""

    def __init__(self, world: World, directory_group: str, secrets_group: str) -> None:
        self._world = world
        self._needs = (
            *GROUPS_ALL,
            *members_needed(world, Side.DIRECTORY, directory_group),
            Need(Side.SECRETS, Collection.MEMBERSHIPS, secrets_group),
        )
        self._here = members_needed(world, Side.DIRECTORY, directory_group)
        self._there = members_needed(world, Side.SECRETS, secrets_group)
        self._known: dict[tuple[Need, ...], tuple[str, ...]] = {}

    def words(self, person: Person | None) -> tuple[str, ...]:
        """For acting on that person's account."""
        return self._unproven((*accounts_needed(person), *self._needs))

    def of_directory(self, person: Person | None) -> tuple[str, ...]:
        """Where that person could be in the directory's group all the same."""
        known = person is not None and person.directory is not None
        return self._unproven((*(() if known else DIRECTORY_ACCOUNTS), *self._here))

    def of_secrets(self) -> tuple[str, ...]:
        """Where an account could be in the secrets group all the same."""
        return self._unproven(self._there)

    def _unproven(self, needs: tuple[Need, ...]) -> tuple[str, ...]:
        if needs not in self._known:
            self._known[needs] = unproven(self._world, needs)
        return self._known[needs]


def _absent(
    world: World, link: GroupLink, group: Group, account_id: str, missing: _Missing
) -> Finding:
    ref, person = _account(world, account_id)
    target = group_ref(Side.SECRETS, group)
    unread = missing.words(world.people.get(person))
    change = Change(ChangeKind.ADD_MEMBERSHIP, Side.SECRETS, account=_own(world, ref), group=target)
    return finding(
        DriftKind.MISSING_MEMBERSHIP,
        Severity.MEDIUM,
        ref,
        f"{ref.name} is in {link.name} in {world.directory.name}, but not in {group.name} in "
        f"{world.secrets.name}.",
        remedy(world, [change], missing=unread, against=_against(world, link)),
        of=target,
        person=person,
        policy_line=_line(link),
        unread=missing.of_secrets(),
    )


def _surplus(
    world: World,
    link: GroupLink,
    group: Group,
    account_id: str,
    wanted: DesiredMembers,
    missing: _Missing,
) -> Finding:
    ref, key = _account(world, account_id)
    target = group_ref(Side.SECRETS, group)
    account = world.secrets.accounts.get(account_id)
    person = world.people.get(key)
    matched = person is not None and person.directory is not None
    against = _against(world, link)
    if account is None:
        against = f"{world.secrets.name} does not list this account: refresh, or look there."
    elif not matched and account.kind is AccountKind.SERVICE:
        against = "It is a service account: remove it by hand if it does not belong there."
    elif wanted.unlisted:
        against = (
            f"{link.name} has members in {world.directory.name} that its accounts do not show "
            f"({listed(wanted.unlisted)}); this account may be one of them, or in one of them."
        )
    change = Change(
        ChangeKind.REMOVE_MEMBERSHIP, Side.SECRETS, account=_own(world, ref), group=target
    )
    return finding(
        DriftKind.MEMBERSHIP_NOT_IN_DIRECTORY,
        Severity.HIGH,
        ref,
        f"{ref.name} is in {group.name} in {world.secrets.name}, but not in {link.name} in "
        f"{world.directory.name}.",
        remedy(world, [change], missing=missing.words(person), against=against),
        of=target,
        person=key,
        path=group.name,
        policy_line=_line(link),
        unread=missing.of_directory(person),
    )


def _through_nested(
    world: World, group: Group, nested: frozenset[str], missing: _Missing
) -> Iterator[Finding]:
    """Accounts that are in `group` only through a nested group, and should not be. Where the nested
    group is linked itself, its own findings mend it."""
    reported: set[str] = set()
    for inner, chain in group_and_inside(world.secrets, group.id).items():
        link = world.link_of_secrets.get(inner)
        if inner == group.id or (link is not None and link.managed):
            continue
        path = " > ".join(world.secrets.group_name(x) for x in chain)
        for account_id in sorted(world.secrets.direct.get(inner, frozenset()) & nested - reported):
            reported.add(account_id)
            ref, key = _account(world, account_id)
            yield finding(
                DriftKind.MEMBERSHIP_NOT_IN_DIRECTORY,
                Severity.HIGH,
                ref,
                f"{ref.name} is in {group.name} in {world.secrets.name} through {path}, but not in "
                f"the group it stands for in {world.directory.name}.",
                by_hand(
                    f"Take {world.secrets.group_name(inner)} out of {group.name}, or link it to a "
                    "directory group in the policy."
                ),
                of=group_ref(Side.SECRETS, group),
                person=key,
                path=path,
                unread=missing.of_directory(world.people.get(key)),
            )


def _local(world: World, group: Group) -> Iterator[Finding]:
    """Members of a secrets group that nothing in the directory stands for.

    Not of one that the source fills itself, nor where being in it is a privileged role: that is
    held against the policy as a role.
    """
    if group.managed_by:
        return
    target = group_ref(Side.SECRETS, group)
    unread = unproven(world, GROUPS_ALL[:1])
    for account_id in sorted(world.secrets.direct.get(group.id, frozenset())):
        account = world.secrets.accounts.get(account_id)
        if account is not None and group.name in account.roles:
            continue
        ref, key = _account(world, account_id)
        yield finding(
            DriftKind.MEMBERSHIP_NOT_IN_DIRECTORY,
            Severity.MEDIUM,
            ref,
            f"{ref.name} is in {group.name} in {world.secrets.name}; no group in "
            f"{world.directory.name} stands for it.",
            by_hand(
                f"Link {group.name} to a directory group under mappings, or remove the member by "
                "hand. An offboarding removes it."
            ),
            of=target,
            person=key,
            path=group.name,
            unread=unread,
        )


def _missing_accounts(world: World, homeless: dict[str, list[str]]) -> Iterator[Finding]:
    missing, unread = unproven(world, ACCOUNTS_ALL), unproven(world, SECRETS_ACCOUNTS)
    invited = {person.key for person in expected_people(world).values()}
    for key, groups in homeless.items():
        if key in invited:
            continue
        ref = Ref(
            Side.DIRECTORY, ObjectKind.ACCOUNT, key.removeprefix("d:"), world.people[key].name
        )
        mine = world.people[key].directory
        advice = by_hand("") if mine is None else invite(world, mine, missing)
        yield finding(
            DriftKind.MISSING_ACCOUNT,
            Severity.MEDIUM,
            ref,
            f"{ref.name} is in {listed(groups)} but has no account in {world.secrets.name}.",
            remedy(world, [], missing=missing) if missing else advice,
            person=key,
            unread=unread,
        )


def _account(world: World, account_id: str) -> tuple[Ref, str]:
    """An account of the secrets side by its person's name, and the key of that person."""
    account = world.secrets.accounts.get(account_id)
    person = world.person_of.get((Side.SECRETS, account_id))
    if account is None or person is None:
        return Ref(Side.SECRETS, ObjectKind.ACCOUNT, account_id, account_id), ""
    return Ref(Side.SECRETS, ObjectKind.ACCOUNT, account_id, person.name), person.key


def _own(world: World, ref: Ref) -> Ref:
    """The account by the name it has itself, for a change is checked against the account."""
    account = world.secrets.accounts.get(ref.id)
    return ref if account is None else account_ref(Side.SECRETS, account)


def _against(world: World, link: GroupLink) -> str:
    if not link.managed:
        return (
            f"{link.name} is linked by its name only, which keyturn does not act on: name the "
            "group under mappings."
        )
    if link.secrets is not None and link.secrets.managed_by:
        return (
            f"{world.secrets.name} lets {link.secrets.managed_by} decide who is in "
            f"{link.secrets.name}: it follows there, keyturn cannot change it."
        )
    return link_in_doubt(world, link)


def _line(link: GroupLink) -> int:
    return link.mappings[0].line if link.mappings else 0
