"""A leaver's card: what a person has on both sides, from the newest snapshots and live sessions."""

from collections.abc import Iterator, Sequence

from keyturn.decide.blast_radius import BlastRadius
from keyturn.decide.blast_words import parts_of
from keyturn.decide.explain import access_paths
from keyturn.decide.index import chains_of
from keyturn.decide.names import listed
from keyturn.decide.people import Person
from keyturn.decide.world import World
from keyturn.tui.ages import age
from keyturn.tui.engine import Card, CardLine
from keyturn_providers.records import Account, AccountState, Collection, Session, Side

NONE = CardLine("none", " ", "dim")


def card_of(
    world: World, person: Person, sessions: Sequence[Session] | str, held: BlastRadius, now_ms: int
) -> Card:
    """The card. `sessions` are the live ones, or in words why they are not known; `held` is what
    the person can reach, of which the numbers are told first."""
    parts = (
        ("Accounts", tuple(_accounts(world, person))),
        ("What leaving takes along", tuple(_reach(world, held))),
        ("Vaults", tuple(_vaults(world, person)) or (NONE,)),
        ("Groups", tuple(_groups(world, person)) or (NONE,)),
        ("Sessions", tuple(_sessions(sessions, now_ms))),
    )
    return Card(person.key, person.name, parts)


def _reach(world: World, held: BlastRadius) -> Iterator[CardLine]:
    """What somebody has to decide about, by name; of the rest the numbers, for the names follow."""
    parts = parts_of(held, {side: world.side(side).name for side in Side})
    some = (part.heading for part in parts if not part.warns and not part.heading.startswith("0 "))
    yield CardLine(", ".join(some) or "nothing that keyturn can see")
    for part in parts:
        if part.warns:
            names = f": {listed(part.lines, limit=len(part.lines))}" if part.lines else ""
            yield CardLine(f"{part.heading}{names}", "?" if "not known" in part.heading else "!")


def _accounts(world: World, person: Person) -> Iterator[CardLine]:
    leaves = person.directory is None or person.directory.state.is_off
    for side, account in ((Side.DIRECTORY, person.directory), (Side.SECRETS, person.secrets)):
        source = world.side(side).name
        if account is None:
            whole = world.side(side).complete(Collection.ACCOUNTS)
            unread = "" if whole else " is known; the accounts there were not read to the end"
            yield CardLine(f"{source}: no account{unread}", " " if whole else "?", "dim")
            continue
        active = account.state is AccountState.ACTIVE
        urgent = active and side is Side.SECRETS and leaves
        yield CardLine(
            f"{source}: {account.name}, {account.state.value}{_title(account)}",
            "!" if urgent else "=" if active else " ",
        )
    yield CardLine(f"matched by {person.matched_by.value}", " ", "dim")


def _title(account: Account) -> str:
    parts = [part for part in (account.title, account.department) if part]
    roles = [f"privileged: {', '.join(account.roles)}"] if account.roles else []
    return "".join(f", {part}" for part in (*parts, *roles))


def _vaults(world: World, person: Person) -> Iterator[CardLine]:
    for path in access_paths(world, person):
        via = f"through {path.via}" if path.groups else "by a direct grant"
        line = f" (line {path.policy_line})" if path.policy_line else ""
        policy = f"in policy{line}" if path.in_policy else "not in policy"
        yield CardLine(
            f"{path.vault_name}: {path.level.value} {via}, {policy}",
            "=" if path.in_policy else "-",
        )


def _groups(world: World, person: Person) -> Iterator[CardLine]:
    found: dict[str, list[str]] = {}
    filled: set[str] = set()  # by the source itself: nobody has to leave it
    if person.directory is not None:
        for group in world.directory.groups_of.get(person.directory.id, ()):
            link = world.link_of_directory.get(group)
            name = link.name if link is not None else world.directory.group_name(group)
            found.setdefault(name, []).append(world.directory.name)
    if person.secrets is not None:
        for group in dict.fromkeys(
            chain[0] for chain in chains_of(world.secrets, person.secrets.id)
        ):
            there = world.link_of_secrets.get(group)
            name = there.name if there is not None else world.secrets.group_name(group)
            found.setdefault(name, []).append(world.secrets.name)
            if (known := world.secrets.groups.get(group)) is not None and known.managed_by:
                filled.add(name)
    for name in sorted(found, key=str.casefold):
        sides = list(dict.fromkeys(found[name]))
        extra = sides == [world.secrets.name] and name not in filled
        yield CardLine(f"{name}: in {' and '.join(sides)}", "-" if extra else "=")


def _sessions(sessions: Sequence[Session] | str, now_ms: int) -> Iterator[CardLine]:
    if isinstance(sessions, str):
        yield CardLine(f"not known: {sessions}", "?")
        return
    if not sessions:
        yield NONE
    for session in sessions:
        since = f", made {age(session.created_ms, now_ms)} ago" if session.created_ms else ""
        note = f", {session.note}" if session.note else ""
        yield CardLine(f"{session.id}{since}{note}", "-")
