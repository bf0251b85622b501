"""A small account of 1Password that behaves, and the surface over it."""

import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import SecretStr

from keyturn_providers.abilities import Page
from keyturn_providers.contract import (
    RequestSeen,
    Surroundings,
    Waiting,
)
from keyturn_providers.onepassword.op.settings import OpSettings
from keyturn_providers.onepassword.op.surface import OpSurface
from keyturn_providers.simulated.onepassword import inspection
from keyturn_providers.simulated.onepassword.schema import create
from keyturn_providers.simulated.onepassword.seeding import seed
from keyturn_providers.simulated.onepassword.seeds import (
    BUILT_IN_IDS,
    ConnectServer,
    ConnectToken,
    Grant,
    Group,
    Member,
    Seed,
    ServiceAccount,
    User,
    Vault,
    stable_id,
)

T = TypeVar("T")
OWNER, ADMIN, ANA, BOB, EVA = (
    stable_id(name, capital=True) for name in ("owner", "admin", "ana", "bob", "eva")
)
NOBODY, NOWHERE = stable_id("nobody", capital=True), stable_id("nowhere")
ENG, OPS = stable_id("eng"), stable_id("ops")
PAYMENTS, PLATFORM, SECRET = (stable_id(name) for name in ("payments", "platform", "secret"))
OWNERS, ADMINISTRATORS = BUILT_IN_IDS["Owners"], BUILT_IN_IDS["Administrators"]
SERVER, TOKEN = stable_id("server"), stable_id("token")
ROBOT_TOKEN = "ops_eyJzaWduSW5BZGRyZXNzIjoiYWNtZSJ9"
READ = frozenset({"view_items", "view_and_copy_passwords", "view_item_history"})
WRITE = READ | {
    "create_items",
    "edit_items",
    "archive_items",
    "delete_items",
    "import_items",
    "export_items",
    "copy_and_share_items",
    "print_items",
}
ALL = WRITE | {"manage_vault"}
OP_ID = "op-1"

SEED = Seed(
    users=(
        User(OWNER, "Olu Owner", "olu@acme.example", last_auth_ms=1_790_000_000_000),
        User(ADMIN, "Ada Admin", "ada@acme.example"),
        User(ANA, "Ana Ng", "Ana@acme.example", created_ms=1_700_000_000_000),
        User(BOB, "Bob Rho", "bob@acme.example", state="SUSPENDED"),
        User(EVA, "Eva \x1b]52;c;QQ\x07", "eva@other.example", type="GUEST"),
    ),
    groups=(Group(ENG, "Engineering"), Group(OPS, "Owners of Ops")),
    members=(
        Member(OWNERS, OWNER),
        Member(ADMINISTRATORS, ADMIN),
        Member(ENG, ANA),
        Member(ENG, BOB, "MANAGER"),
    ),
    vaults=(
        Vault(PAYMENTS, "Payments", description="cards"),
        Vault(PLATFORM, "Platform"),
        Vault(SECRET, "Secret"),
    ),
    grants=(
        Grant(PAYMENTS, "user", ANA, tuple(sorted(WRITE))),
        Grant(PAYMENTS, "group", ENG, tuple(sorted(READ))),
        Grant(PLATFORM, "group", ENG, tuple(sorted(ALL))),
        Grant(PLATFORM, "user", ADMIN, tuple(sorted(ALL))),
        Grant(SECRET, "user", BOB, tuple(sorted(READ))),
    ),
    connect_servers=(ConnectServer(SERVER, "cluster", ADMIN),),
    connect_tokens=(
        ConnectToken(TOKEN, SERVER, "deploy", {PAYMENTS: ("read",)}),
        ConnectToken(stable_id("old"), SERVER, "old", {}, state="REVOKED"),
    ),
    service_accounts=(ServiceAccount(stable_id("robot", capital=True), "robot", ROBOT_TOKEN),),
    signed_in=OWNER,
)


@dataclass(frozen=True, slots=True)
class Acme:
    """The tenant's file, and what the surface told the observer."""

    path: Path
    seen: list[RequestSeen | Waiting] = field(default_factory=list)

    @property
    def command(self) -> tuple[str, ...]:
        program = str(inspection.op_program())
        return (sys.executable, "-S", "-E", program, "--state", str(self.path))

    def surface(
        self, *, token: str = "", timeout_s: float = 60.0, pace_writes_s: float = 0.0
    ) -> OpSurface:
        settings = OpSettings(
            command=self.command,
            pace_writes_s=pace_writes_s,
            timeout_s=timeout_s,
            token_env="OP_SESSION_ACME" if token else None,
        )
        surroundings = Surroundings(
            secret=_none, secret_of=_secret_of(token), observe=self.seen.append
        )
        return OpSurface("1password", "acme.1password.com", settings, surroundings)

    def said(self, command: str) -> list[str]:
        """The calls of `op` that begin so."""
        return [call.command for call in inspection.op_calls(self.path, command)]


def made(path: Path, seeded: Seed = SEED, *, plan: str = "BUSINESS") -> Acme:
    create(path, plan=plan)
    seed(path, seeded)
    return Acme(path)


async def all_of(pages: AsyncIterator[Page[T]]) -> tuple[T, ...]:
    """The records of a listing, which must end with proof and have nothing unreadable."""
    records: list[T] = []
    proof = ""
    async for page in pages:
        assert page.unreadable == ()
        records.extend(page.records)
        proof = page.proof
    assert proof
    return tuple(records)


def _none() -> SecretStr:
    raise LookupError("no credential is named")


def _secret_of(token: str) -> Callable[[str], SecretStr]:
    def secret_of(part: str) -> SecretStr:
        assert part == "op"
        return SecretStr(token)

    return secret_of
