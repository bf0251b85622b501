"""/health: what the bridge's parts report of themselves, each report for ten minutes."""

from sqlite3 import Connection

from keyturn_providers.simulated.onepassword.clock import now_ms, seconds_text
from keyturn_providers.simulated.onepassword.due import last_watch_ms
from keyturn_providers.simulated.onepassword.schema import setting
from keyturn_providers.simulated.onepassword.surface import Json
from keyturn_providers.simulated.onepassword.switches import switch

BUILD = "209163"
VERSION = "2.9.16"
SOURCES = ("ConfirmationWatcher", "RedisCache", "SCIMServer", "StartProvisionWatcher")
_LIFE_MS = 600_000
_EVERY_MS = 60_000
_FIRST_RUN_MS = 5_000
_LONG_AGO_MS = 900_000


def health(conn: Connection) -> Json:
    """The whole answer. The watchers report only once they have run after being unlocked."""
    now = now_ms(conn)
    started, unlocked = (
        int(setting(conn, name) or 0) for name in ("bridge_started_ms", "bridge_unlocked_ms")
    )
    stopped, states = switch(conn, "stopped_reports"), switch(conn, "report_states")
    reports: list[Json] = []
    for source in SOURCES:
        watcher = source.endswith("Watcher")
        since = unlocked if watcher else started
        if watcher and now < since + _FIRST_RUN_MS:
            continue
        at = since + (now - since) // _EVERY_MS * _EVERY_MS
        if source == "ConfirmationWatcher":
            at = last_watch_ms(conn) or at
        if isinstance(stopped, list) and source in stopped:
            at = now - _LONG_AGO_MS
        state = states.get(source, "healthy") if isinstance(states, dict) else "healthy"
        reports.append(
            {
                "source": source,
                "time": seconds_text(at),
                "expires": seconds_text(at + _LIFE_MS),
                "state": state,
            }
        )
    return {
        "build": BUILD,
        "version": VERSION,
        "retrievedAt": seconds_text(now),
        "reports": reports,
    }
