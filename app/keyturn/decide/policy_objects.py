"""The objects a policy names, against what the sources have. The id decides, names are checked."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from keyturn.decide.findings import ObjectKind
from keyturn.decide.index import Indexed
from keyturn.decide.names import fold
from keyturn.decide.rules import NamedId, Rules
from keyturn_providers.records import Collection, Side


class Trouble(StrEnum):
    """What is wrong with an object that the policy names."""

    GONE = "gone"
    OTHER_NAME = "other name"


@dataclass(frozen=True, slots=True)
class Named:
    """One object the policy names, with the path and line where it does."""

    side: Side
    kind: ObjectKind
    named: NamedId
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Disputed:
    """An object named by an id that is not there, or that now bears another name (`found`)."""

    side: Side
    kind: ObjectKind
    id: str
    name: str
    found: str
    trouble: Trouble
    path: str
    line: int


def named_objects(rules: Rules) -> Iterator[Named]:
    """Every group and vault the policy names, in the order of the file."""
    for number, mapping in enumerate(rules.mappings):
        path = f"mappings[{number}]"
        yield Named(Side.DIRECTORY, ObjectKind.GROUP, mapping.group, f"{path}.group", mapping.line)
        if mapping.secrets_group is not None:
            yield Named(
                Side.SECRETS,
                ObjectKind.GROUP,
                mapping.secrets_group,
                f"{path}.secrets_group",
                mapping.line,
            )
        for position, rule in enumerate(mapping.grants):
            yield Named(
                Side.SECRETS,
                ObjectKind.VAULT,
                rule.vault,
                f"{path}.grants[{position}].vault",
                rule.line or mapping.line,
            )
    for number, waiver in enumerate(rules.exceptions):
        yield Named(
            Side.SECRETS,
            ObjectKind.VAULT,
            waiver.vault,
            f"exceptions[{number}].vault",
            waiver.line,
        )


def disputed_objects(directory: Indexed, secrets: Indexed, rules: Rules) -> Iterator[Disputed]:
    """The named objects that are not what the policy says, each object once.

    An object is gone only by a complete listing; a name that the policy leaves empty is not
    checked.
    """
    seen: set[tuple[Side, ObjectKind, str]] = set()
    for one in named_objects(rules):
        key = (one.side, one.kind, one.named.id)
        disputed = _disputed(one, directory if one.side is Side.DIRECTORY else secrets)
        if disputed is not None and key not in seen:
            seen.add(key)
            yield disputed


def _disputed(one: Named, indexed: Indexed) -> Disputed | None:
    known = indexed.groups if one.kind is ObjectKind.GROUP else indexed.vaults
    collection = Collection.GROUPS if one.kind is ObjectKind.GROUP else Collection.VAULTS
    found = known.get(one.named.id)
    if found is None:
        if not indexed.complete(collection) or indexed.unreadable(collection):
            return None
        return _trouble(one, "", Trouble.GONE)
    if one.named.name and fold(found.name) != fold(one.named.name):
        return _trouble(one, found.name, Trouble.OTHER_NAME)
    return None


def _trouble(one: Named, found: str, trouble: Trouble) -> Disputed:
    return Disputed(
        side=one.side,
        kind=one.kind,
        id=one.named.id,
        name=one.named.name or one.named.id,
        found=found,
        trouble=trouble,
        path=one.path,
        line=one.line,
    )
