"""What is read of an organisation: everybody, whole, with what keyturn needs to know of them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.children import LIMIT_S
from tests.providers.okta.conftest import Org, add, service
from tests.providers.simulated_okta.acme import ADA, ADA_ID, ADMIN, DANA, DANA_ID, LEFT

from keyturn_providers.abilities import (
    Ability,
    ListsMachines,
    ReadsAudit,
    ReadsTokens,
    able,
)
from keyturn_providers.contract import Condition, Topic
from keyturn_providers.errors import ProviderError
from keyturn_providers.okta.connector import OktaConnector
from keyturn_providers.okta.own import of_api_token
from keyturn_providers.okta.payloads import RefreshTokenPayload, TokenPayload, UserPayload
from keyturn_providers.okta.settings import READ_SCOPES, WRITE_SCOPES
from keyturn_providers.okta.token_holders import is_live
from keyturn_providers.records import (
    Account,
    AccountState,
    Group,
    MachineIdentity,
    PushState,
)
from keyturn_providers.simulated.okta import behaviour
from keyturn_providers.simulated.okta.seeding import (
    OktaApiToken,
    OktaSeed,
    OktaUser,
    app_id,
    group_id,
    seed,
    user_id,
)
from keyturn_providers.simulated.wire import faults
from keyturn_providers.simulated.wire.faults import Fault, Kind


async def accounts_of(connector: OktaConnector) -> tuple[dict[str, Account], str]:
    found: list[Account] = []
    proof = ""
    async for page in connector.reader().accounts():
        found += page.records
        proof = page.proof
    assert len({one.id for one in found}) == len(found)
    return {one.name: one for one in found}, proof


async def groups_of(connector: OktaConnector) -> dict[str, Group]:
    found = [group async for page in connector.reader().groups() for group in page.records]
    return {one.name: one for one in found}


async def machines_of(connector: OktaConnector) -> tuple[dict[str, MachineIdentity], str]:
    found: dict[str, MachineIdentity] = {}
    proof = ""
    async for page in able(connector.reader(), ListsMachines).machines():
        found.update({one.name: one for one in page.records})
        proof = page.proof
    return found, proof


async def test_everybody_is_read_with_roles_and_pushes(org: Org) -> None:
    connector = org.connect()
    await connector.about()
    found, proof = await accounts_of(connector)
    assert set(found) == {ADMIN, ADA, DANA, LEFT, "new@acme.example"}
    assert found[LEFT].state is AccountState.DEACTIVATED
    assert found["new@acme.example"].state is AccountState.INVITED
    assert found[ADMIN].roles
    assert found[ADA].roles == ()
    root, ada = found[ADMIN].push, found[ADA].push
    assert root is not None
    assert ada is not None
    assert (root.scope, root.target_id, root.state) == ("direct", "OPROOT", PushState.OK)
    assert (ada.scope, ada.target_id) == ("group", "OPADA")
    assert found[ADA].external_id == "OPADA"
    assert found["new@acme.example"].push is None
    assert proof.count("no next cursor") == 3
    await connector.aclose()


@pytest.mark.parametrize("path", ["/api/v1/users", "/api/v1/iam/*", "/api/v1/apps/*/users"])
async def test_without_one_of_the_lists_the_users_are_not_whole(org: Org, path: str) -> None:
    connector = org.connect()
    await connector.about()
    skip = 2 if path == "/api/v1/users" else 0
    faults.put(org.state, Fault(Kind.STATUS, path=path, skip=skip, times=None, status=403))
    with pytest.raises(ProviderError):
        await accounts_of(connector)
    await connector.aclose()


async def test_who_is_reactivated_between_the_lists_is_not_lost(org: Org) -> None:
    """Left is deactivated when the plain list passes, and back before the list of the deactivated
    is asked for: both leave her out."""
    connector = org.connect(page_size=200)
    await connector.about()
    reader = connector.reader()
    names: list[str] = []
    # The list of the deactivated is answered later than the plain one, and after the change.
    faults.put(org.state, Fault(Kind.LATENCY, path="/api/v1/users", skip=1, times=1, seconds=0.6))
    changed = False
    async for page in reader.accounts():
        names += [one.name for one in page.records]
        if not changed:
            changed = True
            await connector._client.change(
                "POST",
                f"/api/v1/users/{user_id(LEFT)}/lifecycle/activate",
                params={"sendEmail": "false"},
                what="activating",
            )
    assert LEFT in names
    await connector.aclose()


async def test_groups_tell_who_decides_and_how_they_are_pushed(org: Org) -> None:
    connector = org.connect()
    await connector.about()
    found = await groups_of(connector)
    assert found["Everyone"].managed_by == "Okta itself"
    assert found["imported"].managed_by == "the application it is imported from"
    assert found["eng"].managed_by == ""
    assert found["eng"].rules == ("engineers",)
    assert found["pay"].rules == ()
    eng, pay = found["eng"].push, found["pay"].push
    assert eng is not None
    assert pay is not None
    assert (eng.state, eng.target_id) == (PushState.OK, "OPENG")
    assert (pay.state, pay.error) == (PushState.FAILED, "Group not found in target")
    members = await connector.reader().read_members(group_id("eng"))
    assert members is not None
    assert {one.member_id for one in members} == {ADA_ID, DANA_ID, user_id(LEFT)}
    await connector.aclose()


async def test_without_an_app_there_is_no_push_and_a_blind_spot(org: Org) -> None:
    for app, words in ((None, "no app is named"), ("2Password", "no application has the id")):
        connector = org.connect(app=app)
        about = await connector.about()
        assert any(words in spot for spot in about.blind_spots)
        found, _ = await accounts_of(connector)
        assert all(one.push is None for one in found.values())
        await connector.aclose()


async def test_the_app_is_found_by_its_id_too(org: Org) -> None:
    connector = org.connect(app=app_id("1Password"))
    about = await connector.about()
    assert not any("pushes" in spot for spot in about.blind_spots)
    await connector.aclose()


async def test_machine_identities_and_what_ends_them(org: Org) -> None:
    add(org, service("terraform", ("okta.users.read", "okta.groups.manage")))
    connector = org.connect()
    await connector.about()
    found, proof = await machines_of(connector)
    script = found["dana's script"]
    assert (script.owner_account_id, script.dies_with_owner) == (DANA_ID, True)
    assert script.scopes == ()
    assert found["terraform"].scopes == ("okta.groups.manage", "okta.users.read")
    assert "admin roles" in found["terraform"].note
    assert not found["terraform"].dies_with_owner
    assert proof
    await connector.aclose()


async def test_what_a_service_app_is_not_granted_is_a_blind_spot(org: Org) -> None:
    granted = tuple(one for one in READ_SCOPES if "logs" not in one and "apiTokens" not in one)
    add(org, service("narrow", granted))
    connector = org.connect_service("narrow")
    about = await connector.about()
    reader = connector.reader()
    assert Ability.READ_AUDIT not in about.abilities
    assert not isinstance(reader, ReadsAudit)
    assert not about.abilities & {Ability.SUSPEND, Ability.REMOVE_MEMBERSHIP}
    assert Ability.LIST_MACHINES in about.abilities  # the OAuth apps are still seen
    hidden = {one.subject for one in about.checks if one.topic is Topic.SCOPE and one.hides}
    assert {"okta.logs.read", "okta.apiTokens.read"} <= hidden
    assert any("System Log" in spot for spot in about.blind_spots)
    found, proof = await machines_of(connector)
    assert set(found) == {"narrow"}
    assert proof
    await connector.aclose()


async def test_without_the_right_to_read_the_organisation_its_address_stands_for_it(
    org: Org,
) -> None:
    add(org, service("nameless", tuple(one for one in READ_SCOPES if "orgs" not in one)))
    connector = org.connect_service("nameless")
    about = await connector.about()
    assert about.source.tenant == "127.0.0.1"
    (told,) = [one for one in about.checks if one.subject == "okta.orgs.read"]
    assert (told.topic, told.condition) == (Topic.SCOPE, Condition.WATCH)
    assert "own id" in told.hides
    assert any("okta.orgs.read" in spot for spot in about.blind_spots)
    await connector.aclose()


async def test_every_scope_that_is_asked_for_is_checked(org: Org) -> None:
    add(org, service("all", READ_SCOPES + WRITE_SCOPES))
    connector = org.connect_service("all")
    about = await connector.about()
    checked = {one.subject: one.condition for one in about.checks if one.topic is Topic.SCOPE}
    assert checked == dict.fromkeys(READ_SCOPES + WRITE_SCOPES, Condition.WELL)
    await connector.aclose()


@pytest.mark.parametrize(
    ("made_days_ago", "ends_in_days", "condition", "words"),
    [
        (12, 30, Condition.WELL, "was made 12 days ago and ends after 30 days without use."),
        (400, 30, Condition.WATCH, "ends after 30 days without use. It is more than a year old"),
        (28, 2, Condition.WATCH, "ends in 2 days. Renew it."),
        (40, -10, Condition.WRONG, "ended 10 days ago. Make a new one."),
    ],
)
def test_an_api_token_ends_by_not_being_used(
    made_days_ago: int, ends_in_days: int, condition: Condition, words: str
) -> None:
    now = datetime(2026, 11, 20, 8, tzinfo=UTC)
    owner = UserPayload.model_validate({"id": "00u1", "profile": {"login": "ada@example.com"}})
    token = TokenPayload.model_validate(
        {
            "id": "00T1",
            "name": "keyturn",
            "userId": "00u1",
            "created": (now - timedelta(days=made_days_ago)).isoformat(),
            "expiresAt": (now + timedelta(days=ends_in_days)).isoformat(),
        }
    )
    own = of_api_token(owner, (token,), None, int(now.timestamp() * 1000))
    assert own.check.condition is condition
    assert words in own.check.words


async def test_an_admin_role_that_hides_everyone_is_named(org: Org) -> None:
    seed(
        org.state,
        OktaSeed(
            users=(OktaUser("gert@acme.example", roles=("USER_ADMIN",)),),
            api_tokens=(OktaApiToken("gert's", "gert@acme.example", "of-gert"),),
        ),
    )
    connector = org.connect("of-gert")
    about = await connector.about()
    assert any("Everyone" in spot for spot in about.blind_spots)
    await connector.aclose()


async def test_who_keyturn_is_and_how_its_token_stands(org: Org) -> None:
    connector = org.connect()
    about = await connector.about()
    assert about.own is not None
    assert about.own.account_id == user_id(ADMIN)
    assert about.own.created_ms is not None
    assert about.source.tenant.startswith("00o")
    topics = {check.topic for check in about.checks}
    assert {Topic.REACH, Topic.CLOCK, Topic.TOKEN, Topic.SCOPE, Topic.RATE} <= topics
    token = next(check for check in about.checks if check.topic is Topic.TOKEN)
    assert token.condition is not Condition.UNKNOWN
    assert about.parallel == 16
    await connector.aclose()


async def test_several_tokens_of_one_owner_are_told_apart_by_name(org: Org) -> None:
    seed(org.state, OktaSeed(api_tokens=(OktaApiToken("other", ADMIN, "another-secret"),)))
    connector = org.connect()
    about = await connector.about()
    token = next(check for check in about.checks if check.topic is Topic.TOKEN)
    assert token.condition is Condition.UNKNOWN
    assert "token_name" in token.words
    await connector.aclose()
    named = org.connect(token_name="keyturn")
    assert (own := (await named.about()).own) is not None
    assert own.created_ms is not None
    await named.aclose()


async def test_bulk_lists_are_lean_and_single_reads_whole(org: Org) -> None:
    """What a user is on the way to is left out of the smaller form that lists are asked for in."""
    behaviour.deactivates_later(org.state, on=True)
    behaviour.async_polls(org.state, 5)
    connector = org.connect()
    await connector.about()
    path = f"/api/v1/users/{ADA_ID}/lifecycle/deactivate"
    await connector._client.change("POST", path, what="deactivating")
    found, _ = await accounts_of(connector)
    assert found[ADA].state_raw == "ACTIVE"
    account = await connector.reader().read_account(ADA_ID)
    assert account is not None
    assert account.state_raw == "ACTIVE, becoming DEPROVISIONED"
    await connector.aclose()


def test_opening_loads_the_signing_library_only_for_a_service_app(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from keyturn_providers.okta.connector import open_okta;"
        "from keyturn_providers.okta.settings import OktaSettings;"
        "from keyturn_providers.contract import Surroundings;"
        "open_okta('o', OktaSettings(url='https://o.okta.com'), Surroundings(secret=lambda: None));"
        "print('jwt' in sys.modules)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        timeout=LIMIT_S,
    )
    assert told.stdout.strip() == "False"


@pytest.mark.parametrize("path", ["clients", "clients/*/tokens"])
async def test_who_holds_tokens_is_told_whole_or_not_at_all(org: Org, path: str) -> None:
    connector = org.connect()
    await connector.about()
    reader = able(connector.reader(), ReadsTokens)
    assert await reader.read_token_holders(DANA_ID) == ("0oaclient", "Wiki")
    assert await reader.read_token_holders(ADA_ID) == ()
    whole = f"/api/v1/users/{DANA_ID}/{path}"
    faults.put(org.state, Fault(Kind.STATUS, "GET", whole, status=403, detail="E0000006"))
    assert await reader.read_token_holders(DANA_ID) is None
    faults.put(org.state, Fault(Kind.STATUS, "GET", whole, status=500, times=None))
    with pytest.raises(ProviderError):
        await reader.read_token_holders(DANA_ID)
    await connector.aclose()


@pytest.mark.parametrize(
    ("token", "live"),
    [
        ({"status": "ACTIVE"}, True),
        ({}, True),
        ({"status": "HALTED", "expiresAt": "soon"}, True),
        ({"status": "REVOKED"}, False),
        ({"status": "ACTIVE", "expiresAt": "2020-01-01T00:00:00.000Z"}, False),
        ({"status": "ACTIVE", "expiresAt": "2199-01-01T00:00:00.000Z"}, True),
    ],
)
def test_a_token_is_live_unless_it_is_told_to_be_dead(token: dict[str, str], live: bool) -> None:
    payload = RefreshTokenPayload.model_validate({"id": "oar1", **token})
    assert is_live(payload, 1_800_000_000_000) is live
