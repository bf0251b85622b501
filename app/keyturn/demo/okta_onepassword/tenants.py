"""Makes the two simulated tenants of the demo, filled with its organisation."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from keyturn.demo.okta_onepassword import history, okta_side, onepassword_side, slips
from keyturn.demo.okta_onepassword.config_file import ACCOUNT, USERS_CLIENT
from keyturn.demo.okta_onepassword.naming import account_id, other_id
from keyturn.demo.okta_onepassword.workforce import Colleague, workforce
from keyturn.demo.people import ORGANISATION
from keyturn_providers.simulated.onepassword.schema import create as create_onepassword
from keyturn_providers.simulated.onepassword.seeding import seed as seed_onepassword
from keyturn_providers.simulated.onepassword.seeds import OAuthClient, Seed

ACCOUNT_ID = other_id("account").upper()


@dataclass(frozen=True, slots=True)
class Tenants:
    """The state files of both, and the credentials that open them."""

    okta: Path
    onepassword: Path
    okta_token: SecretStr
    bridge_token: SecretStr
    users_secret: SecretStr


def files_in(directory: Path) -> tuple[Path, Path]:
    """The state files of Okta and 1Password."""
    return directory / "okta.db", directory / "onepassword.db"


def make_tenants(directory: Path, bridge_url: str) -> Tenants:
    """Both tenants, as new files in `directory`; Okta pushes to `bridge_url`. Okta's comes last,
    all at once: whoever finds it finds both tenants whole."""
    made = Tenants(
        *files_in(directory),
        okta_token=SecretStr(secrets.token_urlsafe(30)),
        bridge_token=SecretStr(secrets.token_urlsafe(30)),
        users_secret=SecretStr(secrets.token_urlsafe(30)),
    )
    people, now = workforce(), datetime.now(UTC)
    now_ms = int(now.timestamp() * 1000)
    create_onepassword(made.onepassword, domain=ACCOUNT, name=ORGANISATION, account_id=ACCOUNT_ID)
    seed_onepassword(made.onepassword, _onepassword(people, now_ms, made))
    growing = made.okta.with_suffix(".growing")
    okta_side.make(growing, people, now, bridge_url, made.okta_token, made.bridge_token)
    growing.rename(made.okta)
    return made


def _onepassword(people: tuple[Colleague, ...], now_ms: int, made: Tenants) -> Seed:
    return Seed(
        users=tuple(onepassword_side.users(people, now_ms)),
        groups=tuple(onepassword_side.groups(now_ms)),
        members=tuple(onepassword_side.members(people)),
        vaults=tuple(onepassword_side.all_vaults(now_ms)),
        grants=tuple(onepassword_side.grants()),
        connect_servers=tuple(onepassword_side.connect_servers(now_ms)),
        connect_tokens=tuple(onepassword_side.connect_tokens(now_ms)),
        audit_events=history.audit_events(people, now_ms),
        item_usages=tuple(history.item_usages(people, now_ms)),
        sign_ins=tuple(history.sign_ins(people, now_ms)),
        oauth_clients=(OAuthClient(USERS_CLIENT, made.users_secret.get_secret_value()),),
        signed_in=account_id(slips.OPERATOR),
        bridge_token=made.bridge_token.get_secret_value(),
    )
