"""Two keyturn processes at the same leaver: one works, the other is told who does, and whoever
slept through the end of their lease does nothing more."""

import getpass
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.children import reaped
from tests.real.held_answers import HeldAnswers
from tests.real.leaver_org import LeaverOrg, leaver_org
from tests.real.leaver_tenants import DANA, DANA_1P, DANA_OKTA

from keyturn.cli.app import run
from keyturn.cli.exit_codes import Exit
from keyturn_providers.onepassword.events.token import Feature
from keyturn_providers.onepassword.users_api.token import TOKEN_PATH
from keyturn_providers.simulated.okta import reading as okta
from keyturn_providers.simulated.onepassword import inspection as onepassword
from keyturn_providers.simulated.wire.request_log import forget, requests
from keyturn_storage.journal import open_journal

SUSPEND = f"POST /api/v1/users/{DANA_OKTA}/lifecycle/suspend"
LONG_AGO_MIN = 40
"""Longer than a lease stands whose process is still there: its time, and the grace after it."""


@dataclass(frozen=True, slots=True)
class Office:
    """The organisation, and what stands before its Okta."""

    org: LeaverOrg
    okta: HeldAnswers

    @property
    def journal(self) -> Path:
        """keyturn's journal, which both write."""
        return self.org.folder / "data" / "journal.db"

    @property
    def front(self) -> list[str]:
        folder = self.org.folder
        return ["--config", str(folder / "keyturn.yaml"), "--data-dir", str(folder / "data")]

    def keyturn(self, *arguments: str) -> int:
        """A command of keyturn in this process."""
        return run([*self.front, *arguments])

    @contextmanager
    def colleague(self, *arguments: str, behind_min: int = 0) -> Iterator["subprocess.Popen[str]"]:
        """Another keyturn, whose clock is behind, held in the middle of suspending Dana in Okta."""
        self.okta.hold(SUSPEND)
        program = [sys.executable, "-m", "tests.real.keyturn_earlier", str(behind_min)]
        with reaped(
            subprocess.Popen(
                [*program, *self.front, *arguments],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                cwd=Path(__file__).parents[2],
            )
        ) as process:
            try:
                assert self.okta.reached.wait(120), process.communicate(timeout=5)
                yield process
            finally:
                process.kill()
                self.okta.let_go()

    def stop(self, pid: int) -> None:
        """Stops a colleague who is not just then writing to the journal: whoever sleeps in the
        middle of that keeps everybody out until it wakes."""
        with open_journal(self.journal) as journal, journal.transaction():
            os.kill(pid, signal.SIGSTOP)
            os.waitpid(pid, os.WUNTRACED)

    def out(self) -> None:
        """Dana is out of both, say the tenants themselves, and was suspended once."""
        assert okta.user_status(self.org.okta, DANA) == "DEPROVISIONED"
        assert onepassword.user_state(self.org.onepassword, DANA_1P) == "SUSPENDED"
        assert len(requests(self.org.okta, "POST", "*/lifecycle/suspend")) == 1


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    held: list[HeldAnswers] = []

    def before(app: object) -> HeldAnswers:
        held.append(HeldAnswers(app))  # type: ignore[arg-type]
        return held[0]

    with leaver_org(tmp_path, before_okta=before) as org:
        for name, value in org.environment.items():
            monkeypatch.setenv(name, value)
        org.config(op=False)
        (tmp_path / "data").mkdir(mode=0o700)
        made = Office(org, held[0])
        assert made.keyturn("refresh") in {Exit.IN_STEP, Exit.DRIFT}
        yield made


def test_the_second_is_told_who_works_and_takes_over_from_the_dead(
    office: Office, capfd: pytest.CaptureFixture[str]
) -> None:
    with office.colleague("offboard", DANA, "--confirm", DANA) as first:
        capfd.readouterr()
        assert office.keyturn("offboard", DANA, "--confirm", DANA) == Exit.LOCKED
        me, host = getpass.getuser(), socket.gethostname()
        said = capfd.readouterr().err
        assert f"{me}@{host} on {host}, process {first.pid}, since 20" in said
        assert ": Offboard Dana Vale. Wait for it to end, or stop it there." in said
        assert office.keyturn("resume") == Exit.LOCKED
        assert f"process {first.pid}" in capfd.readouterr().err
        first.kill()
        first.wait(30)
        office.okta.let_go()
        assert office.keyturn("resume") == Exit.IN_STEP
    office.out()
    with open_journal(office.journal) as journal:
        assert [row.state for row in journal.runs()] == ["ended"]
        assert journal.verify_chain().unbroken


def test_who_wakes_after_others_took_over_sends_and_writes_nothing(office: Office) -> None:
    with office.colleague("offboard", DANA, "--confirm", DANA, behind_min=LONG_AGO_MIN) as first:
        office.stop(first.pid)
        assert office.keyturn("resume") == Exit.IN_STEP
        office.out()
        with open_journal(office.journal) as journal:
            before = journal.lines()
        forget(office.org.okta)
        forget(office.org.onepassword)
        office.okta.let_go()
        os.kill(first.pid, signal.SIGCONT)
        _, said = first.communicate(timeout=60)
    assert first.returncode == Exit.LOCKED, said
    assert "the lease of this run ran out" in said
    for tenant in (office.org.okta, office.org.onepassword):
        # Each of its six steps may have had one question past the last look before the sleep,
        # asked of two surfaces at once; no change can have been.
        sent = requests(tenant)
        assert len(sent) <= 2 * 6
        asked_by_post = {TOKEN_PATH, *(f"/api/v2/{feature.value}" for feature in Feature)}
        assert [one for one in sent if one.method != "GET" and one.path not in asked_by_post] == []
    with open_journal(office.journal) as journal:
        assert journal.lines() == before
        assert journal.verify_chain().unbroken
