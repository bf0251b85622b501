"""Mappings from the present state as an answer, and put into keyturn.yaml where that is wanted."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from keyturn.cli.exit_codes import Exit
from keyturn.cli.failures import VerbFailed
from keyturn.cli.invocation import Json
from keyturn.cli.new_file import write_over
from keyturn.decide.adopt import Adopted, AdoptedMapping, preset_of
from keyturn.decide.groups import LinkedBy
from keyturn.decide.index import members_of
from keyturn.decide.names import counted, fold
from keyturn.decide.rules import Mapping
from keyturn.decide.world import World
from keyturn.policy.document import read_document
from keyturn.policy.exception_text import permissions_of
from keyturn.policy.load import Connectors, parse_policy
from keyturn.policy.loaded import LoadedPolicy
from keyturn.policy.mapping_text import MappingDraft, NoPlace, put_in
from keyturn.policy.problems import PolicyInvalid

BY_HAND = "Without --write the text is printed, to be put in by hand. Nothing was written."


def groups_called(world: World, wanted: Sequence[str]) -> Collection[str] | None:
    """The ids of the groups with these ids or names, of either side; None for all of them."""
    if not wanted:
        return None
    found: set[str] = set()
    for text in wanted:
        ids = {
            group.id
            for indexed in (world.directory, world.secrets)
            for group in indexed.snapshot.groups
            if group.id == text or fold(group.name) == fold(text)
        }
        if not ids:
            words = f"{text}: no group of {world.directory.name} or {world.secrets.name} is called"
            raise VerbFailed(Exit.NOT_FOUND, f"{words} so. Nothing was adopted.")
        found |= ids
    return found


def drafts_of(world: World, adopted: Adopted) -> tuple[MappingDraft, ...]:
    """What is written of each."""
    return tuple(
        MappingDraft(
            one.mapping,
            _note(world, one),
            tuple(preset_of(world, rule) for rule in one.mapping.grants),
        )
        for one in adopted.mappings
    )


def _note(world: World, one: AdoptedMapping) -> str:
    """How many are in the pair now, and why it is one. A group that the policy names is one whose
    members keyturn mends; where only the name was equal it did not before."""
    group = one.mapping.secrets_group
    there = len(members_of(world.secrets, group.id)) if group is not None else 0
    words = f"{counted(one.members, 'member')} now, {there} in {world.secrets.name}"
    if one.linked_by is LinkedBy.NAME:
        return f"{words}; linked by equal name alone: named here, its members are mended too"
    return f"{words}; linked by {one.linked_by.value}"


def remarks(adopted: Adopted) -> Iterator[str]:
    """What was not adopted, and why."""
    if adopted.mapped:
        groups = counted(adopted.mapped, "group is", "groups are")
        yield f"{groups} mapped already, and stay as they are: keyturn drift shows what differs."
    for left in adopted.left_out:
        yield f"not adopted: {left.words}. {left.reason}"


def adopted_json(drafts: Sequence[MappingDraft]) -> list[Json]:
    """The mappings for programs."""
    return [
        {
            "group": {"id": one.mapping.group.id, "name": one.mapping.group.name},
            "secrets_group": (
                {"id": one.mapping.secrets_group.id, "name": one.mapping.secrets_group.name}
                if one.mapping.secrets_group
                else None
            ),
            "note": one.note,
            "grants": [
                {
                    "vault": {"id": rule.vault.id, "name": rule.vault.name},
                    "permissions": permissions_of(rule.level, () if preset else rule.permissions),
                }
                for rule, preset in zip(one.mapping.grants, one.presets, strict=True)
            ],
        }
        for one in drafts
    ]


def write_mappings(
    loaded: LoadedPolicy, drafts: Sequence[MappingDraft], connectors: Connectors
) -> None:
    """Puts them into keyturn.yaml, in one step. Raises VerbFailed, with nothing written, where they
    cannot be put in, or the file would say anything else than it says now and these."""
    path = Path(loaded.path)
    try:
        text = put_in(loaded.text, drafts)
        after = parse_policy(text.encode("utf-8"), loaded.path, connectors).rules.mappings
    except (NoPlace, PolicyInvalid) as problem:
        raise VerbFailed(Exit.USAGE, f"{loaded.path}: {problem} {BY_HAND}") from None
    before = len(loaded.rules.mappings)
    said = [_said(one, [not rule.permissions for rule in one.grants]) for one in after[before:]]
    rest = _without_new(text, before) == _without_new(loaded.text, before)
    if not rest or said != [_said(draft.mapping, draft.presets) for draft in drafts]:
        words = "it would not say the same as before, with the new mappings and no more."
        raise VerbFailed(Exit.USAGE, f"{loaded.path}: {words} {BY_HAND}")
    write_over(path, text, before=loaded.text)


def _without_new(text: str, number: int) -> object:
    """All that a file says, with as many of its mappings."""
    value = read_document(text).value
    said = dict(value) if isinstance(value, dict) else {}
    mappings = said.pop("mappings", None)
    return said, mappings[:number] if isinstance(mappings, list) else []


def _said(mapping: Mapping, presets: Sequence[bool]) -> tuple[object, ...]:
    """What a mapping says, wherever it stands."""
    grants = tuple(
        (rule.vault, rule.level if preset else frozenset(rule.permissions))
        for rule, preset in zip(mapping.grants, presets, strict=True)
    )
    return (mapping.group, mapping.secrets_group, grants)
