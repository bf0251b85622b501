"""A first keyturn.yaml as text: what was answered, and examples of the rest as comments. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from keyturn.policy.answers import Answers, Value

EXAMPLES = """\
mappings:
  - group: {id: 00g1a2b3, name: eng-platform}
    grants:
      - {vault: {id: q3m5t7, name: Platform Prod}, permissions: edit}
exceptions:
  - person: sam@acme.example
    vault: {id: b7k9x1, name: Billing}
    permissions: read
    until: 2027-01-31
    owner: r.silva@acme.example
    reason: year-end close
limits: {removals: {count: 10, share: 5%, per_day: 25}, snapshot_age: 15m, rate_reserve: 30%}
never_touch: [breakglass@acme.example]
"""
"""The sections that init does not ask for, as valid YAML; they stand in the file as comments."""

_HEAD = """\
# What keyturn is connected to, and what should be. There is no secret in this file: it is meant to
# be shared in git. `keyturn policy check` names every mistake by line and column.
version: 1
"""
_WORDS = {
    "mappings:": (
        "What should be: whoever is in the directory group may do this in the vault, and no more."
        " Ids decide, names are checked. Permissions: list, read, edit, manage."
    ),
    "exceptions:": "Who may do something outside the mappings, until when, and who answers for it.",
    "limits:": (
        "Where keyturn stops and asks: removals in one plan and in a day, the age of what a removal"
        " rests on, the share of every rate limit that is left to others. These are the defaults."
    ),
    "never_touch:": "Accounts that no change touches: id, login or verified e-mail address.",
}
_WIDTH = 98
_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./:@+~-]*")
_OTHER_TYPES = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})


@dataclass(frozen=True, slots=True)
class SourceDraft:
    """One source as it was answered, by keys such as "url", "token_env" and "bridge.url"."""

    kind: str
    answers: Answers = field(default_factory=dict)


def draft_text(directory: SourceDraft, secrets: SourceDraft, organisation: str = "") -> str:
    """The whole file."""
    lines = [_HEAD.rstrip("\n")]
    if organisation:
        lines.append(f"organisation: {scalar(organisation)}")
    lines += ["# Without the next line's #, nothing that could change a source is opened.",
              "#mode: read-only", ""]  # fmt: skip
    lines += _source("directory", directory)
    lines += ["", *_source("secrets", secrets)]
    for example in EXAMPLES.rstrip("\n").split("\n"):
        if not example.startswith(" "):
            lines += ["", *_comment(_WORDS[example.partition(" ")[0]])]
        lines.append(f"#{example}")
    return "\n".join(lines) + "\n"


def scalar(text: str) -> str:
    """`text` as a YAML scalar that is read back as the very same text."""
    if _PLAIN.fullmatch(text) and not text.endswith(":") and text.casefold() not in _OTHER_TYPES:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _source(side: str, draft: SourceDraft) -> Iterator[str]:
    yield f"{side}:"
    yield f"  kind: {scalar(draft.kind)}"
    parts: dict[str, dict[str, Value]] = {}
    for key, value in draft.answers.items():
        part, _, name = key.rpartition(".")
        parts.setdefault(part, {})[name] = value
    yield from _values(parts.pop("", {}), "  ")
    for part, values in parts.items():
        yield f"  {part}:"
        yield from _values(values, "    ")


def _values(values: Mapping[str, Value], indent: str) -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, str):
            yield f"{indent}{name}: {scalar(value)}"
        else:
            yield f"{indent}{name}: [{', '.join(map(scalar, value))}]"


def _comment(words: str) -> Iterator[str]:
    line = "#"
    for word in words.split():
        if len(line) + 1 + len(word) > _WIDTH:
            yield line
            line = "#"
        line += f" {word}"
    yield line
