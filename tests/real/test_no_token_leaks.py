"""No credential that keyturn was given is found anywhere but where it was put.

Everything is done once, with credentials made for it: reading, planning, offboarding, resuming,
rechecking, undoing, evidence, the dashboard, and every failure that a server that repeats what it
was sent can cause. Then each credential is looked for, in every form, in all that was written and
shown.
"""

import asyncio
import io
import json
import logging
import os
import secrets
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import RSAAlgorithm
from starlette.types import Receive, Scope, Send
from tests.real.leaver_org import (
    BRIDGE_TOKEN,
    EVENTS_TOKEN,
    OKTA_TOKEN,
    USERS_SECRET,
    LeaverOrg,
    leaver_org,
)
from tests.real.leaver_tenants import DANA, Tokens
from tests.real.token_hunt import Processes, hunt, needles, watched_processes
from tests.tui.looking import ready, shows

from keyturn.cli import app
from keyturn.cli.exit_codes import Exit
from keyturn.tui import crash
from keyturn.tui.app import KeyturnApp
from keyturn.tui.make import make_app
from keyturn.tui.start import DashboardOptions, now_ms
from keyturn_providers.okta.settings import READ_SCOPES, WRITE_SCOPES
from keyturn_providers.simulated.okta.seeding import OktaClient, OktaSeed, app_id
from keyturn_providers.simulated.okta.seeding import seed as seed_okta
from keyturn_providers.simulated.onepassword import inspection
from keyturn_providers.simulated.wire.serving import serve_in_thread
from keyturn_storage.journal import open_journal

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc"),
    # One connection is left to the garbage collector after an answer that breaks the protocol.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

OKTA_KEY, OP_SESSION = "LEAVER_OKTA_KEY", "LEAVER_OP_SESSION"
SECRETS = (OKTA_TOKEN, OKTA_KEY, BRIDGE_TOKEN, USERS_SECRET, EVENTS_TOKEN, OP_SESSION)
REFUSED = "http://127.0.0.1:9"


