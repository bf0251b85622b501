"""What the tenants saw of keyturn during a drill: counted in their files, not told by keyturn. What
keyturn read is in its own cache."""

from collections import Counter
from dataclasses import dataclass

from keyturn.demo.okta_onepassword.session import DemoSession
from keyturn_providers.records import Side
from keyturn_providers.simulated.onepassword import inspection as onepassword
from keyturn_providers.simulated.wire import request_log
from keyturn_storage.queries.moments import moments
from keyturn_storage.queries.reader import open_reader

_OP_WRITES = (
    "user suspend",
    "group user revoke",
    "vault user revoke",
    "vault group revoke",
)
_THROTTLED = 429


def refusals(session: DemoSession) -> int:
    """How many requests Okta has answered with 429."""
    seen = request_log.requests(session.okta)
    return sum(one.status == _THROTTLED for one in seen)


def writes(session: DemoSession) -> int:
    """How many changes of keyturn's have reached the tenants, answered or not."""
    in_okta = sum(
        one.method in ("POST", "PUT", "DELETE") and one.path.startswith("/api/v1/users")
        for one in request_log.requests(session.okta)
    ) + sum(
        one.method in ("PUT", "DELETE") and one.path.startswith("/api/v1/groups")
        for one in request_log.requests(session.okta)
    )
    return in_okta + sum(
        len(onepassword.op_calls(session.onepassword, command)) for command in _OP_WRITES
    )


def told_again(session: DemoSession) -> int:
    """How many changes of the leaver 1Password was told to make more than once."""
    told = Counter(
        call.command
        for command in _OP_WRITES
        for call in onepassword.op_calls(session.onepassword, command)
        if session.leaver_account_id in call.arguments
    )
    return sum(times > 1 for times in told.values())


@dataclass(frozen=True, slots=True)
class Read:
    """One read of a source that has ended. `complete`: nothing of it is missing."""

    began_ms: int
    ended_ms: int
    complete: bool

    def within(self, since_ms: int, until_ms: int) -> bool:
        """Whether it began and ended in a time."""
        return since_ms <= self.began_ms and self.ended_ms <= until_ms

    def cut_by(self, since_ms: int, until_ms: int) -> bool:
        """Whether it is not complete, and some of it was in a time."""
        return not self.complete and self.began_ms <= until_ms and self.ended_ms >= since_ms


def reads_of(session: DemoSession, side: Side) -> tuple[Read, ...]:
    """Every read of one side that has ended, oldest first."""
    if not session.places.cache.exists():
        return ()
    with open_reader(session.places.cache) as reader:
        sides = [one for moment in moments(reader) for one in moment.sides if one.side is side]
    found = [
        Read(one.started_ms, one.ended_ms, one.complete)
        for one in sides
        if one.ended_ms is not None
    ]
    return tuple(sorted(found, key=lambda one: one.began_ms))
