"""Why somebody cannot open a vault: gate by gate, the first that is shut, and what to do there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from keyturn.decide.desired import desired_grants, permitted
from keyturn.decide.drift.invitations import (
    AWAITING,
    has_expired,
    invited_ago,
    provisions_itself,
)
from keyturn.decide.explain import day
from keyturn.decide.groups import GroupLink
from keyturn.decide.index import members_of
from keyturn.decide.names import listed
from keyturn.decide.people import Person
from keyturn.decide.world import World
from keyturn_providers.records import (
    Account,
    AccountState,
    Collection,
    Level,
    PrincipalKind,
    Side,
)


class GateKind(StrEnum):
    """The gates, in the order in which one comes to them."""

    SCOPE = "in scope"
    MATCHED = "matched"
    INVITED = "invited"
    CONFIRMED = "confirmed"
    ACTIVE = "active"
    POLICY = "in the policy"
    DIRECTORY_MEMBER = "in the directory group"
    LINKED = "group linked"
    MEMBER = "in the group"
    GRANTED = "vault granted"


@dataclass(frozen=True, slots=True)
class Gate:
    """One question on the way to a vault. `holds` None: it cannot be told. `next_step` says what
    to do where it does not hold."""

    kind: GateKind
    question: str
    holds: bool | None
    words: str
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Every gate, and the first that is not open. `unseen` says what could not be seen: then no
    access means none that is visible. `others` counts the groups that would give it as well."""

    gates: tuple[Gate, ...]
    unseen: tuple[str, ...] = ()
    others: int = 0

    @property
    def first(self) -> Gate | None:
        """The first gate that does not hold, or of which that cannot be told."""
        return next((gate for gate in self.gates if not gate.holds), None)


def why_not(world: World, person: Person, vault_id: str) -> WhyNot:
    """Where the way to a vault ends; of several groups that lead to it, the one that does best."""
    gates = [
        _scope(world, person),
        _matched(world, person),
        *_account(world, person),
    ]
    gates.append(_policy(world, person, vault_id))
    ways = [tuple(_way(world, person, link, vault_id)) for link in _wanting(world, vault_id)]
    if ways:
        furthest: Sequence[Gate] = max(ways, key=_opened)
        gates.extend(furthest)
    return WhyNot(tuple(gates), unseen(world, vault_id), max(0, len(ways) - 1))


def why_not_words(found: WhyNot, name: str, vault: str) -> str:
    """The first gate that is shut, and what to do, as one or two sentences."""
    hedge = "has no visible access to" if found.unseen else "has no access to"
    first = found.first
    if first is None:
        return (
            f"{name} {hedge} {vault}, yet every gate is open: read both sources again, then look "
            "once more."
        )
    known = "cannot be told" if first.holds is None else "no"
    tell = f"{first.question} {known.capitalize()}: {first.words}."
    step = f" {first.next_step}" if first.next_step else ""
    return f"{name} {hedge} {vault}. {tell}{step}"


def unseen(world: World, vault_id: str) -> tuple[str, ...]:
    """What a grant on the vault could hide behind: blind spots, and listings that are not whole."""
    there = world.secrets
    broken = [
        f"{what} not read to the end"
        for what, whole in (
            (f"the groups of {there.name}", there.complete(Collection.GROUPS)),
            (
                f"the grants on {there.vault_name(vault_id)}",
                there.complete(Collection.GRANTS, vault_id),
            ),
        )
        if not whole
    ]
    return (*there.snapshot.blind_spots, *broken)


def _opened(way: Sequence[Gate]) -> tuple[int, int]:
    """How far a way goes, and how many of its gates hold."""
    until = next((place for place, gate in enumerate(way) if not gate.holds), len(way))
    return until, sum(gate.holds is True for gate in way)


# ---------------------------------------------------------------------- the person


