"""Errors of one surface, as the source tells them: named, and not graver than they are for it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from keyturn_providers.errors import (
    BadAnswer,
    Conflict,
    NotAllowed,
    NotAuthenticated,
    ProviderError,
    Throttled,
)
from keyturn_providers.onepassword.view import Surface


def named(surface: Surface, error: ProviderError) -> ProviderError:
    """The same error, saying which surface it came from."""
    mark = f" ({surface.value})"
    what = error.what if error.what.endswith(mark) else error.what + mark
    return _like(error, type(error), what, error.why, error.next_step)


def contained(surface: Surface, error: ProviderError) -> ProviderError:
    """Named, and no end of the source: for listings and logs of a source that has other surfaces, a
    credential that is not taken, or an answer that is not understood, ends what this one tells.

    Never for changes, nor for the reads around them: there the two errors mean that nothing more is
    sent, or that nobody knows whether it was done.
    """
    told = named(surface, error)
    if isinstance(error, NotAuthenticated):
        return _like(error, NotAllowed, told.what, told.why, told.next_step)
    if isinstance(error, BadAnswer):
        return _like(error, Conflict, told.what, told.why, told.next_step)
    return told


def none_answers(down: Mapping[Surface, ProviderError]) -> ProviderError:
    """The one error for a source of which no surface answers: that of the most exact one, with the
    others' reasons."""
    (surface, error), *others = sorted(down.items(), key=lambda one: list(Surface).index(one[0]))
    told = named(surface, error)
    more = "".join(f" {other.value}: {why.why}" for other, why in others)
    return _like(error, type(error), told.what, told.why + more, told.next_step)


@contextmanager
def at(surface: Surface, *, contain: bool = False) -> Iterator[None]:
    """Errors from inside are named, or contained."""
    failure: ProviderError | None = None
    try:
        yield
    except ProviderError as error:
        failure = contained(surface, error) if contain else named(surface, error)
    if failure is not None:
        raise failure


def _like(
    error: ProviderError, kind: type[ProviderError], what: str, why: str, step: str
) -> ProviderError:
    if isinstance(error, Throttled):
        return Throttled(error.source, what, why, step, retry_after_s=error.retry_after_s)
    return kind(error.source, what, why, step)
