"""The tables of a simulated Okta org."""

_USER_COLUMNS = """
  id TEXT NOT NULL, login TEXT NOT NULL COLLATE NOCASE, status TEXT NOT NULL,
  created TEXT NOT NULL, activated TEXT, status_changed TEXT, last_login TEXT,
  last_updated TEXT NOT NULL, password_changed TEXT,
  transitioning_to TEXT, transition_polls INTEGER NOT NULL DEFAULT 0,
  profile TEXT NOT NULL, provider TEXT NOT NULL DEFAULT 'OKTA'
"""

TABLES = f"""
CREATE TABLE org (id TEXT NOT NULL, subdomain TEXT NOT NULL, company TEXT NOT NULL,
  created TEXT NOT NULL) STRICT;
CREATE TABLE user (no INTEGER PRIMARY KEY, {_USER_COLUMNS}, UNIQUE (id), UNIQUE (login)) STRICT;
-- What the search index still shows of a user until `until`; hidden: it shows nothing.
CREATE TABLE user_lagging (no INTEGER PRIMARY KEY, {_USER_COLUMNS},
  until REAL NOT NULL, hidden INTEGER NOT NULL) STRICT;
-- Who asked for a deactivation that is not carried out yet.
CREATE TABLE transition (user INTEGER PRIMARY KEY REFERENCES user, kind TEXT NOT NULL,
  id TEXT NOT NULL, name TEXT NOT NULL, token TEXT NOT NULL) STRICT;
CREATE TABLE grp (no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL,
  name TEXT NOT NULL, description TEXT, created TEXT NOT NULL, last_updated TEXT NOT NULL,
  last_membership_updated TEXT NOT NULL) STRICT;
CREATE TABLE member (grp INTEGER NOT NULL REFERENCES grp, user INTEGER NOT NULL REFERENCES user,
  how TEXT NOT NULL, PRIMARY KEY (grp, user)) STRICT, WITHOUT ROWID;
CREATE INDEX member_user ON member (user);
CREATE TABLE rule (id TEXT PRIMARY KEY, name TEXT NOT NULL, status TEXT NOT NULL,
  expression TEXT NOT NULL, groups TEXT NOT NULL, excluded TEXT NOT NULL,
  created TEXT NOT NULL, last_updated TEXT NOT NULL) STRICT;
CREATE TABLE app (id TEXT PRIMARY KEY, name TEXT NOT NULL, label TEXT NOT NULL,
  status TEXT NOT NULL, sign_on_mode TEXT NOT NULL, features TEXT NOT NULL,
  created TEXT NOT NULL, last_updated TEXT NOT NULL) STRICT;
CREATE TABLE app_user (app TEXT NOT NULL REFERENCES app, user INTEGER NOT NULL REFERENCES user,
  scope TEXT NOT NULL, status TEXT NOT NULL, sync_state TEXT NOT NULL, external_id TEXT,
  created TEXT NOT NULL, last_updated TEXT NOT NULL, last_sync TEXT,
  PRIMARY KEY (app, user)) STRICT, WITHOUT ROWID;
CREATE INDEX app_user_user ON app_user (user);
CREATE TABLE app_group (app TEXT NOT NULL REFERENCES app, grp INTEGER NOT NULL REFERENCES grp,
  priority INTEGER NOT NULL, last_updated TEXT NOT NULL,
  PRIMARY KEY (app, grp)) STRICT, WITHOUT ROWID;
CREATE TABLE push_mapping (id TEXT PRIMARY KEY, app TEXT NOT NULL REFERENCES app,
  grp INTEGER NOT NULL REFERENCES grp, target_id TEXT, status TEXT NOT NULL,
  error TEXT, last_push TEXT, created TEXT NOT NULL, last_updated TEXT NOT NULL) STRICT;
CREATE TABLE push_queue (no INTEGER PRIMARY KEY, app TEXT NOT NULL, action TEXT NOT NULL,
  user_id TEXT NOT NULL, grp_id TEXT NOT NULL, external_id TEXT NOT NULL, due REAL NOT NULL,
  transaction_id TEXT NOT NULL) STRICT;
CREATE TABLE role (id TEXT PRIMARY KEY, holder_kind TEXT NOT NULL, holder TEXT NOT NULL,
  type TEXT NOT NULL, label TEXT NOT NULL, created TEXT NOT NULL) STRICT;
CREATE INDEX role_holder ON role (holder);
CREATE TABLE api_token (id TEXT PRIMARY KEY, name TEXT NOT NULL, user_id TEXT NOT NULL,
  fingerprint TEXT NOT NULL UNIQUE, created TEXT NOT NULL, last_updated TEXT NOT NULL,
  expires TEXT NOT NULL) STRICT;
CREATE TABLE client (id TEXT PRIMARY KEY, name TEXT NOT NULL, jwks TEXT NOT NULL,
  dpop INTEGER NOT NULL, created TEXT NOT NULL) STRICT;
CREATE TABLE client_scope (id TEXT PRIMARY KEY, client TEXT NOT NULL REFERENCES client,
  scope TEXT NOT NULL, created TEXT NOT NULL, created_by TEXT NOT NULL) STRICT;
CREATE TABLE access_token (fingerprint TEXT PRIMARY KEY, client TEXT NOT NULL,
  scopes TEXT NOT NULL, expires REAL NOT NULL, thumbprint TEXT) STRICT;
CREATE TABLE used_jti (jti TEXT PRIMARY KEY, at REAL NOT NULL) STRICT;
CREATE TABLE session (id TEXT PRIMARY KEY, user INTEGER NOT NULL, kind TEXT NOT NULL,
  client TEXT NOT NULL, created TEXT NOT NULL) STRICT;
CREATE INDEX session_user ON session (user);
CREATE TABLE consent (id TEXT PRIMARY KEY, user INTEGER NOT NULL, client TEXT NOT NULL,
  scope TEXT NOT NULL, created TEXT NOT NULL) STRICT;
CREATE TABLE factor (id TEXT PRIMARY KEY, user INTEGER NOT NULL, type TEXT NOT NULL,
  provider TEXT NOT NULL, status TEXT NOT NULL, created TEXT NOT NULL) STRICT;
-- An event is seen from `visible` on; by (visible, no) the log is polled.
CREATE TABLE event (no INTEGER PRIMARY KEY, visible REAL NOT NULL, published TEXT NOT NULL,
  type TEXT NOT NULL, doc TEXT NOT NULL) STRICT;
CREATE INDEX event_visible ON event (visible, no);
CREATE INDEX event_published ON event (published, no);
CREATE TABLE event_switch (no INTEGER PRIMARY KEY, type TEXT NOT NULL, target TEXT NOT NULL,
  late_s REAL, times INTEGER) STRICT;
"""