def _scope(world: World, person: Person) -> Gate:
    here = world.directory.name
    question = f"Is the person in scope in {here}?"
    mine = person.directory
    if mine is None:
        if not world.directory.complete(Collection.ACCOUNTS):
            words = "no account is known there, and its accounts were not read to the end"
            return Gate(GateKind.SCOPE, question, None, words, "Refresh first.")
        words = "nobody there stands behind this account"
        return Gate(
            GateKind.SCOPE, question, False, words,
            f"Find out whose account it is; without one in {here} nothing is given.",
        )  # fmt: skip
    if mine.state.is_off:
        return Gate(
            GateKind.SCOPE, question, False, f"the account is {mine.state.value} there",
            f"Only if they are to come back: reactivate the account in {here}.",
        )  # fmt: skip
    if mine.state is AccountState.UNKNOWN:
        words = f"the account's state is not known ({mine.state_raw or 'no word for it'})"
        return Gate(GateKind.SCOPE, question, None, words, f"Look at the account in {here}.")
    if world.directory.pushes and mine.push is None and person.secrets is None:
        return Gate(
            GateKind.SCOPE, question, False,
            f"{here} does not provision this account to {world.secrets.name}",
            f"Assign them to {world.secrets.name} in {here}, alone or by a group.",
        )  # fmt: skip
    return Gate(GateKind.SCOPE, question, True, f"{mine.name}, {mine.state.value}")


def _matched(world: World, person: Person) -> Gate:
    there = world.secrets.name
    question = f"Is an account in {there} matched?"
    if _ambiguous(world, person):
        return Gate(
            GateKind.MATCHED, question, None,
            "it could be more than one, and nothing is done with such an account",
            "Settle it with an alias in the policy.",
        )  # fmt: skip
    if person.secrets is not None:
        by = "" if person.directory is None else f", by {person.matched_by.value}"
        return Gate(GateKind.MATCHED, question, True, f"{person.secrets.name}{by}")
    if not world.secrets.complete(Collection.ACCOUNTS):
        words = "none is known, and its accounts were not read to the end"
        return Gate(GateKind.MATCHED, question, None, words, "Refresh first.")
    return Gate(
        GateKind.MATCHED, question, False, "none is",
        f"{_made(world, person)} If they have one, name it as an alias in the policy.",
    )  # fmt: skip


def _made(world: World, person: Person) -> str:
    """How somebody without one gets an account. Not every secret manager invites people."""
    mine = person.directory
    itself = "" if mine is None else provisions_itself(world, mine)
    return itself or f"Give them an account in {world.secrets.name}."


def _ambiguous(world: World, person: Person) -> bool:
    return any(
        account is not None and world.is_ambiguous(side, account.id)
        for side, account in ((Side.DIRECTORY, person.directory), (Side.SECRETS, person.secrets))
    )


def _account(world: World, person: Person) -> Iterator[Gate]:
    there, theirs = world.secrets.name, person.secrets
    if theirs is None:
        question = f"Have they an account in {there}, or an invitation?"
        yield Gate(GateKind.INVITED, question, False, "neither", _made(world, person))
        return
    invited = f"Did they accept the invitation to {there}?"
    confirmed = f"Were they confirmed in {there}?"
    if theirs.state is AccountState.INVITED:
        waiting = theirs.state_raw.casefold().startswith(AWAITING)
        if waiting:
            yield Gate(GateKind.INVITED, invited, True, "accepted")
            yield Gate(GateKind.CONFIRMED, confirmed, False, "they wait to be let in",
                       f"Confirm them in {there}.")  # fmt: skip
        else:
            yield _not_accepted(world, invited, theirs)
    else:
        yield Gate(GateKind.CONFIRMED, confirmed, True, "they are in")
    yield _active(there, theirs)


def _not_accepted(world: World, question: str, theirs: Account) -> Gate:
    began = f"invited{invited_ago(world, theirs)}"
    if has_expired(world, theirs):
        return Gate(
            GateKind.INVITED, question, False, f"{began}, and the invitation has expired",
            "Send the invitation again: an old one cannot be accepted any more.",
        )  # fmt: skip
    return Gate(
        GateKind.INVITED, question, False, f"{began}, and not accepted yet",
        "They accept the invitation in their mail, within 5 days of it.",
    )  # fmt: skip


def _active(there: str, theirs: Account) -> Gate:
    question = f"Is the account in {there} active?"
    said = theirs.state_raw or theirs.state.value
    if theirs.state is AccountState.ACTIVE:
        return Gate(GateKind.ACTIVE, question, True, said)
    if theirs.state is AccountState.UNKNOWN:
        return Gate(GateKind.ACTIVE, question, None, f"its state is not known ({said})",
                    f"Look at the account in {there}.")  # fmt: skip
    step = (
        "" if theirs.state is AccountState.INVITED else f"Reactivate it in {there}, if it may be."
    )
    return Gate(GateKind.ACTIVE, question, False, said, step)


