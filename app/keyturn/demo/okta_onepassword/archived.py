"""Gives the demo the archive of somebody who has run keyturn for two years.

1Password's Events API forgets after 120 days. While the archive is filled the simulated one still
knows everything, and the configuration says so; from then on it forgets as the real one does, and
what is older is in the journal.
"""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from keyturn.demo.okta_onepassword.config_file import Sources, write_config
from keyturn.demo.processes import DemoError
from keyturn.policy.load import load_policy
from keyturn.run.archive import archive
from keyturn.run.clock import system_clock
from keyturn.run.connections import open_connections
from keyturn.settings import Places
from keyturn_providers.simulated.onepassword.inspection import set_switch
from keyturn_storage.journal import open_journal

_ALL_DAYS = 800
_REAL_DAYS = 120


def archive_history(places: Places, sources: Sources, onepassword: Path) -> None:
    """Archives every event the tenant has. Raises `DemoError` where a stream fails."""
    config = places.config.with_name("archiving.yaml")
    write_config(config, sources, datetime.now(UTC).date(), events_days=_ALL_DAYS)
    set_switch(onepassword, "events_days", _ALL_DAYS)
    try:
        asyncio.run(_archive(config, places.journal))
    finally:
        set_switch(onepassword, "events_days", _REAL_DAYS)
        config.unlink()


async def _archive(config: Path, journal: Path) -> None:
    connections = open_connections(load_policy(config), read_only=True)
    try:
        report = await archive(
            connections,
            lambda: open_journal(journal),
            observe=lambda _: None,
            stop=lambda: False,
            clock=system_clock(),
        )
    finally:
        await connections.aclose()
    if not report.well or not any(stream.events for stream in report.streams):
        why = report.failure or " ".join(stream.words for stream in report.failed) or "None came."
        raise DemoError(f"keyturn demo: its events could not be archived. {why}")
