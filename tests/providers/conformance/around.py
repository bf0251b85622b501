"""A connector around a simulated one that differs from it in one thing, and one check of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.providers.conformance.subjects import simulated

from keyturn_providers.conformance import CHECKS, CheckResult, Subject, run_one
from keyturn_providers.contract import (
    About,
    Connector,
    Surroundings,
)
from keyturn_providers.records import (
    Account,
    AccountState,
    Side,
)
from keyturn_providers.simulated import SimulatedConnector

ANA = Account("a-1", "ana@acme.example", "Ana", AccountState.ACTIVE)


async def run(name: str, subject: Subject) -> CheckResult:
    (check,) = (one for one in CHECKS if one.name == name)
    return await run_one(check, subject)


@dataclass
class Around:
    """A connector with one thing changed; the rest is the simulated one."""

    inner: SimulatedConnector
    change_about: Callable[[About], About] = lambda about: about
    change_reader: Callable[[object], object] = lambda reader: reader
    change_writer: Callable[[object], object] = lambda writer: writer

    async def about(self) -> About:
        return self.change_about(await self.inner.about())

    def reader(self) -> object:
        return self.change_reader(self.inner.reader())

    def writer(self) -> object:
        return self.change_writer(self.inner.writer())

    async def aclose(self) -> None:
        await self.inner.aclose()


def around(make: Callable[[SimulatedConnector], Connector], side: Side = Side.SECRETS) -> Subject:
    inner, subject = simulated(side)

    def opened(surroundings: Surroundings) -> Connector:
        return make(replace(inner, read_only=surroundings.read_only))

    return replace(subject, open=opened)
