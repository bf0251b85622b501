"""Why somebody can open a vault, or cannot: every path, in words a helpdesk can read aloud."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from keyturn.decide.desired import beyond, desired_grants, permitted
from keyturn.decide.index import ways_of
from keyturn.decide.names import LEVEL_WORDS, listed
from keyturn.decide.people import Person
from keyturn.decide.world import World
from keyturn_providers.records import AccountState, Grant, Level, PrincipalKind


@dataclass(frozen=True, slots=True)
class AccessPath:
    """One way in which a person may do `level` on a vault.

    `groups` are the names from the person's own group to the one that holds the grant, outermost
    last; empty for a direct grant. `in_policy` with `policy_line` where a mapping or a live
    exception (`until_ms`) wants it. `carrier` is the edge that a revocation would remove.
    """

    vault_id: str
    vault_name: str
    level: Level
    groups: tuple[str, ...]
    group_ids: tuple[str, ...]
    carrier: str
    in_policy: bool
    policy_line: int = 0
    until_ms: int | None = None
    note: str = ""

    @property
    def via(self) -> str:
        """`direct`, or the groups joined by ` > `."""
        return " > ".join(self.groups) or "direct"


def access_paths(world: World, person: Person) -> tuple[AccessPath, ...]:
    """Every path that gives the person's secrets account an access, strongest first, then by vault.

    Paths are listed whatever the account's state: a suspended account keeps them, it just cannot
    use them. Costs only what the person is in, not the size of the organisation.
    """
    if person.secrets is None:
        return ()
    found = [*_direct(world, person, person.secrets.id), *_through(world, person.secrets.id)]
    found.sort(
        key=lambda p: (
            -p.level.rank,
            p.vault_name,
            p.vault_id,
            len(p.groups),
            p.carrier,
            p.group_ids,
        )
    )
    return tuple(found)


def _direct(world: World, person: Person, account_id: str) -> Iterator[AccessPath]:
    for grant in world.secrets.grants_of.get((PrincipalKind.ACCOUNT, account_id), ()):
        if grant.level is Level.NONE:
            continue
        allowed = permitted(world, person.key, grant.vault_id)
        live = allowed.live if allowed.covers(grant) else None
        line, until = (live.line, live.until_ms) if live else (0, None)
        yield _path(world, grant, (), live is not None, line, until)


def _through(world: World, account_id: str) -> Iterator[AccessPath]:
    for chain in ways_of(world.secrets, account_id):
        link = world.link_of_secrets.get(chain[-1])
        wanted = desired_grants(link)
        for grant in world.secrets.grants_of.get((PrincipalKind.GROUP, chain[-1]), ()):
            if grant.level is Level.NONE:
                continue
            rule = wanted.get(grant.vault_id)
            fits = rule is not None and not beyond(grant, rule)
            yield _path(world, grant, chain, fits, rule.line if rule and fits else 0, None)


def _path(
    world: World,
    grant: Grant,
    chain: tuple[str, ...],
    in_policy: bool,
    line: int,
    until_ms: int | None,
) -> AccessPath:
    return AccessPath(
        vault_id=grant.vault_id,
        vault_name=world.secrets.vault_name(grant.vault_id),
        level=grant.level,
        groups=tuple(world.secrets.group_name(x) for x in chain),
        group_ids=chain,
        carrier=grant.carrier,
        in_policy=in_policy,
        policy_line=line,
        until_ms=until_ms,
        note=grant.note,
    )


def why(world: World, person: Person, vault_id: str | None = None) -> str:
    """What the person can open and why, as one or two sentences; with `vault_id`, about that vault
    only. Says what is not known rather than a plain no."""
    state = _state_words(world, person)
    paths = [p for p in access_paths(world, person) if vault_id in {None, p.vault_id}]
    if vault_id is not None:
        vault = world.secrets.vault_name(vault_id)
        if not paths:
            return f"{person.name} cannot open {vault}{as_far_as_seen(world)}. {state}".strip()
        return f"{_one_vault(person, paths)} {state}".strip()
    if not paths:
        return f"{person.name} can open no vault{as_far_as_seen(world)}. {state}".strip()
    best: dict[str, AccessPath] = {}
    for path in paths:
        best.setdefault(path.vault_id, path)
    names = [f"{p.vault_name} ({p.level.value} by {_by(p)})" for p in best.values()]
    return f"{person.name} {_can(person)} open {listed(names)}. {state}".strip()


def _one_vault(person: Person, paths: list[AccessPath]) -> str:
    first, *others = paths
    policy = f"policy line {first.policy_line}" if first.in_policy else "not in policy"
    if first.until_ms is not None:
        policy += f", until {day(first.until_ms)}"
    more = f" There are {len(others)} more ways: " if len(others) > 1 else " There is another way: "
    rest = f"{more}{listed(_by(p) for p in others)}." if others else ""
    return (
        f"{person.name} {_can(person)} {LEVEL_WORDS[first.level]} {first.vault_name} because of "
        f"{_by(first)} ({policy}).{rest}"
    )


def _by(path: AccessPath) -> str:
    return f"the group {path.via}" if path.groups else "a direct grant"


def _can(person: Person) -> str:
    account = person.secrets
    if account is not None and account.state.is_off:
        return f"could, if not {account.state.value},"
    if account is not None and account.state is AccountState.INVITED:
        return "could, once the invitation is accepted and confirmed,"
    if account is not None and account.state is AccountState.UNKNOWN:
        return "can perhaps"
    return "can"


def _state_words(world: World, person: Person) -> str:
    mine, theirs = person.directory, person.secrets
    here, there = world.directory.name, world.secrets.name
    if theirs is None:
        return f"There is no account in {there}."
    if mine is None:
        return f"Nobody in {here} stands behind the account."
    if mine.state.is_off and theirs.state is AccountState.ACTIVE:
        return f"{here} has the account {mine.state.value}; {there} still has it active."
    if mine.state is not theirs.state:
        return f"The account is {mine.state.value} in {here} and {theirs.state.value} in {there}."
    return "" if mine.state is AccountState.ACTIVE else f"The account is {mine.state.value}."


def as_far_as_seen(world: World) -> str:
    """Words that turn `no access` into `none visible` where something could not be seen."""
    spots = world.secrets.snapshot.blind_spots
    if not world.secrets.snapshot.complete:
        return f" as far as keyturn has read {world.secrets.name}, which is not complete"
    return f" as far as keyturn can see (not seen: {listed(spots)})" if spots else ""


def told(person: Person, path: AccessPath) -> str:
    """One path in plain words, to be read aloud: who is in what, and what that may do."""
    what = f"{LEVEL_WORDS[path.level]} {path.vault_name}"
    policy = f"policy line {path.policy_line}" if path.in_policy else "not in policy"
    if path.until_ms is not None:
        policy += f", until {day(path.until_ms)}"
    note = f" ({path.note})" if path.note else ""
    if not path.groups:
        return f"{person.name} may {what} by a direct grant: {policy}{note}."
    first, *others = path.groups
    chain = "".join(f", which is in {group}" for group in others)
    return f"{person.name} is in {first}{chain}, which may {what}: {policy}{note}."


def day(at_ms: int) -> str:
    """A moment as `14 Mar 2027` in UTC."""
    at = datetime.fromtimestamp(at_ms / 1000, tz=UTC)
    return f"{at.day} {at:%b %Y}"
