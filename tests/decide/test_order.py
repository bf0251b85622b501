"""Which operations of a plan wait for which, and that all others need not."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from keyturn.decide.findings import Change, ChangeKind, ObjectKind, Ref
from keyturn.decide.order import comes_after, in_order
from keyturn_providers.records import PrincipalKind, Side


def ref(side: Side, kind: ObjectKind, name: str) -> Ref:
    return Ref(side, kind, name, name)


def of_account(kind: ChangeKind, side: Side, who: str) -> Change:
    return Change(kind, side, account=ref(side, ObjectKind.ACCOUNT, who))


def of_group(kind: ChangeKind, side: Side, who: str, group: str) -> Change:
    account, where = ref(side, ObjectKind.ACCOUNT, who), ref(side, ObjectKind.GROUP, group)
    return Change(kind, side, account=account, group=where)


def of_vault(kind: ChangeKind, who: str, vault: str) -> Change:
    return Change(
        kind,
        Side.SECRETS,
        principal_kind=PrincipalKind.ACCOUNT,
        principal=ref(Side.SECRETS, ObjectKind.ACCOUNT, who),
        vaults=(ref(Side.SECRETS, ObjectKind.VAULT, vault),),
        carrier=f"{who}/{vault}",
    )


def session(who: str, name: str) -> Change:
    account = ref(Side.SECRETS, ObjectKind.ACCOUNT, who)
    return Change(ChangeKind.END_SESSION, Side.SECRETS, account=account, session_id=name)


def waits(*changes: Change) -> dict[int, tuple[int, ...]]:
    return dict(comes_after(changes))


D, S = Side.DIRECTORY, Side.SECRETS


def test_an_offboarding_waits_for_the_accounts_and_their_sessions_and_for_nothing_else() -> None:
    assert waits(
        of_account(ChangeKind.SUSPEND, D, "dana"),
        of_account(ChangeKind.END_ALL_SESSIONS, D, "dana"),
        of_account(ChangeKind.SUSPEND, S, "dana-1"),
        session("dana-1", "a"),
        session("dana-1", "b"),
        of_group(ChangeKind.REMOVE_MEMBERSHIP, D, "dana", "eng"),
        of_group(ChangeKind.REMOVE_MEMBERSHIP, D, "dana", "pay"),
        of_group(ChangeKind.REMOVE_MEMBERSHIP, S, "dana-1", "old"),
        of_vault(ChangeKind.REVOKE, "dana-1", "billing"),
        of_account(ChangeKind.DEACTIVATE, D, "dana"),
    ) == {
        0: (),
        1: (0,),
        2: (),
        3: (0, 2),
        4: (0, 2),
        5: (0,),
        6: (0,),
        7: (2, 3, 4),  # a session that still lives would have what is taken
        8: (2, 3, 4),
        9: (0, 1, 5, 6),
    }


def test_nothing_is_taken_on_one_side_before_everything_was_given_there() -> None:
    found = waits(
        of_group(ChangeKind.ADD_MEMBERSHIP, S, "lea", "eng"),
        of_vault(ChangeKind.GRANT, "ravi", "payments"),
        of_group(ChangeKind.ADD_MEMBERSHIP, D, "lea-d", "eng"),
        of_vault(ChangeKind.NARROW, "ravi", "billing"),
        of_group(ChangeKind.REMOVE_MEMBERSHIP, S, "sam", "eng"),
        of_group(ChangeKind.REMOVE_MEMBERSHIP, D, "sam-d", "eng"),
    )
    assert found == {0: (), 1: (), 2: (), 3: (0, 1), 4: (0, 1), 5: (2,)}


def test_the_directory_s_account_comes_back_first_and_then_what_it_is_given() -> None:
    found = waits(
        of_account(ChangeKind.REACTIVATE, D, "dana"),
        of_account(ChangeKind.REACTIVATE, S, "dana-1"),
        of_group(ChangeKind.ADD_MEMBERSHIP, S, "dana-1", "eng"),
        of_vault(ChangeKind.RESTORE_GRANT, "ravi", "eng"),
    )
    assert found == {0: (), 1: (0,), 2: (1,), 3: ()}


def test_the_very_same_object_is_never_changed_twice_at_once() -> None:
    found = waits(
        of_vault(ChangeKind.REVOKE, "dana-1", "billing"),
        session("dana-1", "a"),
        of_vault(ChangeKind.GRANT, "dana-1", "billing"),
        session("dana-1", "a"),
        of_group(ChangeKind.REMOVE_MEMBERSHIP, S, "dana-1", "old"),
        of_group(ChangeKind.ADD_MEMBERSHIP, S, "dana-1", "old"),
    )
    assert found == {0: (), 1: (), 2: (0,), 3: (1,), 4: (1, 2, 3), 5: (4,)}


def test_a_change_that_names_nobody_waits_for_its_like() -> None:
    invite = Change(ChangeKind.PROVISION, S, email="lea@acme.example")
    other = Change(ChangeKind.PROVISION, S, email="ravi@acme.example")
    nothing = Change(ChangeKind.REVOKE, S)
    assert waits(invite, other, invite, nothing, nothing) == {
        0: (),
        1: (),
        2: (0,),
        3: (),
        4: (3,),
    }


NAMES = st.sampled_from(["dana", "ravi"])
ANY = st.one_of(
    st.builds(
        of_account,
        st.sampled_from([ChangeKind.SUSPEND, ChangeKind.REACTIVATE, ChangeKind.DEACTIVATE]),
        st.sampled_from(list(Side)),
        NAMES,
    ),
    st.builds(
        of_group,
        st.sampled_from([ChangeKind.ADD_MEMBERSHIP, ChangeKind.REMOVE_MEMBERSHIP]),
        st.sampled_from(list(Side)),
        NAMES,
        st.sampled_from(["eng", "pay"]),
    ),
    st.builds(
        of_vault,
        st.sampled_from([ChangeKind.GRANT, ChangeKind.REVOKE, ChangeKind.NARROW]),
        NAMES,
        st.sampled_from(["billing", "payments"]),
    ),
    st.builds(session, NAMES, st.sampled_from(["a", "b"])),
)


@given(st.lists(ANY, max_size=12, unique=True))
def test_only_what_comes_before_in_the_plan_is_waited_for(changes: list[Change]) -> None:
    plan = in_order(changes)
    found = comes_after(plan)
    assert set(found) == set(range(len(plan)))
    assert all(earlier < number for number, before in found.items() for earlier in before)
    for earlier, later in combinations(range(len(plan)), 2):
        one, other = plan[earlier], plan[later]
        same = one.account is not None and one.account == other.account
        if same and ChangeKind.SUSPEND in {one.kind, other.kind}:
            assert earlier in found[later]
