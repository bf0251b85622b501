"""Writes the demo's keyturn.yaml, as an operator would have written it."""

import json
from datetime import date, timedelta
from pathlib import Path

from keyturn.demo.openbao.fill import Filled
from keyturn.demo.openbao.organisation import (
    GONE_GROUP,
    KEYTURN_OWNER,
    KEYTURN_TOKEN,
    LOOSE_TOKENS,
    MAPPINGS,
    MATCHED_BY_ALIAS,
    MISNAMED_GROUP,
    NEVER_TOUCH,
    OPERATORS_POLICY,
    ROLES,
    WAIVERS,
)
from keyturn.demo.openbao.servers import Servers
from keyturn.demo.people import DOMAIN, ORGANISATION
from keyturn_providers.records import Level

DIRECTORY_TOKEN = "KEYTURN_DEMO_DIRECTORY_TOKEN"  # noqa: S105  a variable's name
SECRETS_TOKEN = "KEYTURN_DEMO_SECRETS_TOKEN"  # noqa: S105  a variable's name
_LIMITS = "limits: {removals: {count: 10, share: 25%, per_day: 25}, snapshot_age: 15m}"


def write_config(path: Path, servers: Servers, filled: Filled, today: date) -> None:
    """Writes the policy for a filled organisation, readable by the user alone."""
    path.touch(mode=0o600)
    path.write_text(config_text(servers, filled, today), encoding="utf-8")


def config_text(servers: Servers, filled: Filled, today: date) -> str:
    """keyturn.yaml: the two sources, what should be, and who is never touched."""
    return "\n".join(
        [
            "# Made by `keyturn demo`. Tokens are not in here: they come from the environment.",
            "version: 1",
            f"organisation: {ORGANISATION}",
            "directory:",
            "  kind: scim",
            f"  url: {servers.scim_url}",
            f"  token_env: {DIRECTORY_TOKEN}",
            "secrets:",
            "  kind: openbao",
            f"  url: {servers.bao_url}",
            f"  token_env: {SECRETS_TOKEN}",
            f"  audit_log: {_text(str(servers.audit_log))}",
            "mappings:",
            *_mappings(filled),
            "exceptions:",
            *_exceptions(filled, today),
            "aliases:",
            *(
                f"  - {{directory: {_email(login)}, secrets: {entity}}}"
                for login, entity in MATCHED_BY_ALIAS.items()
            ),
            "machines:",
            *(
                f"  - {{machine: {machine}, owner: {_email(owner)}}}"
                for machine, owner in _owned()
                if owner
            ),
            "privileges:",
            *(f"  - {{person: {one}, role: {OPERATORS_POLICY}}}" for one in NEVER_TOUCH),
            _LIMITS,
            f"never_touch: [{', '.join(NEVER_TOUCH)}]",
            "",
        ]
    )


def _mappings(filled: Filled) -> list[str]:
    lines: list[str] = []
    for group, grants in MAPPINGS.items():
        shown = MISNAMED_GROUP.get(group, group)
        lines += _mapping(filled.directory.groups[group], shown, grants, filled)
    gone_id, gone_name = GONE_GROUP
    return lines + _mapping(gone_id, gone_name, (("platform-staging", Level.READ),), filled)


def _mapping(
    group_id: str, name: str, grants: tuple[tuple[str, Level], ...], filled: Filled
) -> list[str]:
    return [
        f"  - group: {{id: {_text(group_id)}, name: {name}}}",
        "    grants:",
        *(
            f"      - {{vault: {_vault(vault, filled)}, permissions: {level.value}}}"
            for vault, level in grants
        ),
    ]


def _exceptions(filled: Filled, today: date) -> list[str]:
    lines: list[str] = []
    for one in WAIVERS:
        until = today + timedelta(days=one.days)
        lines += [
            f"  - person: {_email(one.login)}",
            f"    vault: {_vault(one.vault, filled)}",
            f"    permissions: {one.level.value}",
            f"    until: {until.isoformat()}",
            f"    owner: {_email(one.owner)}",
            f"    reason: {_text(one.reason)}",
            f"    ticket: {one.ticket}",
        ]
    return lines


def _owned() -> list[tuple[str, str]]:
    return [
        *((f"approle/{role.name}", role.owner) for role in ROLES),
        *((f"token-{token.name}", token.owner) for token in LOOSE_TOKENS),
        (f"token-{KEYTURN_TOKEN}", KEYTURN_OWNER),
    ]


def _vault(name: str, filled: Filled) -> str:
    return f"{{id: {_text(filled.secrets.vaults[name])}, name: {name}}}"


def _email(login: str) -> str:
    return f"{login}@{DOMAIN}"


def _text(value: str) -> str:
    """A YAML double-quoted scalar; ids of digits and `e` would else be read as numbers."""
    return json.dumps(value, ensure_ascii=False)
