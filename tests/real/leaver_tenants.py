"""What is in the small organisation that Dana leaves: people, groups, vaults and credentials of
both sides."""

from dataclasses import dataclass

from keyturn_providers.simulated.okta.seeding import (
    OktaApiToken,
    OktaApp,
    OktaGroup,
    OktaMapping,
    OktaSeed,
    OktaUser,
    app_id,
    group_id,
    user_id,
)
from keyturn_providers.simulated.onepassword.seeds import (
    BUILT_IN_IDS,
    Grant,
    Group,
    Member,
    OAuthClient,
    Seed,
    User,
    Vault,
    stable_id,
)

OPS, SAM, DANA, LEA = (f"{name}@acme.example" for name in ("ops", "sam", "dana", "lea"))
NAMES = {OPS: "Ops Admin", SAM: "Sam Reyes", DANA: "Dana Vale", LEA: "Lea Baum"}
DANA_OKTA, ENG_OKTA, PAY_OKTA = user_id(DANA), group_id("eng"), group_id("pay")


def account(email: str) -> str:
    """Somebody's id in 1Password."""
    return stable_id(email, capital=True)


DANA_1P = account(DANA)
ENG, PAY, OLD = stable_id("eng"), stable_id("pay"), stable_id("old-billing")
PROD, BILLING = stable_id("prod"), stable_id("billing")
_LONG_AGO_MS = 1_764_000_000_000
CHAT = app_id("Chat")
"""The OAuth client in which Dana is signed in for good."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The credentials of the four surfaces that take one."""

    okta: str = "00okta-token-of-the-leavers-test"
    bridge: str = "bridge-bearer-of-the-leavers-test"
    users: str = "users-secret-of-the-leavers-test"


PLAIN_TOKENS = Tokens()


def okta_seed(tokens: Tokens) -> OktaSeed:
    """Okta, with the groups it pushes."""
    users = []
    for email, name in NAMES.items():
        first, last = name.split()
        roles = ("SUPER_ADMIN",) if email in (OPS, SAM) else ()
        sessions, tokens_of = (2, (CHAT, CHAT)) if email == DANA else (0, ())
        users.append(
            OktaUser(email, first, last, roles=roles, sessions=sessions, client_tokens=tokens_of)
        )
    return OktaSeed(
        users=tuple(users),
        groups=(
            OktaGroup("eng", (DANA, LEA)),
            OktaGroup("pay", (DANA, LEA)),
            OktaGroup("wiki", (DANA,)),
        ),
        apps=(
            OktaApp(
                "1Password",
                groups=("eng", "pay"),
                external_ids={email: account(email) for email in (DANA, LEA)},
                mappings=(
                    OktaMapping("eng", ENG),
                    OktaMapping("pay", PAY, "ERROR", "Group not found in target"),
                ),
            ),
            OktaApp("Chat", sign_on_mode="OPENID_CONNECT", features=()),
        ),
        api_tokens=(OktaApiToken("keyturn", OPS, tokens.okta),),
    )


def onepassword_seed(tokens: Tokens) -> Seed:
    """1Password, with what is pushed into it and what is its own."""
    return Seed(
        users=tuple(
            User(
                account(email),
                name,
                email,
                created_ms=_LONG_AGO_MS,
                last_auth_ms=_LONG_AGO_MS,
                managed=email in (DANA, LEA),
                external_id=user_id(email),
            )
            for email, name in NAMES.items()
        ),
        groups=(
            Group(ENG, "eng", created_ms=_LONG_AGO_MS, external_id=ENG_OKTA, managed=True),
            Group(PAY, "pay", created_ms=_LONG_AGO_MS, external_id=PAY_OKTA, managed=True),
            Group(OLD, "old-billing", created_ms=_LONG_AGO_MS),
        ),
        members=(
            Member(BUILT_IN_IDS["Owners"], account(OPS)),
            Member(BUILT_IN_IDS["Owners"], account(SAM)),
            *(Member(group, account(email)) for group in (ENG, PAY) for email in (DANA, LEA)),
            Member(OLD, account(DANA)),
        ),
        vaults=(
            Vault(PROD, "Platform Prod", created_ms=_LONG_AGO_MS),
            Vault(BILLING, "Billing", created_ms=_LONG_AGO_MS),
        ),
        grants=(
            Grant(PROD, "group", ENG, ("allow_viewing",)),
            Grant(BILLING, "user", account(DANA), ("allow_viewing", "allow_editing")),
        ),
        oauth_clients=(OAuthClient("keyturn", tokens.users),),
        signed_in=account(OPS),
        bridge_token=tokens.bridge,
    )
