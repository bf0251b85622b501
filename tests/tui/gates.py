"""A secret manager that keeps requests waiting until a test lets them through."""

import asyncio
from dataclasses import dataclass, field
from threading import Event

from tests.tui.looking import until
from tests.tui.simulated import Bench
from textual.pilot import Pilot

from keyturn_providers.abilities import Ability
from keyturn_providers.simulated.remote import Moment


@dataclass
class Gate:
    """`reached` is set when a request waits at it; it waits until `opened`."""

    reached: Event = field(default_factory=Event)
    opened: Event = field(default_factory=Event)


async def held_move(pilot: Pilot[None], bench: Bench) -> Gate:
    """Asks for the move of whom the cursor is on; what is read for it waits at the gate."""
    gate = hold(bench, Ability.READ_SESSIONS)
    await pilot.press("m")
    await until(pilot, gate.reached.is_set)
    return gate


def hold(bench: Bench, ability: Ability) -> Gate:
    """Requests of this kind wait at the secret manager until the gate is opened."""
    gate = Gate()

    async def wait(moment: Moment) -> None:
        if moment.ability is ability:
            gate.reached.set()
            await asyncio.to_thread(gate.opened.wait, 30)

    bench.pair.secrets.remote.at = wait
    return gate
