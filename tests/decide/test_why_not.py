"""Why somebody cannot open a vault: the first gate that is shut, and what to do about it."""

from dataclasses import replace

import pytest
from tests.decide.worlds import DAY_MS, NOW_MS, SUSPENDED, Org, account, office

from keyturn.decide.explain import day
from keyturn.decide.why_not import Gate, GateKind, WhyNot, why_not, why_not_words
from keyturn_providers.records import AccountState, Collection, Group, Level, Push, PushState


def _found(org: Org, key: str, vault: str) -> WhyNot:
    return why_not(org.world(), org.who(key), vault)


def _first(org: Org, key: str, vault: str) -> Gate:
    gate = _found(org, key, vault).first
    assert gate is not None
    return gate


def _kinds(org: Org, key: str, vault: str) -> list[GateKind]:
    return [gate.kind for gate in _found(org, key, vault).gates]


def test_the_gates_come_in_order() -> None:
    found = _found(office(), "d:d1", "v-prod")
    assert [gate.kind for gate in found.gates] == [
        GateKind.SCOPE, GateKind.MATCHED, GateKind.CONFIRMED, GateKind.ACTIVE, GateKind.POLICY,
        GateKind.DIRECTORY_MEMBER, GateKind.LINKED, GateKind.MEMBER, GateKind.GRANTED,
    ]  # fmt: skip
    assert all(gate.holds for gate in found.gates)
    assert "every gate is open" in why_not_words(found, "Name 1", "prod")


def test_who_is_in_no_group_that_gives_it() -> None:
    org = office()
    gate = _first(org, "d:d3", "v-prod")
    assert (gate.kind, gate.holds) == (GateKind.DIRECTORY_MEMBER, False)
    assert gate.next_step == "If they are to have it: put them into eng in idp."
    assert why_not_words(_found(org, "d:d3", "v-prod"), "Name 3", "prod") == (
        "Name 3 has no access to prod. Is the person in eng in idp? No: they are not. "
        "If they are to have it: put them into eng in idp."
    )


def test_of_several_groups_the_one_that_does_best() -> None:
    org = office()
    org.directory.groups.append(Group("dg-new", "new"))
    org.mapping("new", ("prod", Level.READ))
    org.directory.join("dg-new", "d3")
    found = _found(org, "d:d3", "v-prod")
    assert found.others == 1
    assert found.first is not None
    assert found.first.kind is GateKind.LINKED
    assert found.first.words == "none does"
    assert "Push new to bao" in found.first.next_step


def test_a_pair_of_groups_in_dispute_is_told() -> None:
    org = office()
    org.directory.groups.append(Group("dg-new", "new"))
    org.rules = replace(org.rules, mappings=())
    org.mapping("new", ("prod", Level.READ))
    org.directory.join("dg-new", "d1")
    org.secrets.groups.append(Group("sg-twin", "x", external_id="dg-new"))
    org.secrets.groups.append(Group("sg-twin2", "y", external_id="dg-new"))
    gate = _first(org, "d:d1", "v-prod")
    assert gate.kind is GateKind.LINKED
    assert "external id" in gate.words


def test_a_member_in_the_directory_only() -> None:
    org = office()
    org.secrets.memberships = []
    gate = _first(org, "d:d1", "v-prod")
    assert gate.kind is GateKind.MEMBER
    assert "a sync puts them into eng" in gate.next_step
    org.secrets.broken.add((Collection.MEMBERSHIPS, "sg-eng"))
    gate = _first(org, "d:d1", "v-prod")
    assert (gate.kind, gate.holds) == (GateKind.MEMBER, None)
    assert "Cannot be told" in why_not_words(_found(org, "d:d1", "v-prod"), "Name 1", "prod")


def test_a_group_without_the_grant() -> None:
    org = office()
    org.secrets.grants = []
    gate = _first(org, "d:d1", "v-prod")
    assert (gate.kind, gate.holds) == (GateKind.GRANTED, False)
    assert gate.next_step == "The policy wants it: a sync grants prod to eng."
    org.secrets.blind_spots = ("child namespaces",)
    gate = _first(org, "d:d1", "v-prod")
    assert (gate.kind, gate.holds) == (GateKind.GRANTED, None)


def test_a_vault_nobody_is_given_and_one_others_have_all_the_same() -> None:
    org = office()
    org.vault("lone")
    gate = _first(org, "d:d1", "v-lone")
    assert (gate.kind, gate.words) == (GateKind.POLICY, "no mapping names it")
    org.group_grant("eng", "lone", Level.NONE)
    org.group_grant("ops", "lone", Level.READ)
    org.direct_grant(2, "lone", Level.READ)
    gate = _first(org, "d:d1", "v-lone")
    assert gate.words == "no mapping names it; in bao ops can open it all the same"
    assert "Ask who manages lone" in gate.next_step


