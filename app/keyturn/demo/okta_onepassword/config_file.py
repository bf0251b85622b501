"""Writes keyturn.yaml for the demo on Okta and 1Password, as an operator would have written it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from keyturn.demo.okta_onepassword import slips
from keyturn.demo.okta_onepassword.naming import group_id, okta_id, vault_id
from keyturn.demo.okta_onepassword.onepassword_side import connect_token_id
from keyturn.demo.okta_onepassword.teams import mappings
from keyturn.demo.people import DOMAIN, ORGANISATION
from keyturn_providers.records import Level

OKTA_TOKEN = "KEYTURN_DEMO_OKTA_TOKEN"  # noqa: S105  a variable's name
BRIDGE_TOKEN = "KEYTURN_DEMO_BRIDGE_TOKEN"  # noqa: S105  a variable's name
USERS_SECRET = "KEYTURN_DEMO_USERS_SECRET"  # noqa: S105  a variable's name
EVENTS_TOKEN = "KEYTURN_DEMO_EVENTS_TOKEN"  # noqa: S105  a variable's name
ACCOUNT = "halcyon.1password.com"
USERS_CLIENT = "keyturn-demo"
APP_NAME = "1Password Business"
_LIMITS = "limits: {removals: {count: 10, share: 25%, per_day: 25}, snapshot_age: 15m}"
_PRESETS = {Level.READ: "read", Level.WRITE: "edit", Level.MANAGE: "manage"}


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the two tenants answer, and how `op` is called."""

    okta_url: str
    bridge_url: str
    users_url: str
    events_url: str
    account_id: str
    op_command: Sequence[str]


def write_config(
    path: Path, sources: Sources, today: date, *, events_days: int | None = None
) -> None:
    """Writes the policy, readable by the user alone. With `events_days`, how far back events are
    asked for, only the sources: nothing else is needed to archive."""
    path.touch(mode=0o600)
    text = config_text(sources, today) if events_days is None else _sources(sources, events_days)
    path.write_text(text, encoding="utf-8")


def config_text(sources: Sources, today: date) -> str:
    """keyturn.yaml: the two sources, what should be, and who is never touched."""
    return "\n".join(
        [
            "# Made by `keyturn demo`. Tokens are not in here: they come from the environment.",
            _sources(sources),
            "mappings:",
            *_mappings(),
            "exceptions:",
            *_exceptions(today),
            "machines:",
            *_machines(),
            "privileges:",
            *(f"  - {{person: {_email(login)}, role: {role}}}" for login, role in slips.PRIVILEGES),
            _LIMITS,
            "allow: {deactivate: true, provision: true, confirm: true}",
            f"never_touch: [{', '.join(slips.NEVER_TOUCH)}]",
            "",
        ]
    )


def _sources(sources: Sources, events_days: int | None = None) -> str:
    kept = "" if events_days is None else f", kept_days: {events_days}"
    return "\n".join(
        [
            "version: 1",
            f"organisation: {ORGANISATION}",
            "directory:",
            "  kind: okta",
            f"  url: {sources.okta_url}",
            f"  token_env: {OKTA_TOKEN}",
            f"  app: {APP_NAME}",
            "secrets:",
            "  kind: onepassword",
            f"  account: {ACCOUNT}",
            f"  op: {{command: {_list(sources.op_command)}, pace_writes_s: 0}}",
            f"  bridge: {{url: {sources.bridge_url}, token_env: {BRIDGE_TOKEN}}}",
            "  users_api:",
            f"    url: {sources.users_url}",
            f"    account_id: {sources.account_id}",
            f"    client_id: {USERS_CLIENT}",
            f"    token_env: {USERS_SECRET}",
            f"  events: {{url: {sources.events_url}, token_env: {EVENTS_TOKEN}{kept}}}",
        ]
    )


def _mappings() -> list[str]:
    lines: list[str] = []
    for group, grants in mappings().items():
        name = slips.MISNAMED_GROUP.get(group, group)
        lines += [
            f"  - group: {{id: {okta_id('00g', group)}, name: {name}}}",
            f"    secrets_group: {{id: {group_id(group)}, name: {group}}}",
            *_grants(grants),
        ]
    gone_id, gone_name = slips.GONE_GROUP
    gone = f"  - group: {{id: {gone_id}, name: {gone_name}}}"
    return [*lines, gone, *_grants((("Platform Staging", Level.READ),))]


def _grants(grants: Sequence[tuple[str, Level]]) -> list[str]:
    return [
        "    grants:",
        *(
            f"      - {{vault: {_vault(vault)}, permissions: {_PRESETS[level]}}}"
            for vault, level in grants
        ),
    ]


def _exceptions(today: date) -> list[str]:
    lines: list[str] = []
    for one in slips.WAIVERS:
        until = today + timedelta(days=one.days)
        lines += [
            f"  - person: {_email(one.login)}",
            f"    vault: {_vault(one.vault)}",
            f"    permissions: {_PRESETS[one.level]}",
            f"    until: {until.isoformat()}",
            f"    owner: {_email(one.owner)}",
            f"    reason: {_text(one.reason)}",
            f"    ticket: {one.ticket}",
        ]
    return lines


def _machines() -> list[str]:
    """Who answers for what: Okta's tokens say themselves who owns them."""
    return [
        f"  - {{machine: {connect_token_id(token.name)}, owner: {_email(token.owner)}}}"
        for token in slips.CONNECT_TOKENS
        if token.owner
    ]


def _vault(name: str) -> str:
    return f"{{id: {vault_id(name)}, name: {_text(name)}}}"


def _email(login: str) -> str:
    return f"{login}@{DOMAIN}"


def _list(words: Sequence[str]) -> str:
    return f"[{', '.join(_text(word) for word in words)}]"


def _text(value: str) -> str:
    """A YAML double-quoted scalar."""
    return json.dumps(value, ensure_ascii=False)
