"""Putting the dashboard together from the files it is to show."""

from collections.abc import Callable

from keyturn.tui.app import KeyturnApp, Parts
from keyturn.tui.cache_data import CacheData
from keyturn.tui.real_doors import RealDoors
from keyturn.tui.run_engine import RunEngine
from keyturn.tui.start import DashboardOptions
from keyturn_storage.files import data_dir


def make_app(options: DashboardOptions, now_ms: Callable[[], int]) -> KeyturnApp:
    """The app over `options`' files. Opens nothing but the data directory."""
    directory = data_dir(options.data)
    data = CacheData(directory / "cache.db")
    return KeyturnApp(
        Parts(
            reads=data.reads,
            data=data,
            engine=RunEngine(RealDoors(options.config), directory, read_only=options.read_only),
            state_dir=directory,
            now_ms=now_ms,
            organisation=options.organisation,
            read_only=options.read_only,
            person=options.person,
        )
    )
