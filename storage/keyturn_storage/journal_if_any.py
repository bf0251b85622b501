"""The journal for those who only look."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keyturn_storage.errors import OlderFile
from keyturn_storage.journal import Journal, open_journal


@contextmanager
def journal_if_any(path: Path) -> Iterator[Journal | None]:
    """The journal, for reading; None where there is none, for looking does not make one.

    One that an older keyturn wrote is brought up to date first, with a copy kept beside it, as the
    cache is: else whoever looks after an upgrade would be told that nothing has happened. Raises
    StorageRefused where it cannot be opened, or be brought up to date.
    """
    if not path.exists():
        yield None
        return
    try:
        journal = open_journal(path, read_only=True)
    except OlderFile:
        open_journal(path).close()
        journal = open_journal(path, read_only=True)
    with journal:
        yield journal
