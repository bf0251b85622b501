"""An exception as text for keyturn.yaml. It is put there by people, who review it like any other
change of what is allowed: nothing here writes the file."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import yaml
from pydantic import TypeAdapter, ValidationError

from keyturn.policy.scalars import UntilMs
from keyturn_providers.records import Level

_UNTIL: TypeAdapter[int] = TypeAdapter(UntilMs)
_PRESET_OF = {
    Level.LIST: "list", Level.READ: "read", Level.WRITE: "edit", Level.MANAGE: "manage",
}  # fmt: skip


def permissions_of(level: Level, single: Sequence[str]) -> str | list[str]:
    """What an exception has to allow for an access to be covered: single permissions where the
    source grants them one by one, else the preset of its level."""
    return list(single) if single else _PRESET_OF.get(level, "manage")


def until_problem(text: str, now_ms: int) -> str:
    """What is wrong with the last day of an exception; empty where nothing is."""
    try:
        until_ms = _UNTIL.validate_python(text)
    except ValidationError:
        return f"{text or 'nothing'}: write the last day such as {in_90_days(now_ms)}."
    return "" if until_ms > now_ms else f"{text} is over already: name a later day."


def in_90_days(now_ms: int) -> str:
    """A last day to begin with."""
    return (datetime.fromtimestamp(now_ms / 1000, tz=UTC) + timedelta(days=90)).date().isoformat()


def exception_text(
    *,
    person: str,
    vault_id: str,
    vault_name: str,
    permissions: str | Sequence[str],
    until: str,
    owner: str,
    reason: str,
    ticket: str = "",
) -> str:
    """One item of the list `exceptions:`, on a line of its own. Every text is quoted, whatever is
    in it."""
    allowed = permissions if isinstance(permissions, str) else _list(permissions)
    more = f", ticket: {_quoted(ticket)}" if ticket else ""
    return (
        f"  - {{person: {_quoted(person)}, "
        f"vault: {{id: {_quoted(vault_id)}, name: {_quoted(vault_name)}}}, "
        f"permissions: {allowed}, until: {until}, owner: {_quoted(owner)}, "
        f"reason: {_quoted(reason)}{more}}}"
    )


def _list(words: Sequence[str]) -> str:
    return f"[{', '.join(map(_quoted, words))}]"


def _quoted(text: str) -> str:
    written: str = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=1 << 30)
    return written.strip()
