"""Sees everything a connector shows while a check runs, and finds a credential in it."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import SecretStr


class Witness(logging.Handler):
    """Collects log lines, events, errors and values as text."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._seen: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps a log line as it would be written, with the traceback it brings."""
        self._seen.append((f"the log of {record.name}", logging.Formatter().format(record)))

    def value(self, where: str, value: object) -> None:
        """Keeps how a value shows itself."""
        self._seen.append((where, f"{value!s} {value!r}"))

    def error(self, error: BaseException) -> None:
        """Keeps an error, all that hangs on it, and its traceback with the locals of each frame."""
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
        self._seen.append((f"the error {type(error).__name__}", f"{error!s} {error!r}"))
        self._seen.append((f"the traceback of {type(error).__name__}", "".join(told.format())))

    def shown(self, secret: SecretStr) -> tuple[str, ...]:
        """Where the credential was shown; empty where it was not."""
        bare = secret.get_secret_value()
        return tuple(dict.fromkeys(where for where, text in self._seen if bare in text))


@contextmanager
def watching() -> Iterator[Witness]:
    """A witness that also reads every logger, at the level of debugging, until the end."""
    witness = Witness()
    root = logging.getLogger()
    level = root.level
    root.addHandler(witness)
    root.setLevel(logging.DEBUG)
    try:
        yield witness
    finally:
        root.setLevel(level)
        root.removeHandler(witness)
