"""Putting the dashboard together from the files it is to show."""

from collections.abc import Callable

from keyturn.tui.app import KeyturnApp, Parts
from keyturn.tui.cache_data import CacheData
from keyturn.tui.first_look import FirstLook, first_look
from keyturn.tui.housekeeping import SHARED, Housekeeping
from keyturn.tui.real_doors import RealDoors
from keyturn.tui.run_engine import RunEngine
from keyturn.tui.start import DashboardOptions
from keyturn.tui.state import recall
from keyturn_storage.files import data_dir


def make_app(
    options: DashboardOptions,
    now_ms: Callable[[], int],
    housekeeping: Housekeeping = SHARED,
) -> KeyturnApp:
    """The app over `options`' files. Opens nothing but the data directory."""
    directory = data_dir(options.data)
    doors = RealDoors(options.config)
    data = CacheData(directory / "cache.db", now_ms, lambda: doors.load().rules, doors.silence_ms)
    remembered = recall(directory)
    link = options.link
    person = link.key if link is not None and link.kind == "user" else options.person
    ahead = data.reads.begin(lambda: first_look(data, remembered, person))

    def look() -> FirstLook | None:
        # A cache that cannot be read is told by the screens that ask for it next.
        return ahead.result() if ahead.exception() is None else None

    return KeyturnApp(
        Parts(
            reads=data.reads,
            data=data,
            engine=RunEngine(
                doors, directory, read_only=options.read_only, after_read=options.after_read
            ),
            state_dir=directory,
            now_ms=now_ms,
            organisation=options.organisation,
            read_only=options.read_only,
            person=person,
            tour=options.tour,
            link=link,
            read_first=options.read_first,
            look=look,
            housekeeping=housekeeping,
        )
    )
