"""How the org behaves, beyond faults: switches in the state file that any process turns."""

import time
from pathlib import Path

from keyturn_providers.simulated.okta.moments import new_id
from keyturn_providers.simulated.wire.state import opened, set_setting, setting

EMPTY_LAST_PAGE = "empty_last_page"
SEARCH_LAG = "search_lag_s"
READ_ONLY = "read_only"
DEACTIVATE_STATUS = "deactivate_status"
ASYNC_POLLS = "async_polls"
ASYNC_ALWAYS = "async_always"
NONCE = "dpop_nonce"
BRIDGE_URL = "bridge_url"
BRIDGE_TOKEN = "bridge_token"  # noqa: S105 - the setting's name
PUSH_LAG = "push_lag_s"
TOKENS_STAY = "tokens_stay"


def search_lags(path: Path, seconds: float) -> None:
    """How long `search` keeps showing users as they were before a change. 0: not at all."""
    _set(path, SEARCH_LAG, repr(seconds))


def settle_search(path: Path) -> None:
    """The search index catches up with everything at once."""
    with opened(path) as connection:
        connection.execute("DELETE FROM user_lagging")


def event_late(
    path: Path, seconds: float, *, type_glob: str = "*", target: str = "*", times: int | None = 1
) -> None:
    """The next matching events are seen only after this time. `target` is an id or a glob."""
    _switch(path, type_glob, target, seconds, times)


def settle_log(path: Path) -> None:
    """Every event that is late is seen from now on."""
    now = time.time()
    with opened(path) as connection:
        connection.execute("UPDATE event SET visible = ? WHERE visible > ?", (now, now))


def event_missing(
    path: Path, *, type_glob: str = "*", target: str = "*", times: int | None = 1
) -> None:
    """The next matching events are never written."""
    _switch(path, type_glob, target, None, times)


def read_only(path: Path, on: bool) -> None:
    """Maintenance: reads work, writes are answered 503 E0000010."""
    _set(path, READ_ONLY, "1" if on else "0")


def deactivation_answers(path: Path, status: int) -> None:
    """Whether a deactivation is answered 200 `{}` or 204: both occur."""
    _set(path, DEACTIVATE_STATUS, str(status))


def async_polls(path: Path, polls: int) -> None:
    """How many reads by id show a user in transition after `Prefer: respond-async`."""
    _set(path, ASYNC_POLLS, str(polls))


def deactivates_later(path: Path, on: bool) -> None:
    """Whether a deactivation is asynchronous also for who did not ask for it."""
    _set(path, ASYNC_ALWAYS, "1" if on else "0")


def empty_last_pages(path: Path, on: bool) -> None:
    """Whether every full page has a next link, also where an empty page follows."""
    _set(path, EMPTY_LAST_PAGE, "1" if on else "0")


def renew_nonce(path: Path) -> str:
    """A new DPoP nonce: proofs for the token endpoint that carry the old one are refused."""
    nonce = new_id("nonce-")
    _set(path, NONCE, nonce)
    return nonce


def tokens_stay(path: Path, client: str | None) -> None:
    """Whose refresh tokens outlive the end of all sessions, and a deactivation too, although the
    log tells of both: those of a client by this id or glob. None: nobody's, as it should be."""
    _set(path, TOKENS_STAY, client or "")


def push_to(path: Path, url: str, token: str, *, lag_s: float = 0.0) -> None:
    """Where Okta provisions to: the SCIM base URL (`…/scim`) and its bearer token."""
    with opened(path) as connection:
        set_setting(connection, BRIDGE_URL, url.rstrip("/"))
        set_setting(connection, BRIDGE_TOKEN, token)
        set_setting(connection, PUSH_LAG, repr(lag_s))


def settle_pushes(path: Path) -> None:
    """Every push that lags is due from now on."""
    with opened(path) as connection:
        connection.execute("UPDATE push_queue SET due = ?", (time.time(),))


def switch(path: Path, name: str) -> str | None:
    """A switch as it stands."""
    with opened(path) as connection:
        return setting(connection, name)


def _set(path: Path, name: str, value: str) -> None:
    with opened(path) as connection:
        set_setting(connection, name, value)


def _switch(
    path: Path, type_glob: str, target: str, late_s: float | None, times: int | None
) -> None:
    with opened(path) as connection:
        connection.execute(
            "INSERT INTO event_switch (type, target, late_s, times) VALUES (?, ?, ?, ?)",
            (type_glob, target, late_s, times),
        )
