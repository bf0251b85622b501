"""What should be: worked out from the directory and the policy, one group or person at a time."""

from collections.abc import Mapping
from dataclasses import dataclass

from keyturn.decide.groups import GroupLink
from keyturn.decide.index import members_of
from keyturn.decide.rules import GrantRule, Waiver
from keyturn.decide.world import World
from keyturn_providers.records import AccountKind, AccountState, Level, Side


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
    name the same vault, the highest level counts."""
    found: dict[str, GrantRule] = {}
    for mapping in link.mappings if link else ():
        for rule in mapping.grants:
            known = found.get(rule.vault.id)
            if known is None or rule.level.rank > known.level.rank:
                found[rule.vault.id] = rule
    return found


@dataclass(frozen=True, slots=True)
class Permitted:
    """The exceptions for one person on one vault: the live one that allows most, and the one that
    ended last. `unclear` says that an exception's `person` means several people."""

    live: Waiver | None = None
    ended: Waiver | None = None
    unclear: bool = False

    def covers(self, level: Level) -> bool:
        """Whether the live exception allows `level`."""
        return self.live is not None and level.rank <= self.live.level.rank


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
