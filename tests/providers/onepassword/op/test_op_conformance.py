"""The op surface by itself, put to the suite that every connector passes."""

from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.providers.onepassword.op.acme import ANA, ENG, EVA, NOBODY, SECRET, Acme, made

from keyturn_providers.conformance import CHECKS, Mark, run_one
from keyturn_providers.conformance.subject import GrantTarget, Subject
from keyturn_providers.conformance.suite import Check
from keyturn_providers.contract import About, Surroundings
from keyturn_providers.errors import ReadOnly
from keyturn_providers.onepassword.op.reader import OpReader
from keyturn_providers.onepassword.op.settings import OpSettings
from keyturn_providers.onepassword.op.surface import OpSurface
from keyturn_providers.onepassword.op.writer import OpWriter
from keyturn_providers.records import Level, PrincipalKind, Side, SourceIdentity

TOKEN = SecretStr("not-asked-for-by-the-desktop-app")


class Alone:
    """A connector of one surface."""

    def __init__(self, acme: Acme, surroundings: Surroundings) -> None:
        settings = OpSettings(command=acme.command, pace_writes_s=0)
        self._surface = OpSurface("1password", "acme", settings, surroundings)
        self._read_only = surroundings.read_only

    async def about(self) -> About:
        view = await self._surface.look()
        return About(
            source=SourceIdentity("1password", "onepassword", Side.SECRETS, view.tenant),
            address=view.address,
            abilities=view.reads if self._read_only else view.reads | view.writes,
            version=view.version,
            own=view.own,
            blind_spots=view.blind_spots,
            notes=view.notes,
            checks=view.checks,
            permission_rules=view.permission_rules,
        )

    def reader(self) -> OpReader:
        return self._surface.reader()

    def writer(self) -> OpWriter:
        if self._read_only:
            raise ReadOnly("1password", "changing something", "keyturn runs read-only.", "Do not.")
        return self._surface.writer()

    async def aclose(self) -> None:
        await self._surface.aclose()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
async def test_the_surface_conforms(check: Check, tmp_path: Path) -> None:
    acme = made(tmp_path / "acme.db")
    subject = Subject(
        open=lambda surroundings: Alone(acme, surroundings),
        token=TOKEN,
        account_id=ANA,
        group_id=ENG,
        outsider_id=EVA,
        unknown_id=NOBODY,
        grant=GrantTarget(SECRET, PrincipalKind.ACCOUNT, EVA, Level.READ),
        patience_s=0,
    )
    result = await run_one(check, subject)
    assert result.mark is not Mark.FAILED, result
    assert result.mark is Mark.PASSED or check.name in {
        "operations are found in the audit log",
        "end a session",
        "a wrong token is refused",
    }, result
