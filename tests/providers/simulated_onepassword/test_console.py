"""What happens in the simulated account without keyturn: people who act, and time that passes."""

from pathlib import Path

import httpx
from tests.providers.simulated_onepassword.small_tenant import (
    ADMIN,
    DANA,
    PROD,
    RAVI,
    SERVICE,
    SERVICE_TOKEN,
    Op,
)

from keyturn_providers.simulated.onepassword import console, inspection


def test_only_who_is_active_gets_in(events: httpx.Client, op: Op, tenant: Path) -> None:
    assert console.sign_in(tenant, DANA)
    assert not console.sign_in(tenant, RAVI)
    attempts = events.post("/api/v2/signinattempts", json={}).json()["items"]
    assert [(one["target_user"]["uuid"], one["category"]) for one in attempts] == [
        (DANA, "success"),
        (RAVI, "credentials_failed"),
    ]
    dana = op("user", "get", DANA, "--format", "json").one
    assert str(dana["last_auth_at"]) > "2025"


def test_a_used_item_shows(events: httpx.Client, tenant: Path) -> None:
    console.use_item(tenant, DANA, PROD, "item", "secure-copy")
    (usage,) = events.post("/api/v1/itemusages", json={}).json()["items"]
    assert (usage["action"], usage["vault_uuid"], usage["user"]["uuid"]) == (
        "secure-copy",
        PROD,
        DANA,
    )


def test_a_deleted_service_account_is_refused(op: Op, tenant: Path) -> None:
    assert op("user", "list", OP_SERVICE_ACCOUNT_TOKEN=SERVICE_TOKEN).code == 0
    console.delete_service_account(tenant, SERVICE)
    assert (
        "Service Account Deleted" in op("user", "list", OP_SERVICE_ACCOUNT_TOKEN=SERVICE_TOKEN).err
    )
    assert [(e.action, e.object_type) for e in inspection.happened(tenant)] == [
        ("trevoke", "satoken"),
        ("delete", "sa"),
    ]


def test_invited_people_accept_by_themselves_where_that_is_switched_on(
    op: Op, tenant: Path
) -> None:
    inspection.set_switch(tenant, "accepts_after_s", 120)
    made = op("user", "provision", "--email", "n@example.com", "--name", "N", "--format", "json")
    user_id = str(made.one["id"])
    inspection.advance(tenant, 60)
    assert inspection.user_state(tenant, user_id) == "TRANSFER_PENDING"
    inspection.advance(tenant, 61)
    assert inspection.user_state(tenant, user_id) == "TRANSFER_ACCEPTED"
    assert op("user", "confirm", user_id).code == 0


def test_a_resent_invitation_is_good_again(op: Op, tenant: Path) -> None:
    made = op("user", "provision", "--email", "n@example.com", "--name", "N", "--format", "json")
    user_id = str(made.one["id"])
    inspection.advance(tenant, 6 * 86_400)
    console.resend_invitation(tenant, user_id)
    inspection.accept_invitation(tenant, user_id)
    assert inspection.user_state(tenant, user_id) == "TRANSFER_ACCEPTED"
    (event,) = inspection.happened(tenant, "resendts")
    assert event.actor_email == "ops@example.com"
    assert inspection.user_id(tenant, "ops@example.com") == ADMIN
