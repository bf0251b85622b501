"""A small org with one of everything, and a client that is signed in to it."""

from datetime import UTC, datetime, timedelta

from keyturn_providers.simulated.okta.seeding import (
    OktaApiToken,
    OktaApp,
    OktaAppUser,
    OktaEvent,
    OktaGroup,
    OktaMapping,
    OktaRule,
    OktaSeed,
    OktaUser,
    app_id,
    group_id,
    user_id,
)

ADMIN, ADA, DANA, LEFT = (f"{name}@acme.example" for name in ("root", "ada", "dana", "left"))
SECRET = "00-made-up-for-this-test"
ROOT_TOKEN, DANA_TOKEN = {"authorization": f"SSWS {SECRET}"}, {"authorization": "SSWS of-dana"}
APP = app_id("1Password")
ENG, PAY, IMPORTED = group_id("eng"), group_id("pay"), group_id("imported")

_NOW = datetime.now(UTC)
WEEKS_AGO = (_NOW - timedelta(days=20)).strftime("%Y-%m-%dT%H:%M:%SZ")
YESTERDAY = (_NOW - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
NEXT_YEAR = (_NOW + timedelta(days=365)).strftime("%Y-%m-%dT%H:%M:%SZ")

ACME = OktaSeed(
    users=(
        OktaUser(ADMIN, "Root", "Admin", roles=("SUPER_ADMIN", "CUSTOM")),
        OktaUser(ADA, "Ada", "Byron", profile={"department": "R&D"}, factors=("push", "email")),
        OktaUser(
            DANA,
            "Dana",
            "Okafor",
            sessions=2,
            client_tokens=(app_id("Wiki"), app_id("Wiki"), "0oaclient"),
            factors=("push",),
            roles=("ORG_ADMIN",),
        ),
        OktaUser(LEFT, "Lee", "Left", status="DEPROVISIONED"),
        OktaUser("new@acme.example", "Nina", "New", status="STAGED"),
    ),
    groups=(
        OktaGroup("eng", members=(ADA,), by_rule=(DANA, LEFT)),
        OktaGroup("pay", members=(DANA,)),
        OktaGroup("imported", members=(ADA,), type="APP_GROUP"),
    ),
    rules=(OktaRule("engineers", 'user.department=="R&D"', ("eng",)),),
    apps=(
        OktaApp(
            "1Password",
            groups=("eng",),
            users=(OktaAppUser(ADMIN, "OPROOT"),),
            external_ids={ADA: "OPADA", DANA: "OPDANA"},
            mappings=(
                OktaMapping("eng", "OPENG"),
                OktaMapping("pay", status="ERROR", error="Group not found in target"),
            ),
        ),
        OktaApp("Wiki", sign_on_mode="OPENID_CONNECT", features=()),
    ),
    api_tokens=(
        OktaApiToken("keyturn", ADMIN, SECRET),
        OktaApiToken("dana's script", DANA, "of-dana"),
    ),
    events=(
        OktaEvent(
            "group.user_membership.add",
            _NOW - timedelta(days=3),
            (DANA,),
            ("pay",),
            actor=ADMIN,
        ),
    ),
)
DANA_ID, ADA_ID = user_id(DANA), user_id(ADA)