@dataclass
class Parrot:
    """A server that repeats all that it was sent, in its body and in its headers."""

    status: int = 401
    kind: str = "application/json"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sent = b""
        while True:
            message = await receive()
            sent += message.get("body", b"")
            if not message.get("more_body"):
                break
        told = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        said = f"{told.get('authorization', '')} {sent.decode('utf-8', 'replace')}"
        body: object = {
            **dict.fromkeys(("errorSummary", "error", "error_description", "detail"), said),
            **dict.fromkeys(("message", "id", "userName", "displayName", "companyName"), said),
            "errorCode": "E0000011",
            "Error": {"Message": said},
            "headers": told,
        }
        text = json.dumps(body) if self.kind == "application/json" else f"<h1>{said}</h1>"
        echoed = said.replace("\n", " ").encode("latin-1", "replace")
        headers = [
            (b"content-type", self.kind.encode()),
            (b"www-authenticate", b'Bearer error="' + echoed + b'"'),
            (b"x-okta-request-id", echoed),
            (b"location", b"/elsewhere?" + echoed.replace(b" ", b"+")),
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": text.encode()})


@dataclass
class Everything:
    """keyturn's own folder, with all that was said and shown, and what was to be kept secret."""

    folder: Path
    secrets: dict[str, str]
    processes: Processes
    codes: dict[str, int] = field(default_factory=dict)
    shown: int = 0

    def keep(self, name: str, text: str) -> None:
        (self.folder / "said").mkdir(exist_ok=True)
        (self.folder / "said" / name).write_text(text, encoding="utf-8")

    def run(self, name: str, *arguments: str, config: str = "keyturn.yaml") -> int:
        """One command line, with what it says kept."""
        places = ("--config", str(self.folder / config), "--data-dir", str(self.folder / "data"))
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = app.run([*places, *arguments])
        self.keep(f"{name}.out", out.getvalue())
        self.keep(f"{name}.err", err.getvalue())
        self.codes[name] = code
        return code

    def said(self, name: str) -> str:
        """All that one command line said."""
        return "".join(
            (self.folder / "said" / f"{name}.{end}").read_text(encoding="utf-8")
            for end in ("out", "err")
        )


def _made(folder: Path) -> tuple[Tokens, str, dict[str, object]]:
    """Credentials nobody else has: three tokens, a private key, and its public half."""
    key = rsa.generate_private_key(65537, 2048)
    form = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    jwk = {**{name: public[name] for name in ("kty", "n", "e")}, "kid": "k1"}
    made = Tokens(*(secrets.token_urlsafe(30) for _ in range(3)))
    return made, form.decode(), jwk


def _configs(org: LeaverOrg, folder: Path, parrot: str) -> None:
    """keyturn.yaml as it works; as a service app; and leading to those who repeat or refuse."""
    good = org.config().read_text(encoding="utf-8")
    good = good.replace("pace_writes_s: 0}", f"pace_writes_s: 0, token_env: {OP_SESSION}}}")
    assert OP_SESSION in good
    service = (
        org.config(op=False)
        .read_text(encoding="utf-8")
        .replace(
            f"  token_env: {OKTA_TOKEN}\n",
            f"  token_env: {OKTA_KEY}\n  client: {{id: {app_id('keyturn-app')}, key_id: k1}}\n",
        )
    )
    assert OKTA_KEY in service
    told = {"keyturn.yaml": good, "service.yaml": service}
    for name, text in tuple(told.items()):
        for kind, url in (("parrot", parrot), ("refused", REFUSED)):
            led = text.replace(f"{org.bridge_url},", f"{url}/scim,")
            for one in (org.okta_url, org.users_url, org.events_url):
                led = led.replace(one, url)
            told[f"{kind}-{name}"] = led
    for name, text in told.items():
        (folder / name).write_text(text, encoding="utf-8")


@contextmanager
def _logged(path: Path) -> Iterator[None]:
    """Everything that any library logs, at the finest level, in a file."""
    root, handler = logging.getLogger(), logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(name)s %(message)s %(args)r"))
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.setLevel(before)
        root.removeHandler(handler)
        handler.close()


def _as_it_should_be(all_of_it: Everything, org: LeaverOrg) -> None:
    run = all_of_it.run
    for name, words in {
        "refresh": ["refresh"],
        "doctor-json": ["doctor", "--json"],
        "drift": ["drift"],
        "drift-json": ["drift", "--json"],
        "who": ["who", DANA],
        "who-json": ["who", DANA, "--json"],
        "plan-json": ["plan", "--json"],
    }.items():
        assert run(name, *words) in (Exit.IN_STEP, Exit.DRIFT, Exit.REFUSED), all_of_it.said(name)
    # The session ends on the way, and is there again for the rest.
    inspection.refuse_op(org.onepassword, "session expired", "group user revoke *")
    assert run("offboard", "offboard", DANA, "--confirm", DANA, "--json") == Exit.STOPPED
    assert run("resume", "resume") == Exit.IN_STEP, all_of_it.said("resume")
    assert run("report", "report", DANA) == Exit.IN_STEP, all_of_it.said("report")
    assert run("recheck", "recheck", "--json") == Exit.IN_STEP, all_of_it.said("recheck")
    with open_journal(all_of_it.folder / "data" / "journal.db", read_only=True) as journal:
        (row,) = journal.runs()
    undone = run("undo", "undo", row.id, "--confirm", DANA, "--json")
    assert undone == Exit.IN_STEP, all_of_it.said("undo")
    assert run("recheck-after", "recheck", row.id) == Exit.IN_STEP, all_of_it.said("recheck-after")
    assert run("service-doctor", "doctor", config="service.yaml") in (Exit.IN_STEP, Exit.INCOMPLETE)
    # As a service app: a signed assertion, then a token for an hour.
    read = run("service-refresh", "refresh", config="service.yaml")
    assert "okta: complete" in all_of_it.said("service-refresh"), all_of_it.said("service-refresh")
    assert read in (Exit.IN_STEP, Exit.INCOMPLETE)


def _as_it_should_not(all_of_it: Everything, org: LeaverOrg, parrot: Parrot) -> None:
    session = all_of_it.secrets[OP_SESSION]
    words = f"session expired: {session} (OP_SESSION={session})"
    inspection.put_op_fault(org.onepassword, "refuse", "*", times=10_000, text=words)
    run = all_of_it.run
    for status, kind in ((401, "application/json"), (403, "application/json"), (200, "text/html")):
        parrot.status, parrot.kind = status, kind
        for config in ("parrot-keyturn.yaml", "parrot-service.yaml"):
            name = f"{status}-{config}"
            assert run(f"doctor-{name}", "doctor", "--json", config=config) == Exit.INCOMPLETE
    parrot.status, parrot.kind = 401, "application/json"
    for name, line in {
        "refresh-401": ["refresh"],
        "off-401": ["offboard", DANA, "--json"],
    }.items():
        assert run(name, *line, config="parrot-keyturn.yaml") == Exit.INCOMPLETE
    for status in (302, 500):
        parrot.status, parrot.kind = status, "application/json"
        code = run(f"doctor-{status}", "doctor", config="parrot-service.yaml")
        assert code == Exit.INCOMPLETE
    assert run("doctor-refused", "doctor", config="refused-service.yaml") == Exit.INCOMPLETE
    inspection.clear_op_faults(org.onepassword)


def _a_crash(all_of_it: Everything) -> None:
    """What nobody foresaw, with every credential in its message, its cause and its frames."""
    held = dict(all_of_it.secrets)

    def begin(token: str) -> None:
        raise ValueError(f"Authorization: Bearer {token}")

    def fail(*_: object, **__: object) -> None:
        try:
            begin(held[OKTA_TOKEN])
        except ValueError as cause:
            raise RuntimeError(" ".join(held.values())) from cause

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("keyturn.cli.verbs.drift.assess", fail)
        patch.setattr("keyturn_storage.files.data_dir", lambda *_: all_of_it.folder / "data")
        assert all_of_it.run("crash", "drift") == Exit.CRASH
        patch.undo()
    try:
        fail()
    except RuntimeError as error:
        report = crash.write_report(error, all_of_it.folder / "crashes")
        assert report is not None
        all_of_it.keep("crash-screen", crash.screen_words(error, report).plain)


async def _dashboard(all_of_it: Everything, config: str, *, answers: bool) -> None:
    """The sources are asked, and what is then on the screen is kept as a picture."""
    options = DashboardOptions(all_of_it.folder / config, all_of_it.folder / "data")
    opened = make_app(options, now_ms)
    async with opened.run_test(size=(120, 40)) as pilot:
        await ready(pilot, opened)
        _picture(all_of_it, opened)
        await pilot.press("6")
        await shows(pilot, "listings")
        await pilot.press("c")
        while opened.jobs.running():
            await pilot.pause(0.05)
        await pilot.pause()
        _picture(all_of_it, opened)
        await pilot.press("down")
        await pilot.pause()
        _picture(all_of_it, opened)
        if not answers:
            await pilot.press("escape", "r")
            while opened.jobs.running():
                await pilot.pause(0.05)
            _picture(all_of_it, opened)
    opened.parts.reads.close()


def _picture(all_of_it: Everything, opened: KeyturnApp) -> None:
    all_of_it.shown += 1
    all_of_it.keep(f"screen-{all_of_it.shown}.svg", opened.export_screenshot())


def _as_a_program_of_its_own(all_of_it: Everything) -> None:
    """In a process of its own, as it is started from a shell."""
    words: Sequence[str] = ("--config", str(all_of_it.folder / "keyturn.yaml"))
    words = (*words, "--data-dir", str(all_of_it.folder / "data"), "doctor")
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-m", "keyturn", *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    all_of_it.keep("program.out", done.stdout)
    all_of_it.keep("program.err", done.stderr)
    assert done.returncode in (Exit.IN_STEP, Exit.INCOMPLETE), done.stderr


def _fetched(org: LeaverOrg) -> dict[str, str]:
    """The access tokens that 1Password has given for the client's secret."""
    with closing(sqlite3.connect(org.onepassword)) as tenant:
        rows = tenant.execute("SELECT token FROM access_token").fetchall()
    return {f"access token {number}": row[0] for number, row in enumerate(rows)}


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Everything:
    base, folder = tmp_path_factory.mktemp("tenants"), tmp_path_factory.mktemp("keyturn")
    (folder / "data").mkdir(mode=0o700)
    tokens, pem, jwk = _made(folder)
    parrot = Parrot()
    with ExitStack() as stack:
        org = stack.enter_context(leaver_org(base, tokens))
        scopes = READ_SCOPES + WRITE_SCOPES
        seed_okta(org.okta, OktaSeed(clients=(OktaClient("keyturn-app", scopes, (jwk,)),)))
        (parrot_url,) = stack.enter_context(serve_in_thread([(parrot, 0)]))
        _configs(org, folder, parrot_url)
        session = org.op()("signin", "--raw").out.strip()
        held = {**org.environment, OKTA_KEY: pem, OP_SESSION: session}
        assert set(held) == set(SECRETS)
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in held.items():
            patch.setenv(name, value)
        stack.enter_context(_logged(folder / "log"))
        seen = stack.enter_context(watched_processes(str(inspection.op_program())))
        all_of_it = Everything(folder, held, seen)
        _as_it_should_be(all_of_it, org)
        asyncio.run(_dashboard(all_of_it, "keyturn.yaml", answers=True))
        _as_a_program_of_its_own(all_of_it)
        all_of_it.secrets |= _fetched(org)
        _as_it_should_not(all_of_it, org, parrot)
        parrot.status, parrot.kind = 401, "application/json"
        asyncio.run(_dashboard(all_of_it, "parrot-keyturn.yaml", answers=False))
        _a_crash(all_of_it)
    return all_of_it


def test_no_credential_is_in_anything_that_was_written_or_shown(everything: Everything) -> None:
    folder = everything.folder
    for written in ("data/journal.db", "data/cache.db", "log", "said/program.out"):
        assert (folder / written).stat().st_size > 0, written
    assert list((folder / "data").rglob("*.zip"))
    assert list((folder / "crashes").iterdir())
    assert everything.shown >= 6
    assert "401" in everything.said("doctor-401-parrot-keyturn.yaml")
    assert hunt(folder, everything.secrets) == []


def test_no_credential_is_in_what_ps_shows(everything: Everything) -> None:
    arguments = b"\n".join(everything.processes.arguments)
    assert b"suspend" in arguments or b"whoami" in arguments
    assert b"keyturn" in arguments
    for name, value in everything.secrets.items():
        found = [form for needle, (_, form) in needles(name, value).items() if needle in arguments]
        assert not found, name


def test_op_is_given_its_own_session_and_no_other_credential(everything: Everything) -> None:
    around = everything.processes.surroundings
    session = everything.secrets[OP_SESSION].encode()
    assert any(b"OP_SESSION=" + session in one for one in around)
    for name in set(everything.secrets) - {OP_SESSION}:
        for needle in needles(name, everything.secrets[name]):
            assert not any(needle in one for one in around), name


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("where", ["file", "zip", "name"])
def test_the_hunt_finds_what_is_planted(
    everything: Everything, tmp_path: Path, name: str, where: str
) -> None:
    value = everything.secrets[name]
    planted = value.splitlines()[5] if "\n" in value else value.rpartition(".")[2]
    _plant(tmp_path, where, planted)
    assert {one.secret for one in hunt(tmp_path, everything.secrets)} == {name}


def _plant(folder: Path, where: str, planted: str) -> None:
    import zipfile

    (folder / "harmless.txt").write_text("nothing", encoding="utf-8")
    if where == "name":
        (folder / planted[:16].replace("/", "_")).touch()
        if "/" in planted[:16]:
            (folder / "second.txt").write_text(planted, encoding="utf-8")
    elif where == "zip":
        with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("inner", planted)
    else:
        (folder / "a.bin").write_bytes(os.urandom(64) + planted.encode() + os.urandom(64))


@pytest.mark.parametrize("before", [b"", b"x", b"xy"])
def test_the_hunt_finds_other_forms(before: bytes, tmp_path: Path) -> None:
    import base64

    value = secrets.token_urlsafe(30) + "/+="
    forms = (
        base64.b64encode(before + value.encode() + b":tail"),
        base64.urlsafe_b64encode(before + value.encode()),
        value.encode().hex().encode(),
        value[5:].encode(),
    )
    for number, form in enumerate(forms):
        (tmp_path / f"{number}").write_bytes(form)
    found = hunt(tmp_path, {"it": value})
    assert {one.place for one in found} == {"0", "1", "2", "3"}
