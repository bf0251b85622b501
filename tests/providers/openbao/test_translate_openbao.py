"""Payloads to records, odd ones included."""

import pytest

from keyturn_providers.openbao import translate
from keyturn_providers.openbao.grants import (
    Index,
    Judge,
    all_edges,
    entity_edges,
    grants_on,
    token_edges,
)
from keyturn_providers.openbao.payloads import (
    Entity,
    IdentityGroup,
    LoginPayload,
    MountPayload,
    TokenPayload,
    read,
)
from keyturn_providers.openbao.policy import read_policy
from keyturn_providers.openbao.state import AuthMount, Login
from keyturn_providers.records import AccountKind, AccountState, Level, PrincipalKind

USERPASS = AuthMount("userpass", "userpass", "acc_up")
APPROLE = AuthMount("approle", "approle", "acc_ar")


def entity(**fields: object) -> Entity:
    return read(Entity, {"id": "e1", "name": "ana", "disabled": False, **fields})


def token(**fields: object) -> TokenPayload:
    return read(TokenPayload, {"accessor": "a1", "expire_time": "2027-01-01T00:00:00Z", **fields})


def alias(name: str, kind: str, accessor: str = "acc_up") -> dict[str, str]:
    return {"name": name, "mount_type": kind, "mount_accessor": accessor}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-11-23T22:19:25.113095971Z", 1795472365113),
        ("2026-11-23T22:19:25Z", 1795472365000),
        ("2026-11-23T23:19:25.5+01:00", 1795472365500),
        ("0001-01-01T00:00:00Z", None),
        ("2026-11-23T22:19:25", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_times(text: str | None, wanted: int | None) -> None:
    assert translate.time_ms(text) == wanted


@pytest.mark.parametrize(
    ("disabled", "state"),
    [
        (True, AccountState.SUSPENDED),
        (False, AccountState.ACTIVE),
        (None, AccountState.UNKNOWN),
    ],
)
def test_states(disabled: bool | None, state: AccountState) -> None:
    assert translate.account(entity(disabled=disabled), {}, {}).state is state


def test_a_state_that_is_no_boolean_is_unreadable() -> None:
    with pytest.raises(ValueError, match="disabled"):
        entity(disabled="perhaps")


def test_a_payload_problem_shows_no_value() -> None:
    with pytest.raises(ValueError, match="metadata") as caught:
        entity(metadata={"email": ["hidden-value"]})
    assert "hidden-value" not in str(caught.value)


def test_addresses_come_from_metadata_and_from_logins_of_people() -> None:
    account = translate.account(
        entity(
            metadata={"email": " Ana@acme.example "},
            aliases=[
                alias("ana@ACME.example", "jwt"),
                alias("ana@home.example", "oidc"),
                alias("ana", "userpass"),
                alias("robot@acme.example", "approle"),
            ],
        ),
        {},
        {},
    )
    assert [e.address for e in account.emails] == ["Ana@acme.example", "ana@home.example"]
    assert all(e.verified for e in account.emails)


@pytest.mark.parametrize(
    ("kinds", "wanted"),
    [
        ((), AccountKind.PERSON),
        (("userpass",), AccountKind.PERSON),
        (("approle",), AccountKind.SERVICE),
        (("approle", "kubernetes"), AccountKind.SERVICE),
        (("approle", "userpass"), AccountKind.PERSON),
    ],
)
def test_who_logs_in_as_a_program_is_a_service(kinds: tuple[str, ...], wanted: AccountKind) -> None:
    one = entity(aliases=[alias(f"a{n}", kind) for n, kind in enumerate(kinds)])
    assert translate.account(one, {}, {}).kind is wanted


def test_hostile_text_is_made_visible_and_hostile_ids_are_refused() -> None:
    account = translate.account(entity(name="a\x1b[31m\u202e", metadata={"title": "\x00"}), {}, {})
    assert "\x1b" not in account.name
    assert "\u202e" not in account.name
    assert "\x00" not in account.title
    assert translate.account(entity(metadata={"idp_id": "x\x00"}), {}, {}).external_id is None
    with pytest.raises(ValueError, match="control"):
        translate.account(entity(id="e\u202e1"), {}, {})


def test_a_group_of_an_unknown_type_is_not_changed_by_us() -> None:
    def managed(kind: str) -> str:
        one = read(IdentityGroup, {"id": "g", "name": "g", "type": kind})
        return translate.group(one).managed_by

    assert managed("internal") == ""
    assert managed("external") == "login"
    assert managed("federated") == "unknown: federated"


def test_an_odd_member_is_counted_not_dropped() -> None:
    group = read(
        IdentityGroup,
        {
            "id": "g",
            "name": "g",
            "member_entity_ids": ["e1", "e1", "e\x00"],
            "member_group_ids": None,
        },
    )
    members, odd = translate.memberships(group)
    assert [m.member_id for m in members] == ["e1"]
    assert [one.id for one in odd] == [None]


def test_only_kv_mounts_are_vaults() -> None:
    def mount(kind: str, **options: str) -> object:
        payload = {"accessor": "a", "type": kind, "options": options or None}
        return translate.kv_mount("team/pay/", read(MountPayload, payload))

    assert mount("pki") is None
    two, one, old = mount("kv", version="2"), mount("kv"), mount("generic")
    assert getattr(two, "version", 0) == 2
    assert getattr(one, "version", 0) == getattr(old, "version", 0) == 1
    assert getattr(two, "path", "") == "team/pay"


def test_old_spelling_of_a_logins_policies() -> None:
    login = translate.login(USERPASS, "ana", read(LoginPayload, {"policies": ["a"]}))
    assert login.policies == ("a",)
    both = read(LoginPayload, {"policies": ["a"], "token_policies": ["a", "b"]})
    assert translate.login(USERPASS, "ana", both).policies == ("a", "b")


@pytest.mark.parametrize(
    ("fields", "known", "kind"),
    [
        ({"policies": ["root"], "expire_time": None}, False, "root token"),
        ({"expire_time": None}, False, "token that never ends"),
        ({"period": 60}, False, "periodic token"),
        ({}, False, "token without entity"),
        ({"creation_ttl": 40 * 86400}, False, "long-lived token"),
        ({"entity_id": "e1"}, True, None),
        ({"entity_id": "e1", "period": 60}, True, "periodic token"),
        ({"entity_id": "e1", "period": 60, "path": "auth/approle/login"}, True, None),
    ],
)
def test_which_tokens_are_machine_identities(
    fields: dict[str, object], known: bool, kind: str | None
) -> None:
    machine = translate.token_machine(token(**fields), known_entity=known, own=False)
    assert (machine.kind if machine else None) == kind
    if machine:
        assert machine.owner_account_id == ("e1" if known else None)


READ = read_policy("read", 'path "pay/data/*" { policy = "read" }')
BOTH = read_policy("both", 'path "+/data/*" { policy = "read" }')
ODD = read_policy("odd", "path {")
PAY = translate.kv_mount("pay/", MountPayload(accessor="kv_1", type="kv", options={"version": "2"}))
HR = translate.kv_mount("hr/", MountPayload(accessor="kv_2", type="kv", options={"version": "2"}))


def test_grants_shrink_with_the_policies_that_carry_them() -> None:
    assert PAY
    judge = Judge({"read": READ, "both": BOTH})
    grants = grants_on(PAY, entity_edges(entity(policies=["read", "both", "read"])), judge)
    assert [g.carrier for g in grants] == ["entity/e1/policy/read", "entity/e1/policy/both"]
    fewer = grants_on(PAY, entity_edges(entity(policies=["both"])), judge)
    assert [g.carrier for g in fewer] == ["entity/e1/policy/both"]
    assert grants_on(PAY, entity_edges(entity()), judge) == ()


def test_a_policy_not_understood_is_unknown_and_counted_and_one_missing_gives_nothing() -> None:
    assert PAY
    judge = Judge({"odd": ODD})
    [grant] = grants_on(PAY, entity_edges(entity(policies=["odd", "gone"])), judge)
    assert grant.level is Level.UNKNOWN
    assert [p.name for p in judge.unreadable()] == ["odd"]


def test_a_token_grants_only_what_nothing_else_explains() -> None:
    who = entity(policies=["read"], aliases=[alias("ana", "userpass")])
    login = Login(USERPASS, "ana", ("both",))
    index = Index((who,), (login,))
    held = token(
        entity_id="e1", policies=["default", "read", "both", "more"], path="auth/token/create"
    )
    edges = list(token_edges(held, index.explained(held), known_entity=True, own=False))
    assert [e.carrier.policy for e in edges] == ["more"]
    assert edges[0].principal_kind is PrincipalKind.ACCOUNT
    without_login = Index((who,), ())
    left = token_edges(held, without_login.explained(held), known_entity=True, own=False)
    assert [e.carrier.policy for e in left] == ["default", "both", "more"]


def test_the_token_of_a_role_is_explained_by_the_role() -> None:
    robot = entity(id="e2", name="ci", aliases=[alias("role-id", "approle", "acc_ar")])
    role = Login(APPROLE, "ci", ("read",))
    index = Index((robot,), (role,))
    held = token(
        entity_id="e2",
        policies=["default", "read"],
        path="auth/approle/login",
        meta={"role_name": "ci"},
    )
    assert list(token_edges(held, index.explained(held), known_entity=True, own=False)) == []


def test_a_token_whose_entity_is_gone_is_nobodys() -> None:
    held = token(entity_id="gone", policies=["read"])
    edges = all_edges((), (), (), (held,), Index((), ()), own_accessor="")
    assert [(e.principal_kind, e.principal_id) for e in edges] == [
        (PrincipalKind.MACHINE, "token/a1")
    ]


def test_the_default_policy_counts_where_it_opens_something() -> None:
    assert PAY
    assert HR
    opens = read_policy("default", 'path "pay/data/*" { policy = "read" }')
    who = entity(aliases=[alias("ana", "userpass")])
    logins = (Login(USERPASS, "ana", ()), Login(USERPASS, "bob", (), default_policy=False))
    index = Index((who,), logins)
    edges = tuple(all_edges((who,), (), logins, (), index, own_accessor=""))
    [grant] = grants_on(PAY, edges, Judge({"default": opens}))
    assert (grant.principal_id, grant.revocable) == ("e1", False)
    assert grants_on(HR, edges, Judge({"default": opens})) == ()


def test_direct_groups_that_are_not_told_are_not_none() -> None:
    told = {"id": "e1", "name": "ana"}
    assert Entity.model_validate(told).direct_group_ids is None
    assert Entity.model_validate({**told, "direct_group_ids": None}).direct_group_ids == ()
    assert Entity.model_validate({**told, "direct_group_ids": ["g1"]}).direct_group_ids == ("g1",)