# ---------------------------------------------------------------------- the way by a group


def _wanting(world: World, vault_id: str) -> list[GroupLink]:
    return [link for link in world.links if vault_id in desired_grants(link)]


def _policy(world: World, person: Person, vault_id: str) -> Gate:
    vault, there = world.secrets.vault_name(vault_id), world.secrets.name
    question = f"Does the policy give anybody {vault}?"
    wanting = _wanting(world, vault_id)
    if wanting:
        names = listed(link.name for link in wanting)
        return Gate(GateKind.POLICY, question, True, f"to {names}")
    held = [
        world.secrets.group_name(grant.principal_id)
        for grant in world.secrets.grants_on.get(vault_id, ())
        if grant.principal_kind is PrincipalKind.GROUP and grant.level is not Level.NONE
    ]
    words = "no mapping names it"
    live = permitted(world, person.key, vault_id).live
    if live is not None:
        words += (
            f", but an exception (line {live.line}) allows {person.name} a direct grant until "
            f"{day(live.until_ms)}"
        )
        return Gate(
            GateKind.POLICY, question, False, words,
            f"Grant it in {there}: an exception only allows that, it gives nothing by itself.",
        )  # fmt: skip
    if held:
        words += f"; in {there} {listed(sorted(set(held)))} can open it all the same"
    return Gate(
        GateKind.POLICY, question, False, words,
        f"Ask who manages {vault}; then a mapping gives it, or an exception allows it for a time.",
    )  # fmt: skip


def _way(world: World, person: Person, link: GroupLink, vault_id: str) -> Iterator[Gate]:
    here, there = world.directory.name, world.secrets.name
    # Only a directory group has mappings, so its id is in the key.
    group_id = link.key.removeprefix("d:")
    mine = person.directory is not None and person.directory.id in members_of(
        world.directory, group_id
    )
    yield _member(
        world, Side.DIRECTORY, group_id, link.name, mine,
        f"If they are to have it: put them into {link.name} in {here}.",
    )  # fmt: skip
    question = f"Does a group in {there} stand for {link.name} of {here}?"
    if link.secrets is None:
        yield Gate(
            GateKind.LINKED, question, False, link.problem.rstrip(".") or "none does",
            f"Push {link.name} to {there}, or name the pair under mappings with secrets_group.",
        )  # fmt: skip
        return
    yield Gate(
        GateKind.LINKED, question, True, f"{link.secrets.name}, linked by {link.linked_by.value}"
    )
    theirs = person.secrets is not None and person.secrets.id in members_of(
        world.secrets, link.secrets.id
    )
    yield _member(
        world, Side.SECRETS, link.secrets.id, link.secrets.name, theirs,
        f"The directory has it so already: a sync puts them into {link.secrets.name}." if mine
        else f"It follows {link.name} in {here}.",
    )  # fmt: skip
    held = [
        grant.level
        for grant in world.secrets.grants_of.get((PrincipalKind.GROUP, link.secrets.id), ())
        if grant.vault_id == vault_id and grant.level is not Level.NONE
    ]
    yield _granted(world, link.secrets.name, vault_id, held)


def _granted(world: World, group: str, vault_id: str, held: Sequence[Level]) -> Gate:
    vault = world.secrets.vault_name(vault_id)
    question = f"Does {group} hold a grant on {vault}?"
    if held:
        return Gate(GateKind.GRANTED, question, True, listed(level.value for level in held))
    if unseen(world, vault_id):
        return Gate(GateKind.GRANTED, question, None, "none that keyturn can see",
                    f"Look at {vault} in {world.secrets.name}.")  # fmt: skip
    return Gate(GateKind.GRANTED, question, False, "none",
                f"The policy wants it: a sync grants {vault} to {group}.")  # fmt: skip


def _member(world: World, side: Side, group_id: str, name: str, inside: bool, step: str) -> Gate:
    indexed = world.side(side)
    kind = GateKind.DIRECTORY_MEMBER if side is Side.DIRECTORY else GateKind.MEMBER
    question = f"Is the person in {name} in {indexed.name}?"
    if inside:
        return Gate(kind, question, True, "they are")
    if not indexed.complete(Collection.MEMBERSHIPS, group_id):
        return Gate(kind, question, None, "its members could not be read to the end",
                    "Refresh, and look again.")  # fmt: skip
    return Gate(kind, question, False, "they are not", step)
