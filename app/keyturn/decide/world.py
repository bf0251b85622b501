"""Everything a decision looks at, arranged once: both snapshots, who is who, and the policy."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from keyturn.decide.findings import ObjectKind, Ref
from keyturn.decide.groups import GroupLink
from keyturn.decide.index import Indexed, index
from keyturn.decide.names import fold, identifiers
from keyturn.decide.people import Matching, Person
from keyturn.decide.policy_objects import Disputed, disputed_objects
from keyturn.decide.rules import Rules, Waiver
from keyturn_providers.records import Side, Snapshot


@dataclass(frozen=True, slots=True)
class World:
    """`person_of` is by (side, account id). `ambiguous` are the accounts nobody may decide about.

    `called` gives the keys of the persons a policy may mean by a folded e-mail, login or id.
    `disputed` are objects the policy names by an id whose name is another one now.
    """

    directory: Indexed
    secrets: Indexed
    matching: Matching
    links: tuple[GroupLink, ...]
    rules: Rules
    now_ms: int
    people: Mapping[str, Person]
    person_of: Mapping[tuple[Side, str], Person]
    called: Mapping[str, tuple[str, ...]]
    ambiguous: frozenset[tuple[Side, str]]
    link_of_secrets: Mapping[str, GroupLink]
    link_of_directory: Mapping[str, GroupLink]
    waivers: Mapping[str, tuple[Waiver, ...]]
    disputed: Mapping[tuple[Side, ObjectKind, str], Disputed]

    def side(self, side: Side) -> Indexed:
        """The snapshot of one side."""
        return self.directory if side is Side.DIRECTORY else self.secrets

    def people_called(self, text: str) -> tuple[str, ...]:
        """The keys of the persons that `text` (an e-mail, login or id) means."""
        return self.called.get(fold(text), ())

    def is_disputed(self, ref: Ref | None) -> bool:
        """Whether the policy names this object by an id whose name is another one now."""
        return ref is not None and (ref.side, ref.kind, ref.id) in self.disputed

    def is_ambiguous(self, side: Side, account_id: str) -> bool:
        """Whether nobody may decide about this account."""
        return (side, account_id) in self.ambiguous


def look(
    directory: Snapshot,
    secrets: Snapshot,
    matching: Matching,
    links: Iterable[GroupLink],
    rules: Rules,
    now_ms: int,
) -> World:
    """Arranges what was read. Linear; build it once and pass it on."""
    indexed_directory, indexed_secrets = index(directory), index(secrets)
    person_of: dict[tuple[Side, str], Person] = {}
    called: dict[str, dict[str, None]] = defaultdict(dict)
    for person in matching.people:
        for side, account in ((Side.DIRECTORY, person.directory), (Side.SECRETS, person.secrets)):
            if account is not None:
                person_of[(side, account.id)] = person
                for identifier in identifiers(account):
                    called[identifier][person.key] = None
    keys_of = {identifier: tuple(keys) for identifier, keys in called.items()}
    waivers: dict[str, list[Waiver]] = defaultdict(list)
    for waiver in rules.exceptions:
        for key in keys_of.get(fold(waiver.person), ()):
            waivers[key].append(waiver)
    every_link = tuple(links)
    return World(
        directory=indexed_directory,
        secrets=indexed_secrets,
        matching=matching,
        links=every_link,
        rules=rules,
        now_ms=now_ms,
        people={person.key: person for person in matching.people},
        person_of=person_of,
        called=keys_of,
        ambiguous=frozenset(
            [(Side.DIRECTORY, x) for a in matching.ambiguities for x in a.directory_ids]
            + [(Side.SECRETS, x) for a in matching.ambiguities for x in a.secrets_ids]
        ),
        link_of_secrets={x.secrets.id: x for x in every_link if x.secrets},
        link_of_directory={x.directory.id: x for x in every_link if x.directory},
        waivers={key: tuple(found) for key, found in waivers.items()},
        disputed={
            (d.side, d.kind, d.id): d
            for d in disputed_objects(indexed_directory, indexed_secrets, rules)
        },
    )