def test_no_account_in_the_secret_manager() -> None:
    org = office()
    org.directory.accounts.append(account("d9"))
    assert _kinds(org, "d:d9", "v-prod")[:3] == [
        GateKind.SCOPE, GateKind.MATCHED, GateKind.INVITED
    ]  # fmt: skip
    gate = _first(org, "d:d9", "v-prod")
    assert (gate.kind, gate.holds) == (GateKind.MATCHED, False)
    assert gate.next_step.startswith("Give them an account in bao. If they have one, name it")
    org.directory.change("d9", push=Push(PushState.PENDING))
    gate = _first(org, "d:d9", "v-prod")
    assert gate.next_step.startswith(
        "idp provisions this account itself (being pushed): push it again"
    )
    org.secrets.broken.add((Collection.ACCOUNTS, ""))
    gate = _first(org, "d:d9", "v-prod")
    assert (gate.kind, gate.holds, gate.next_step) == (GateKind.MATCHED, None, "Refresh first.")


def test_an_account_nobody_in_the_directory_stands_behind() -> None:
    org = office()
    org.secrets.accounts.append(account("s9"))
    gate = _first(org, "s:s9", "v-prod")
    assert (gate.kind, gate.holds) == (GateKind.SCOPE, False)
    assert "whose account it is" in gate.next_step
    matched = _found(org, "s:s9", "v-prod").gates[1]
    assert (matched.holds, matched.words) == (True, "s9.login")
    org.directory.broken.add((Collection.ACCOUNTS, ""))
    assert _first(org, "s:s9", "v-prod").holds is None


def test_an_account_that_may_be_several_people_is_not_told() -> None:
    org = office()
    org.secrets.accounts.append(account("s9", external_id="d1"))
    gate = _first(org, "d:d1", "v-prod")
    assert (gate.kind, gate.holds) == (GateKind.MATCHED, None)
    assert "alias" in gate.next_step


def test_a_directory_that_does_not_provision_the_person() -> None:
    org = office()
    org.directory.change("d1", push=Push(PushState.OK))
    org.directory.accounts.append(account("d9"))
    gate = _first(org, "d:d9", "v-prod")
    assert (gate.kind, gate.holds) == (GateKind.SCOPE, False)
    assert gate.next_step.startswith("Assign them to bao in idp")
    assert _found(org, "d:d3", "v-prod").gates[0].holds


@pytest.mark.parametrize(
    ("state", "holds", "words"),
    [(SUSPENDED, False, "suspended"), (AccountState.UNKNOWN, None, "is not known")],
)
def test_who_is_off_or_unknown(state: AccountState, holds: bool | None, words: str) -> None:
    org = office()
    org.directory.change("d1", state=state)
    gate = _first(org, "d:d1", "v-prod")
    assert (gate.kind, gate.holds) == (GateKind.SCOPE, holds)
    assert words in gate.words
    org = office()
    org.secrets.change("s1", state=state, state_raw="")
    gate = _first(org, "d:d1", "v-prod")
    assert (gate.kind, gate.holds) == (GateKind.ACTIVE, holds)
    assert gate.next_step


def test_who_has_not_accepted_and_who_waits_to_be_let_in() -> None:
    org = office()
    org.secrets.change("s1", state=AccountState.INVITED, state_raw="TRANSFER_STARTED")
    gate = _first(org, "d:d1", "v-prod")
    assert (gate.kind, gate.holds, gate.words) == (
        GateKind.INVITED,
        False,
        "invited, and not accepted yet",
    )
    org.secrets.change("s1", state_since_ms=NOW_MS - 2 * DAY_MS)
    assert _first(org, "d:d1", "v-prod").words == "invited 2 days ago, and not accepted yet"
    org.secrets.change("s1", state_since_ms=NOW_MS - 9 * DAY_MS)
    gate = _first(org, "d:d1", "v-prod")
    assert gate.words == "invited 9 days ago, and the invitation has expired"
    assert gate.next_step.startswith("Send the invitation again")
    org.secrets.change("s1", state_raw="TRANSFER_ACCEPTED")
    gate = _first(org, "d:d1", "v-prod")
    assert (gate.kind, gate.next_step) == (GateKind.CONFIRMED, "Confirm them in bao.")


def test_no_access_is_none_visible_where_something_is_not_seen() -> None:
    org = office()
    org.secrets.broken.add((Collection.GRANTS, "v-prod"))
    found = _found(org, "d:d3", "v-prod")
    assert found.unseen == ("the grants on prod not read to the end",)
    assert "has no visible access to prod" in why_not_words(found, "Name 3", "prod")


def test_an_exception_that_nobody_used_is_told() -> None:
    org = office()
    org.vault("lone")
    org.waive("d3.login", "lone")
    gate = _first(org, "d:d3", "v-lone")
    assert gate.words == (
        f"no mapping names it, but an exception (line 30) allows Name 3 a direct grant until "
        f"{day(NOW_MS + DAY_MS)}"
    )
    assert gate.next_step.startswith("Grant it in bao")
    org.waive("d1.login", "lone", until_ms=NOW_MS)
    assert _first(org, "d:d1", "v-lone").words == "no mapping names it"
