"""Sources that cannot do one thing, as a token without a right or a part that is signed out."""

from dataclasses import replace

import pytest

from keyturn_providers.abilities import Ability
from keyturn_providers.contract import About, Check
from keyturn_providers.simulated import SimulatedConnector


def without(monkeypatch: pytest.MonkeyPatch, ability: Ability, *checks: Check) -> None:
    """Neither source has the ability, and says why by `checks` where there are any."""
    asked = SimulatedConnector.about

    async def about(connector: SimulatedConnector) -> About:
        told = await asked(connector)
        return replace(told, abilities=told.abilities - {ability}, checks=checks or told.checks)

    monkeypatch.setattr(SimulatedConnector, "about", about)
