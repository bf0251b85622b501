"""Which secrets group stands for which directory group. Pure.

A pair the policy names decides; then external ids; then a name that is unique on both sides.
What could be more than one pair is not linked, and said to be ambiguous.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from keyturn.decide.names import fold, listed
from keyturn.decide.rules import Mapping as GroupMapping
from keyturn.decide.rules import Rules
from keyturn_providers.records import Group, Snapshot


class LinkedBy(StrEnum):
    """What ties the two groups of a link; NOTHING where there is only one."""

    POLICY = "the policy"
    EXTERNAL_ID = "external id"
    NAME = "equal name"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class GroupLink:
    """A directory group and the secrets group that stands for it; one of them may be missing.

    `key` is "d:<directory group id>", or "s:<secrets group id>" without one. Every group of both
    sides is in exactly one link. `mappings` are the policy's mappings of the directory group.
    `problem` says why there is no pair where one could be expected; such a link is never acted on.
    """

    key: str
    directory: Group | None
    secrets: Group | None
    linked_by: LinkedBy
    mappings: tuple[GroupMapping, ...] = ()
    problem: str = ""

    @property
    def name(self) -> str:
        """The name to show: the directory's, else the secrets side's; its id where it has none."""
        group = self.directory or self.secrets
        return (group.name or group.id) if group else ""

    @property
    def managed(self) -> bool:
        """Whether members may be changed on the strength of this link. An equal name alone is not
        enough, for a new group with an old name is a way in: the policy must name the group."""
        if self.directory is None or self.secrets is None:
            return False
        return bool(self.mappings) or self.linked_by is LinkedBy.EXTERNAL_ID


def link_groups(directory: Snapshot, secrets: Snapshot, rules: Rules) -> tuple[GroupLink, ...]:
    """One link per group: the directory's in their order, then the other secrets groups."""
    left = {group.id: group for group in directory.groups}
    right = {group.id: group for group in secrets.groups}
    links = _Links(left, right)
    links.take(_by_policy(left, right, rules, links.problems), LinkedBy.POLICY)
    links.take(_by_external_id(left.values(), right), LinkedBy.EXTERNAL_ID)
    links.take(_by_name(left.values(), right.values()), LinkedBy.NAME)
    mappings: dict[str, list[GroupMapping]] = defaultdict(list)
    for mapping in rules.mappings:
        mappings[mapping.group.id].append(mapping)
    return links.all(mappings)


class _Links:
    """What is linked so far. A group that is linked, or disputed, is out of later methods."""

    def __init__(self, left: Mapping[str, Group], right: Mapping[str, Group]) -> None:
        self.left, self.right = left, right
        self.pairs: dict[str, tuple[str, LinkedBy]] = {}
        self.taken: set[str] = set()
        self.problems: dict[tuple[str, str], str] = {}

    def take(self, candidates: Iterable[tuple[str, str]], method: LinkedBy) -> None:
        """Links the candidates that are each other's only one; the others are disputed."""
        mine: dict[str, set[str]] = defaultdict(set)
        theirs: dict[str, set[str]] = defaultdict(set)
        pairs = list(candidates)
        for one, other in pairs:
            mine[one].add(other)
            theirs[other].add(one)
        for one, other in [pair for pair in pairs if self._free(*pair)]:
            if len(mine[one]) == 1 and len(theirs[other]) == 1:
                self.pairs[one] = (other, method)
                self.taken.add(other)
            else:
                problem = self._dispute(theirs[other], mine[one], method)
                self.problems[("d", one)] = self.problems[("s", other)] = problem

    def _free(self, one: str, other: str) -> bool:
        settled = one in self.pairs or other in self.taken
        return not (settled or ("d", one) in self.problems or ("s", other) in self.problems)

    def _dispute(self, mine: Iterable[str], theirs: Iterable[str], method: LinkedBy) -> str:
        left = listed(f"{self.left[x].name} ({x})" for x in sorted(mine))
        right = listed(f"{self.right[x].name} ({x})" for x in sorted(theirs))
        return (
            f"By {method.value}, {left} in the directory could be {right} in the secret manager. "
            "Name the pair under mappings with secrets_group."
        )

    def all(self, mappings: Mapping[str, list[GroupMapping]]) -> tuple[GroupLink, ...]:
        found: list[GroupLink] = []
        for group_id, group in self.left.items():
            other, method = self.pairs.get(group_id, ("", LinkedBy.NOTHING))
            found.append(
                GroupLink(
                    key=f"d:{group_id}",
                    directory=group,
                    secrets=self.right.get(other),
                    linked_by=method,
                    mappings=tuple(mappings.get(group_id, ())),
                    problem=self.problems.get(("d", group_id), ""),
                )
            )
        found.extend(
            GroupLink(
                key=f"s:{group_id}",
                directory=None,
                secrets=group,
                linked_by=LinkedBy.NOTHING,
                problem=self.problems.get(("s", group_id), ""),
            )
            for group_id, group in self.right.items()
            if group_id not in self.taken
        )
        return tuple(found)


def _by_policy(
    left: Mapping[str, Group],
    right: Mapping[str, Group],
    rules: Rules,
    problems: dict[tuple[str, str], str],
) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for mapping in rules.mappings:
        if mapping.secrets_group is None or mapping.group.id not in left:
            continue
        if mapping.secrets_group.id in right:
            found.append((mapping.group.id, mapping.secrets_group.id))
        else:
            problems[("d", mapping.group.id)] = (
                f"The policy (line {mapping.line}) links this group to "
                f"{mapping.secrets_group.name or mapping.secrets_group.id}, which the secret "
                "manager does not have."
            )
    return found


def _by_external_id(left: Iterable[Group], right: Mapping[str, Group]) -> list[tuple[str, str]]:
    known_as: dict[str, list[str]] = defaultdict(list)
    found: list[tuple[str, str]] = []
    for group in left:
        known_as[group.id].append(group.id)
        if group.external_id:
            known_as[group.external_id].append(group.id)
            if group.external_id in right:
                found.append((group.id, group.external_id))
    for other in right.values():
        found.extend((one, other.id) for one in known_as.get(other.external_id or "", ()))
    return found


def _by_name(left: Iterable[Group], right: Iterable[Group]) -> list[tuple[str, str]]:
    """Pairs of equal name, where the name is borne by one group on each side. A name that several
    bear links none of them, whatever became of the others."""
    mine: dict[str, list[str]] = defaultdict(list)
    theirs: dict[str, list[str]] = defaultdict(list)
    for groups, names in ((left, mine), (right, theirs)):
        for group in groups:
            if group.name.strip():
                names[fold(group.name)].append(group.id)
    return [
        (one, other)
        for name, ones in mine.items()
        for one in ones
        for other in theirs.get(name, ())
    ]
