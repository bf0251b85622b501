"""Mappings as text for keyturn.yaml, and put into the text of one without touching another line."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import yaml

from keyturn.decide.rules import Mapping, NamedId
from keyturn.policy.draft import scalar
from keyturn.policy.exception_text import permissions_of


class NoPlace(Exception):
    """The mappings of a file are written so that nothing can be put in; says what to do."""


@dataclass(frozen=True, slots=True)
class MappingDraft:
    """A mapping to be written. `note` stands above it as a comment; `presets` says of each of its
    grants whether a preset says all of it."""

    mapping: Mapping
    note: str
    presets: tuple[bool, ...]


def mapping_lines(drafts: Iterable[MappingDraft], indent: str = "  ") -> Iterator[str]:
    """The items of `mappings:`, one vault to a line."""
    for draft in drafts:
        mapping = draft.mapping
        yield f"{indent}# {draft.note}"
        yield f"{indent}- group: {_named(mapping.group)}"
        if mapping.secrets_group is not None:
            yield f"{indent}  secrets_group: {_named(mapping.secrets_group)}"
        yield f"{indent}  grants:"
        for rule, preset in zip(mapping.grants, draft.presets, strict=True):
            said = permissions_of(rule.level, () if preset else rule.permissions)
            words = said if isinstance(said, str) else f"[{', '.join(map(scalar, said))}]"
            yield f"{indent}    - {{vault: {_named(rule.vault)}, permissions: {words}}}"


def put_in(text: str, drafts: Sequence[MappingDraft]) -> str:
    """The text of keyturn.yaml with the mappings after those it has. Raises NoPlace."""
    ends = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines()
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        raise NoPlace("the whole file is written in one line: put the mappings in by hand.")
    pairs = [pair for pair in root.value if pair[0].value == "mappings"]
    if not pairs:
        head = ["", "mappings:", *mapping_lines(drafts)]
        return ends.join([*lines, *head]) + ends
    key, value = pairs[0]
    if isinstance(value, yaml.ScalarNode) and not value.value:
        at, indent = key.end_mark.line + 1, "  "
    elif isinstance(value, yaml.SequenceNode) and not value.flow_style:
        at, indent = _last_line(value) + 1, " " * value.start_mark.column
    else:
        line = value.start_mark.line + 1
        raise NoPlace(f"`mappings` (line {line}) is written in one line: put them in by hand.")
    return ends.join([*lines[:at], *mapping_lines(drafts, indent), *lines[at:]]) + ends


def _last_line(node: yaml.Node) -> int:
    """The line that the last thing in a node ends in; where a block ends, PyYAML says later."""
    if isinstance(node, yaml.SequenceNode) and node.value and not node.flow_style:
        return _last_line(node.value[-1])
    if isinstance(node, yaml.MappingNode) and node.value and not node.flow_style:
        return max(_last_line(node.value[-1][0]), _last_line(node.value[-1][1]))
    if isinstance(node, yaml.ScalarNode) and node.style in {"|", ">"}:
        return int(node.end_mark.line) - 1
    return int(node.end_mark.line)


def _named(named: NamedId) -> str:
    return f"{{id: {scalar(named.id)}, name: {scalar(named.name)}}}"
