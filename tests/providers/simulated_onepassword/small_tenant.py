"""A small simulated 1Password account, and `op` run against it as a child process."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from keyturn_providers.simulated.onepassword.inspection import op_program
from keyturn_providers.simulated.onepassword.schema import create
from keyturn_providers.simulated.onepassword.seeding import seed
from keyturn_providers.simulated.onepassword.seeds import (
    BUILT_IN_IDS,
    ConnectServer,
    ConnectToken,
    Grant,
    Group,
    Item,
    Member,
    OAuthClient,
    Seed,
    ServiceAccount,
    User,
    Vault,
    stable_id,
)

START_MS = 1_764_000_000_000


def person(word: str) -> str:
    return stable_id(word, capital=True)


ADMIN, DANA, LEA, RAVI, GUEST = (person(w) for w in ("admin", "dana", "lea", "ravi", "guest"))
ENG, OLD = stable_id("eng"), stable_id("old")
PROD, BILLING, EMPTY = stable_id("prod"), stable_id("billing"), stable_id("empty")
SERVICE = person("ci")
SERVICE_TOKEN = "ops_eyJjaSI6MX0"
READ = ("view_items", "view_and_copy_passwords", "view_item_history")

SMALL = Seed(
    users=(
        User(ADMIN, "Ops Admin", "ops@example.com", created_ms=START_MS, last_auth_ms=START_MS),
        User(DANA, "Dana Vale", "Dana.Vale@example.com", created_ms=START_MS, managed=True),
        User(LEA, "Lea Baum", "lea@example.com", created_ms=START_MS),
        User(RAVI, "Ravi Menon", "ravi@example.com", "SUSPENDED", created_ms=START_MS),
        User(GUEST, "A Guest", "guest@elsewhere.example", type="GUEST", created_ms=START_MS),
    ),
    groups=(
        Group(ENG, "Engineering", "IdP managed", START_MS),
        Group(OLD, "old-billing", created_ms=START_MS),
    ),
    members=(
        Member(BUILT_IN_IDS["Owners"], ADMIN),
        Member(ENG, DANA),
        Member(ENG, LEA, "MANAGER"),
    ),
    vaults=(
        Vault(PROD, "Platform Prod", created_ms=START_MS),
        Vault(BILLING, "Billing", created_ms=START_MS),
        Vault(EMPTY, "Empty", created_ms=START_MS),
    ),
    grants=(
        Grant(PROD, "group", ENG, READ),
        Grant(BILLING, "user", DANA, ("allow_viewing", "allow_managing")),
        Grant(BILLING, "service_account", SERVICE, ("view_items",)),
    ),
    service_accounts=(ServiceAccount(SERVICE, "ci", SERVICE_TOKEN, can_create_vaults=True),),
    connect_servers=(ConnectServer(person("server"), "k8s", ADMIN, created_ms=START_MS),),
    connect_tokens=(
        ConnectToken(person("token"), person("server"), "deploy", {PROD: ("read", "write")}),
    ),
    items=(Item(stable_id("item"), PROD, "Database", created_ms=START_MS),),
    oauth_clients=(OAuthClient("client", "secret"),),
    signed_in=ADMIN,
    bridge_token="bridge-bearer",
)


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run of `op` gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> object:
        return json.loads(self.out)

    @property
    def rows(self) -> list[dict[str, object]]:
        found: list[dict[str, object]] = json.loads(self.out)
        return found

    @property
    def one(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.out)
        return found


@dataclass(frozen=True, slots=True)
class Op:
    """The simulated `op`, its tenant's file named by an argument."""

    path: Path

    def __call__(self, *arguments: str, stdin: str = "", **environment: str) -> Ran:
        done = subprocess.run(
            [sys.executable, "-S", "-E", str(op_program()), "--state", str(self.path), *arguments],
            input=stdin,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def list(self, *arguments: str, **environment: str) -> list[dict[str, object]]:
        """The rows of a listing that must succeed."""
        ran = self(*arguments, "--format", "json", **environment)
        assert (ran.code, ran.err) == (0, "")
        return ran.rows if ran.out else []


class Served(NamedTuple):
    """Where the three surfaces answer."""

    bridge: str
    users: str
    events: str


def small_tenant(path: Path) -> Path:
    """Makes the small account's file."""
    create(path)
    seed(path, SMALL)
    return path
