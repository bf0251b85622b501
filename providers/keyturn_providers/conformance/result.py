"""What a check answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """SKIPPED: the connector does not have the ability, or the subject names nothing to try on."""

    PASSED = "passed"
    FAILED = "FAILED"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check of one connector. `words` says what was seen, or what is wrong."""

    name: str
    mark: Mark
    words: str

    def __str__(self) -> str:
        return f"{self.mark.value}: {self.name}: {self.words}"


def failures(results: Iterable[CheckResult]) -> tuple[CheckResult, ...]:
    """Those that failed."""
    return tuple(one for one in results if one.mark is Mark.FAILED)


class NotSo(Exception):
    """A check found what must not be; the message says what."""


class NotHere(Exception):
    """A check does not apply; the message says why."""
