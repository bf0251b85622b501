"""Why somebody can open a vault, or cannot: every path, in words a helpdesk can read aloud."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from keyturn.decide.desired import beyond, desired_grants, permitted
from keyturn.decide.groups import GroupLink
from keyturn.decide.index import chains_of, members_of
from keyturn.decide.names import LEVEL_WORDS, listed
from keyturn.decide.people import Person
from keyturn.decide.world import World
from keyturn_providers.records import AccountState, Collection, Grant, Level, PrincipalKind, Side


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
    found.sort(key=lambda p: (-p.level.rank, p.vault_name, p.vault_id, len(p.groups), p.carrier))
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
    for chain in chains_of(world.secrets, account_id):
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
            return f"{person.name} cannot open {vault}{_as_far_as_seen(world)}. {state}".strip()
        return f"{_one_vault(person, paths)} {state}".strip()
    if not paths:
        return f"{person.name} can open no vault{_as_far_as_seen(world)}. {state}".strip()
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


def _as_far_as_seen(world: World) -> str:
    """Words that turn `no access` into `none visible` where something could not be seen."""
    spots = world.secrets.snapshot.blind_spots
    if not world.secrets.snapshot.complete:
        return f" as far as keyturn has read {world.secrets.name}, which is not complete"
    return f" as far as keyturn can see (not seen: {listed(spots)})" if spots else ""


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One question on the way from a person to a vault. `holds` None: it cannot be told."""

    question: str
    holds: bool | None
    words: str


def why_not(world: World, person: Person, vault_id: str) -> tuple[TraceStep, ...]:
    """Where access to a vault ends: known here? matched? active? in a mapped group? linked? member?
    granted? The first step that does not hold is the reason; later ones are told all the same."""
    here, there = world.directory.name, world.secrets.name
    mine, theirs = person.directory, person.secrets
    steps = [
        _step(f"Is there an account in {here}?", mine is not None, "yes", "no"),
        _step(f"Is there one in {there}?", theirs is not None, "yes", "none is matched"),
        _active(f"Is the account in {there} active?", person),
    ]
    wanting = [link for link in world.links if vault_id in desired_grants(link)]
    vault = world.secrets.vault_name(vault_id)
    steps.append(
        _step(
            f"Does the policy give anybody {vault}?",
            bool(wanting),
            f"to {listed(link.name for link in wanting)}",
            "no mapping names it",
        )
    )
    for link in wanting:
        steps.extend(_link_steps(world, person, link, vault_id))
    return tuple(steps)


def _active(question: str, person: Person) -> TraceStep:
    if person.secrets is None:
        return TraceStep(question, False, "there is none")
    state = person.secrets.state
    known = None if state is AccountState.UNKNOWN else state is AccountState.ACTIVE
    return TraceStep(question, known, person.secrets.state_raw or state.value)


def _link_steps(
    world: World, person: Person, link: GroupLink, vault_id: str
) -> Iterator[TraceStep]:
    here, there = world.directory.name, world.secrets.name
    # Only a directory group has mappings, so its id is in the key.
    group_id = link.key.removeprefix("d:")
    mine = person.directory is not None and person.directory.id in members_of(
        world.directory, group_id
    )
    yield _member(world, Side.DIRECTORY, group_id, link.name, mine)
    if link.secrets is None:
        yield TraceStep(
            f"Does a group in {there} stand for {link.name}?", False, link.problem or "none does"
        )
        return
    yield TraceStep(
        f"Does a group in {there} stand for {link.name} of {here}?",
        True,
        f"{link.secrets.name}, linked by {link.linked_by.value}",
    )
    theirs = person.secrets is not None and person.secrets.id in members_of(
        world.secrets, link.secrets.id
    )
    yield _member(world, Side.SECRETS, link.secrets.id, link.secrets.name, theirs)
    held = [
        grant.level
        for grant in world.secrets.grants_of.get((PrincipalKind.GROUP, link.secrets.id), ())
        if grant.vault_id == vault_id and grant.level is not Level.NONE
    ]
    yield _step(
        f"Does {link.secrets.name} hold a grant on {world.secrets.vault_name(vault_id)}?",
        bool(held),
        listed(level.value for level in held),
        "none that keyturn can see",
    )


def _member(world: World, side: Side, group_id: str, name: str, inside: bool) -> TraceStep:
    indexed = world.side(side)
    question = f"Is the person in {name} in {indexed.name}?"
    if not inside and not indexed.complete(Collection.MEMBERSHIPS, group_id):
        return TraceStep(question, None, "its members could not be read to the end")
    return _step(question, inside, "yes", "no")


def _step(question: str, holds: bool, yes: str, no: str) -> TraceStep:
    return TraceStep(question, holds, yes if holds else no)


def day(at_ms: int) -> str:
    """A moment as `14 Mar 2027` in UTC."""
    at = datetime.fromtimestamp(at_ms / 1000, tz=UTC)
    return f"{at.day} {at:%b %Y}"
