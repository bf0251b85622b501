"""Fills a tenant in one transaction: what it holds is said as values, thousands at a time."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from keyturn_providers.simulated.onepassword import permissions
from keyturn_providers.simulated.onepassword.clock import now_ms
from keyturn_providers.simulated.onepassword.rights import BUILT_IN
from keyturn_providers.simulated.onepassword.schema import connect, set_setting, setting, writing
from keyturn_providers.simulated.onepassword.seeded_events import (
    audit_rows,
    sign_in_rows,
    usage_rows,
)
from keyturn_providers.simulated.onepassword.seeds import BUILT_IN_IDS, Seed, Vault, stable_id
from keyturn_providers.simulated.onepassword.trail import account_id

_Put = Callable[[str, Iterable[tuple[object, ...]]], object]


def seed(path: Path, sown: Seed) -> None:
    """Puts everything into the tenant's file, or nothing of it."""
    conn = connect(path)
    with writing(conn):
        now = now_ms(conn)
        _people(conn.executemany, sown, now)
        _groups(conn.executemany, sown, now)
        _vaults(conn.executemany, sown)
        _machines(conn.executemany, sown)
        streams = (
            audit_rows(sown, account_id(conn)),
            usage_rows(sown, account_id(conn)),
            sign_in_rows(sown, account_id(conn)),
        )
        for rows in streams:
            conn.executemany(
                "INSERT INTO event (feature, at_ms, visible_ms, body) VALUES (?, ?, ?, ?)", rows
            )
        if sown.signed_in or not setting(conn, "signed_in_user"):
            set_setting(conn, "signed_in_user", sown.signed_in)
        if sown.bridge_token:
            set_setting(conn, "bridge_token", sown.bridge_token)
    conn.close()


def _people(put: _Put, sown: Seed, now: int) -> None:
    put(
        "INSERT INTO user (id, name, email, type, state, created_ms, updated_ms, last_auth_ms,"
        " invited_ms, invitation_id, accepted_ms, external_id, managed, externally_managed)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                user.id,
                user.name,
                user.email,
                user.type,
                user.state,
                user.created_ms,
                user.updated_ms or user.created_ms,
                user.last_auth_ms,
                user.invited_ms if user.invited_ms is not None else user.created_ms,
                stable_id(f"invitation {user.id}"),
                now
                if user.accepted_ms is None and user.state == "TRANSFER_ACCEPTED"
                else user.accepted_ms,
                user.external_id,
                int(user.managed),
                int(user.externally_managed),
            )
            for user in sown.users
        ),
    )


def _groups(put: _Put, sown: Seed, now: int) -> None:
    columns = "INSERT OR IGNORE INTO team_group VALUES (?, ?, ?, ?, 'ACTIVE', ?, ?, ?, ?, ?)"
    put(
        columns,
        (
            (BUILT_IN_IDS[name], name, "", kind, now, now, ",".join(rights), None, 0)
            for name, (kind, rights) in BUILT_IN.items()
        ),
    )
    put(
        columns,
        (
            (
                group.id,
                group.name,
                group.description,
                "USER_DEFINED",
                group.created_ms,
                group.created_ms,
                ",".join(group.permissions),
                group.external_id,
                int(group.managed),
            )
            for group in sown.groups
        ),
    )
    put(
        "INSERT OR REPLACE INTO member VALUES (?, ?, ?)",
        sorted((member.group_id, member.user_id, member.role) for member in sown.members),
    )
    put(
        "INSERT OR IGNORE INTO member VALUES (?, ?, 'MEMBER')",
        (
            (BUILT_IN_IDS["Team Members"], user.id)
            for user in sown.users
            if user.type != "GUEST" and not user.state.startswith(("TRANSFER", "PENDING"))
        ),
    )


def _vaults(put: _Put, sown: Seed) -> None:
    put(
        "INSERT INTO vault VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?)",
        (
            (
                vault.id,
                vault.name,
                vault.description,
                vault.type,
                vault.items + 1,
                vault.items,
                vault.created_ms,
                vault.updated_ms or vault.created_ms,
                vault.owner_id,
            )
            for vault in (*sown.vaults, *_personal(sown))
        ),
    )
    put(
        "INSERT OR REPLACE INTO vault_access VALUES (?, ?, ?, ?)",
        sorted(
            (g.vault_id, g.kind, g.principal_id, permissions.mask_of(g.permissions))
            for g in sown.grants
        ),
    )
    put(
        "INSERT INTO item VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                i.id,
                i.vault_id,
                i.title,
                i.category,
                i.version,
                i.created_ms,
                i.updated_ms or i.created_ms,
                i.last_edited_by,
            )
            for i in sown.items
        ),
    )


def _personal(sown: Seed) -> Iterator[Vault]:
    for user in sown.users:
        if user.personal_vault and user.type != "GUEST" and user.state == "ACTIVE":
            yield Vault(
                stable_id(f"personal {user.id}"),
                "Employee",
                "PERSONAL",
                created_ms=user.created_ms,
                owner_id=user.id,
            )


def _machines(put: _Put, sown: Seed) -> None:
    put(
        "INSERT INTO service_account VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
        (
            (s.id, s.name, s.token, s.state, int(s.can_create_vaults), s.created_ms, s.expires_ms)
            for s in sown.service_accounts
        ),
    )
    put(
        "INSERT INTO connect_server VALUES (?, ?, ?, ?, ?, ?)",
        (
            (s.id, s.name, s.state, s.created_ms, s.creator_id, s.tokens_version)
            for s in sown.connect_servers
        ),
    )
    put(
        "INSERT INTO connect_token VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (
                t.id,
                t.server_id,
                t.name,
                t.state,
                json.dumps(t.features),
                json.dumps([{"id": vault, "acl": list(acl)} for vault, acl in t.vaults.items()]),
                t.created_ms,
            )
            for t in sown.connect_tokens
        ),
    )
    put(
        "INSERT INTO oauth_client VALUES (?, ?, ?)",
        ((c.id, c.secret, ",".join(c.scopes)) for c in sown.oauth_clients),
    )
