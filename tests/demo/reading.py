"""What keyturn makes of a running demo: both sources read whole, and what was found."""

from keyturn.policy.load import load_policy
from keyturn.run.assess import Assessment, assess
from keyturn.run.clock import system_clock
from keyturn.run.connections import open_connections
from keyturn.run.refresh import refresh
from keyturn.settings import Places
from keyturn_storage.snapshots import open_cache


async def decided(places: Places) -> Assessment:
    """From a read that must be complete; nothing is changed."""
    loaded = load_policy(places.config)
    connections = open_connections(loaded, read_only=True)
    try:
        with open_cache(places.cache) as cache:
            report = await refresh(
                connections,
                cache,
                observe=lambda _: None,
                stop=lambda: False,
                clock=system_clock(),
            )
            assert report.complete, report.words
            return assess(cache, loaded.rules, system_clock().now_ms())
    finally:
        await connections.aclose()
