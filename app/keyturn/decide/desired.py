"""What should be: worked out from the directory and the policy, one group or person at a time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from keyturn.decide.groups import GroupLink
from keyturn.decide.index import members_of
from keyturn.decide.names import listed
from keyturn.decide.permissions import known_to, of_level
from keyturn.decide.rules import GrantRule, Waiver
from keyturn.decide.world import World
from keyturn_providers.records import AccountKind, AccountState, Grant, Level, Side


@dataclass(frozen=True, slots=True)
class DesiredMembers:
    """Who should be in the secrets group of a link, nested groups of the directory included.

    `may`: secrets account ids that are allowed in. `must`: those that have to be, for the directory
    has them active. `without_account`: keys of active people with no secrets account. `unlisted`:
    member ids the directory gave no account for: any account, or a nested group with any in it.
    """

    may: frozenset[str]
    must: frozenset[str]
    without_account: tuple[str, ...]
    unlisted: tuple[str, ...]


def desired_members(world: World, link: GroupLink) -> DesiredMembers:
    """Who should be in the secrets group of `link`; nobody where no directory group is linked."""
    if link.directory is None:
        return DesiredMembers(frozenset(), frozenset(), (), ())
    may: set[str] = set()
    must: set[str] = set()
    without: list[str] = []
    unlisted: list[str] = []
    for account_id in sorted(members_of(world.directory, link.directory.id)):
        person = world.person_of.get((Side.DIRECTORY, account_id))
        if person is None or person.directory is None:
            unlisted.append(account_id)
            continue
        active = person.directory.state is AccountState.ACTIVE
        if person.secrets is not None:
            may.add(person.secrets.id)
            if active:
                must.add(person.secrets.id)
        elif (
            active
            and person.directory.kind is not AccountKind.SERVICE
            and not world.is_ambiguous(Side.DIRECTORY, account_id)
        ):
            without.append(person.key)
    return DesiredMembers(frozenset(may), frozenset(must), tuple(without), tuple(unlisted))


def desired_grants(link: GroupLink | None) -> Mapping[str, GrantRule]:
    """By vault id what the policy wants the secrets group of `link` to hold. Where several mappings
    name the same vault, the highest level counts, and of single permissions all of them."""
    found: dict[str, GrantRule] = {}
    for mapping in link.mappings if link else ():
        for rule in mapping.grants:
            known = found.get(rule.vault.id)
            if known is None:
                found[rule.vault.id] = rule
                continue
            widest = rule if rule.level.rank > known.level.rank else known
            both = dict.fromkeys((*known.permissions, *rule.permissions))
            found[rule.vault.id] = replace(widest, permissions=tuple(both))
    return found


@dataclass(frozen=True, slots=True)
class Permitted:
    """The exceptions for one person on one vault: the live one that allows most, and the one that
    ended last. `unclear` says that an exception's `person` means several people."""

    live: Waiver | None = None
    ended: Waiver | None = None
    unclear: bool = False

    def covers(self, grant: Grant) -> bool:
        """Whether the live exception allows all that `grant` gives."""
        return self.live is not None and not beyond(grant, self.live)


def beyond(grant: Grant, wish: GrantRule | Waiver) -> tuple[str, ...]:
    """What a grant gives past what is wished for: permissions where both sides have them, else its
    level; nothing where it is within."""
    if grant.permissions and wish.permissions:
        allowed = set(wish.permissions)
        return tuple(name for name in grant.permissions if name not in allowed)
    return (grant.level.value,) if grant.level.rank > wish.level.rank else ()


def short_of(grants: Iterable[Grant], wish: GrantRule) -> bool:
    """Whether all of `grants` together give less than is wished for."""
    held = tuple(grants)
    if wish.permissions and all(grant.permissions for grant in held):
        given = {name for grant in held for name in grant.permissions}
        return not set(wish.permissions) <= given
    return all(grant.level.rank < wish.level.rank for grant in held)


def not_to_be_given(world: World, wish: GrantRule | Waiver) -> str:
    """Why the source cannot be told a wish; empty where it can."""
    rules = world.secrets.snapshot.permission_rules
    if rules is None and wish.level is Level.UNKNOWN:
        return (
            f"The policy (line {wish.line}) lists single permissions, and {world.secrets.name} "
            "does not grant them one by one: name a preset."
        )
    unknown = sorted(set(wish.permissions) - known_to(rules)) if rules is not None else []
    if unknown:
        return (
            f"The policy (line {wish.line}) names what {world.secrets.name} does not know: "
            f"{listed(unknown)}."
        )
    return ""


def wish_words(world: World, wish: GrantRule | Waiver) -> str:
    """What is wished for in a word: the level, where it says all; else the permissions."""
    rules = world.secrets.snapshot.permission_rules
    exact = rules is not None and set(wish.permissions) == of_level(rules, wish.level)
    if exact or not wish.permissions:
        return wish.level.value
    return listed(wish.permissions, limit=len(wish.permissions))


def permitted(world: World, person_key: str, vault_id: str) -> Permitted:
    """What exceptions allow a person to hold directly on a vault, as of the world's `now_ms`."""
    live: Waiver | None = None
    ended: Waiver | None = None
    unclear = False
    for waiver in world.waivers.get(person_key, ()):
        if waiver.vault.id != vault_id:
            continue
        unclear = unclear or len(world.people_called(waiver.person)) > 1
        if waiver.until_ms > world.now_ms:
            if live is None or waiver.level.rank > live.level.rank:
                live = waiver
        elif ended is None or waiver.until_ms > ended.until_ms:
            ended = waiver
    return Permitted(live, ended, unclear)
