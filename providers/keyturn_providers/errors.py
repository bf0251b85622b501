"""What can go wrong with a remote system, each class saying what may be done next.

Messages are complete sentences fit for a screen: who, what, why and what to do next. They never
hold a token, a header or a request body.
"""


class ProviderError(Exception):
    """Base of all. `source` is the source's name, `what` was attempted, `why` it failed."""

    def __init__(self, source: str, what: str, why: str, next_step: str) -> None:
        self.source = source
        self.what = what
        self.why = why
        self.next_step = next_step
        super().__init__(f"{source}: {what}: {why} {next_step}".strip())


class NotAuthenticated(ProviderError):
    """The credential is missing, wrong or expired. Stop using this source; tell."""


class NotAllowed(ProviderError):
    """The credential is good but this is refused. Stop this kind of request; tell."""


class Throttled(ProviderError):
    """Too many requests. Nothing was done; wait `retry_after_s`, for all tasks of this class."""

    def __init__(
        self, source: str, what: str, why: str, next_step: str, *, retry_after_s: float
    ) -> None:
        super().__init__(source, what, why, next_step)
        self.retry_after_s = retry_after_s


class Unreachable(ProviderError):
    """The request surely never arrived (refused, DNS, TLS). It may be sent again."""


class OutcomeUnknown(ProviderError):
    """The request may have arrived and been done. Read the target before anything else."""


class Gone(ProviderError):
    """The object does not exist. For a removal that is success."""


class Conflict(ProviderError):
    """The object is not in the state the request assumed. Plan this operation again."""


class BadAnswer(ProviderError):
    """The answer does not have the documented shape. Stop this connector."""


class TenantChanged(ProviderError):
    """The address now leads to another tenant than the stored snapshots. Stop everything."""


class Misconfigured(ProviderError):
    """The configuration cannot work as it stands (plain http, unknown host form, no token)."""


class ReadOnly(ProviderError):
    """A writer was asked for in read-only mode."""
