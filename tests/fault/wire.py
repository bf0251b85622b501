"""A transport for tests: a made-up token, waits without length, and what was observed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from keyturn_providers.contract import (
    RequestSeen,
    Surroundings,
    Waiting,
)
from keyturn_providers.http import BEARER, AuthHeader, Retries, Timeouts, Transport
from keyturn_providers.pacing import Pacer

TOKEN = "made-up-token-3f9c"
QUICK = Retries(first_wait_s=0.0, longest_wait_s=0.0)


@dataclass
class Clock:
    """A clock that only moves when somebody sleeps on it."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def time(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class Wire:
    """`requests` and `waits` hold what the surroundings observed."""

    requests: list[RequestSeen] = field(default_factory=list)
    waits: list[Waiting] = field(default_factory=list)
    clock: Clock = field(default_factory=Clock)
    token: Callable[[], SecretStr] = lambda: SecretStr(TOKEN)

    def observe(self, seen: RequestSeen | Waiting) -> None:
        if isinstance(seen, Waiting):
            self.waits.append(seen)
        else:
            self.requests.append(seen)

    def surroundings(self, *, read_only: bool = False) -> Surroundings:
        return Surroundings(secret=self.token, read_only=read_only, observe=self.observe)

    def pacer(self) -> Pacer:
        """A pacer on the made-up clock that reports its waits here."""
        return Pacer(
            clock=self.clock.time,
            sleep=self.clock.sleep,
            observe=lambda seconds, reason: self.observe(Waiting("idp", seconds, reason)),
        )

    def transport(
        self,
        url: str,
        *,
        retries: Retries = QUICK,
        auth: AuthHeader = BEARER,
        ca_file: Path | None = None,
        explain: Callable[[bytes], str] | None = None,
        timeouts: Timeouts | None = None,
        max_body: int = 32 * 1024 * 1024,
    ) -> Transport:
        return Transport(
            "idp",
            url,
            self.surroundings(),
            auth=auth,
            ca_file=ca_file,
            explain=explain,
            retries=retries,
            timeouts=timeouts,
            pacer=self.pacer(),
            max_body=max_body,
        )
