"""The op surface by itself and with a session token, put to the suite of every connector."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.providers.onepassword.op.acme import ANA, ENG, EVA, NOBODY, SECRET, SEED, Acme, made

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
from keyturn_providers.simulated.onepassword.seeds import User, stable_id

WAITING = User(
    stable_id("waiting", capital=True),
    "Wei Waiting",
    "wei@acme.example",
    state="TRANSFER_ACCEPTED",
    created_ms=1_700_000_000_000,
    updated_ms=1_700_000_000_000,
    invited_ms=1_700_000_000_000,
    accepted_ms=1_700_000_000_000,
)
WITH_A_TOKEN = [
    check
    for check in CHECKS
    if check.name
    in {
        "reads by id agree with the listings",
        "suspend and reactivate",
        "grant, revoke and restore",
        "let somebody in",
        "a wrong token is refused",
    }
]
"""One of each kind of call; the others have nothing to do with how one is signed in."""


class Alone:
    """A connector of one surface."""

    def __init__(self, acme: Acme, surroundings: Surroundings) -> None:
        settings = OpSettings(command=acme.command, pace_writes_s=0, token_env="OP_SESSION_ACME")
        given = replace(surroundings, secret_of=lambda _: surroundings.secret())
        self._surface = OpSurface("1password", "acme", settings, given)
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


def _signed_in(acme: Acme) -> SecretStr:
    """The session token of a manual sign-in."""
    done = subprocess.run(
        (*acme.command, "signin", "--raw"), capture_output=True, text=True, check=True, timeout=60
    )
    return SecretStr(done.stdout.strip())


@pytest.mark.parametrize("check", WITH_A_TOKEN, ids=lambda check: check.name)
async def test_the_surface_conforms(check: Check, tmp_path: Path) -> None:
    acme = made(tmp_path / "acme.db", replace(SEED, users=(*SEED.users, WAITING)))
    subject = Subject(
        open=lambda surroundings: Alone(acme, surroundings),
        token=_signed_in(acme),
        wrong_token=SecretStr("s-of-yesterday-and-of-somebody-else"),
        account_id=ANA,
        group_id=ENG,
        outsider_id=EVA,
        unknown_id=NOBODY,
        grant=GrantTarget(SECRET, PrincipalKind.ACCOUNT, EVA, Level.READ),
        narrow_to=Level.LIST,
        invitee=("new@acme.example", "Nia New"),
        waiting_id=WAITING.id,
        patience_s=0,
    )
    result = await run_one(check, subject)
    assert result.mark is Mark.PASSED, result
