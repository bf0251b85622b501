"""The tenant's file: its tables, and how it is made and opened."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from keyturn_providers.simulated.onepassword.ids import new_id

TABLES = """
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE switch (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE account (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, domain TEXT NOT NULL, type TEXT NOT NULL,
  state TEXT NOT NULL, created_ms INTEGER NOT NULL) STRICT;
CREATE TABLE user (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL COLLATE NOCASE UNIQUE,
  type TEXT NOT NULL, state TEXT NOT NULL, state_before TEXT, language TEXT NOT NULL DEFAULT 'en',
  created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL, last_auth_ms INTEGER,
  invited_ms INTEGER, invitation_id TEXT, accepted_ms INTEGER, external_id TEXT,
  managed INTEGER NOT NULL DEFAULT 0, externally_managed INTEGER NOT NULL DEFAULT 0,
  travel_mode INTEGER NOT NULL DEFAULT 0, devices_until_ms INTEGER) STRICT;
CREATE INDEX user_name ON user (name);
CREATE TABLE team_group (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, description TEXT NOT NULL, type TEXT NOT NULL,
  state TEXT NOT NULL, created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,
  permissions TEXT NOT NULL, external_id TEXT, managed INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX team_group_name ON team_group (name);
CREATE TABLE member (
  group_id TEXT NOT NULL, user_id TEXT NOT NULL, role TEXT NOT NULL,
  PRIMARY KEY (group_id, user_id)) STRICT, WITHOUT ROWID;
CREATE INDEX member_user ON member (user_id);
CREATE TABLE vault (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, description TEXT NOT NULL, type TEXT NOT NULL,
  attribute_version INTEGER NOT NULL, content_version INTEGER NOT NULL, items INTEGER NOT NULL,
  created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL, owner_id TEXT) STRICT;
CREATE INDEX vault_name ON vault (name);
CREATE TABLE vault_access (
  vault_id TEXT NOT NULL, kind TEXT NOT NULL, principal_id TEXT NOT NULL,
  permissions INTEGER NOT NULL,
  PRIMARY KEY (vault_id, kind, principal_id)) STRICT, WITHOUT ROWID;
CREATE INDEX vault_access_principal ON vault_access (kind, principal_id);
CREATE TABLE service_account (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, token TEXT NOT NULL UNIQUE, state TEXT NOT NULL,
  can_create_vaults INTEGER NOT NULL, created_ms INTEGER NOT NULL, expires_ms INTEGER,
  used INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE service_account_use (
  account_id TEXT NOT NULL, action TEXT NOT NULL, at_ms INTEGER NOT NULL) STRICT;
CREATE TABLE connect_server (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, state TEXT NOT NULL, created_ms INTEGER NOT NULL,
  creator_id TEXT NOT NULL, tokens_version INTEGER NOT NULL) STRICT;
CREATE TABLE connect_token (
  id TEXT PRIMARY KEY, server_id TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL,
  features TEXT NOT NULL, vaults TEXT NOT NULL, created_ms INTEGER NOT NULL) STRICT;
CREATE TABLE item (
  id TEXT PRIMARY KEY, vault_id TEXT NOT NULL, title TEXT NOT NULL, category TEXT NOT NULL,
  version INTEGER NOT NULL, created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,
  last_edited_by TEXT NOT NULL) STRICT;
CREATE INDEX item_vault ON item (vault_id);
CREATE TABLE op_session (
  token TEXT PRIMARY KEY, user_id TEXT NOT NULL, used_ms INTEGER NOT NULL) STRICT;
CREATE TABLE op_call (
  seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, command TEXT NOT NULL, arguments TEXT NOT NULL,
  standard_input TEXT NOT NULL, exit_code INTEGER, error TEXT NOT NULL) STRICT;
CREATE TABLE op_fault (
  seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, command TEXT NOT NULL, skip INTEGER NOT NULL,
  times INTEGER NOT NULL, seconds REAL NOT NULL, text TEXT NOT NULL, exit_code INTEGER NOT NULL)
  STRICT;
CREATE TABLE due (
  seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, action TEXT NOT NULL, user_id TEXT NOT NULL,
  actor TEXT NOT NULL) STRICT;
CREATE TABLE missing_event (action TEXT NOT NULL, object_type TEXT NOT NULL) STRICT;
CREATE TABLE event (
  seq INTEGER PRIMARY KEY, feature TEXT NOT NULL, at_ms INTEGER NOT NULL,
  visible_ms INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
CREATE INDEX event_order ON event (feature, visible_ms, seq);
CREATE TABLE access_token (
  token TEXT PRIMARY KEY, client_id TEXT NOT NULL, expires_ms INTEGER NOT NULL) STRICT;
CREATE TABLE oauth_client (id TEXT PRIMARY KEY, secret TEXT NOT NULL, scopes TEXT NOT NULL) STRICT;
CREATE TABLE events_token (
  token TEXT PRIMARY KEY, id TEXT NOT NULL, features TEXT NOT NULL, issued_ms INTEGER NOT NULL,
  expires_ms INTEGER) STRICT;
"""


def create(
    path: "str | os.PathLike[str]",
    *,
    domain: str = "acme.1password.com",
    name: str = "Acme",
    plan: str = "BUSINESS",
    account_id: str = "",
) -> None:
    """Makes the file of an empty tenant. FileExistsError where there is one already."""
    # Imported here: `op`, which starts for every question, makes no tenants.
    from pathlib import Path

    from keyturn_providers.simulated.wire import state

    state.create(Path(path), TABLES)
    conn = connect(path)
    settings = {
        "clock_offset_ms": "0",
        "signed_in_user": "",
        "bridge_token": f"bridge-{new_id()}",
        "bridge_actor": new_id(capital=True),
        "partner_actor": new_id(capital=True),
        "bridge_started_ms": "0",
        "bridge_unlocked_ms": "",
    }
    with writing(conn):
        conn.executemany("INSERT INTO setting VALUES (?, ?)", settings.items())
        conn.execute(
            "INSERT INTO account VALUES (?, ?, ?, ?, 'ACTIVE', ?)",
            (
                account_id or new_id(capital=True),
                name,
                domain,
                plan,
                time.time_ns() // 1_000_000 - 3 * 365 * 86_400_000,
            ),
        )
    conn.close()


def connect(path: "str | os.PathLike[str]") -> sqlite3.Connection:
    """A connection to a tenant's file. Several processes may have one at a time.

    FileNotFoundError where there is none: a misspelt path is not a new, empty tenant.
    """
    if not os.path.exists(path):  # noqa: PTH110 - pathlib is slow to import
        raise FileNotFoundError(path)
    conn = sqlite3.connect(path, timeout=30.0, isolation_level=None)
    conn.row_factory = sqlite3.Row
    conn.execute("PRAGMA synchronous = OFF")
    return conn


@contextmanager
def writing(conn: sqlite3.Connection) -> Iterator[None]:
    """One transaction: all of it, or nothing."""
    conn.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        conn.execute("ROLLBACK")
        raise
    conn.execute("COMMIT")


def setting(conn: sqlite3.Connection, name: str) -> str:
    """One value the tenant keeps about itself."""
    value: str = conn.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()[0]
    return value


def set_setting(conn: sqlite3.Connection, name: str, value: str) -> None:
    """Changes one value the tenant keeps about itself."""
    conn.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, value))
