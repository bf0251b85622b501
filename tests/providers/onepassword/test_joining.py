"""People of several surfaces become one account each, by id, and by address only without doubt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyturn_providers.onepassword.joining import Joined, SurfaceList, joined
from keyturn_providers.onepassword.view import Surface
from keyturn_providers.records import Account, AccountState, Email, Unreadable

OP, USERS, BRIDGE = Surface.OP, Surface.USERS_API, Surface.BRIDGE
ACTIVE, SUSPENDED, INVITED, UNKNOWN = (
    AccountState.ACTIVE,
    AccountState.SUSPENDED,
    AccountState.INVITED,
    AccountState.UNKNOWN,
)


def one(
    its_id: str,
    mail: str,
    state: AccountState = ACTIVE,
    raw: str = "",
    external: str | None = None,
) -> Account:
    return Account(
        its_id, mail, mail, state, raw, emails=(Email(mail, True),), external_id=external
    )


def join(*lists: tuple[Surface, tuple[Account, ...]]) -> Joined:
    return joined([SurfaceList(surface, accounts) for surface, accounts in lists])


def test_the_same_id_is_the_same_person_whatever_the_address() -> None:
    told = join(
        (OP, (one("A", "dana@example.com", INVITED, "TRANSFER_PENDING"),)),
        (BRIDGE, (one("A", "Old.Dana@example.com", raw="active or invited", external="00u1"),)),
    )
    (dana,) = told.accounts
    assert (dana.name, dana.state, dana.state_raw) == (
        "dana@example.com",
        INVITED,
        "TRANSFER_PENDING",
    )
    assert dana.external_id == "00u1"
    assert told.conflicts == 0


@pytest.mark.parametrize(
    ("best", "other", "conflicts"),
    [
        (SUSPENDED, ACTIVE, True),
        (ACTIVE, SUSPENDED, True),
        (INVITED, SUSPENDED, True),
        (INVITED, ACTIVE, False),
        (ACTIVE, ACTIVE, False),
        (UNKNOWN, SUSPENDED, False),
        (ACTIVE, UNKNOWN, False),
    ],
)
def test_the_most_exact_state_goes_and_another_one_is_shown(
    best: AccountState, other: AccountState, conflicts: bool
) -> None:
    told = join((OP, (one("A", "a@x", best, "W"),)), (USERS, (one("A", "a@x", other, "V"),)))
    (account,) = told.accounts
    assert account.state is best
    assert account.state_raw == ("W; Users API: V" if conflicts else "W")
    assert told.conflicts == int(conflicts)


def test_an_id_nobody_else_knows_is_joined_by_the_only_fitting_address() -> None:
    told = join(
        (OP, (one("A", "Dana@Example.com"), one("B", "lea@example.com"))),
        (USERS, (one("uuid-1", "dana@example.com", SUSPENDED, "SUSPENDED"), one("B", "x@y"))),
    )
    assert [account.id for account in told.accounts] == ["A", "B"]
    assert told.accounts[0].state_raw == "active; Users API: SUSPENDED"
    assert told.by_mail == {(USERS, "A"): "uuid-1"}


def test_an_address_of_somebody_the_surface_knows_by_id_joins_nobody() -> None:
    told = join(
        (OP, (one("A", "dana@example.com"),)),
        (BRIDGE, (one("A", "other@example.com"), one("N", "dana@example.com"))),
    )
    assert [account.id for account in told.accounts] == ["A", "N"]


@pytest.mark.parametrize(
    ("known", "new"),
    [
        ((one("A", "d@x"), one("B", "D@x")), (one("N", "d@x"),)),
        ((one("A", "d@x"),), (one("N", "d@x"), one("M", "D@X"))),
        ((), (one("N", "d@x"), one("M", "d@x"))),
    ],
)
def test_an_ambiguous_address_is_counted_and_joins_nobody(
    known: tuple[Account, ...], new: tuple[Account, ...]
) -> None:
    told = join((OP, known), (BRIDGE, new))
    assert told.accounts == known
    assert {odd.id for odd in told.unreadable} == {account.id for account in new}
    assert all("joined with nobody" in odd.reason for odd in told.unreadable)


def test_what_could_not_be_read_is_not_replaced_by_a_lesser_record() -> None:
    told = joined(
        [
            SurfaceList(OP, (), (Unreadable("A", "odd"), Unreadable(None, "no id"))),
            SurfaceList(BRIDGE, (one("A", "a@x"),), (Unreadable(None, "no id there"),)),
        ]
    )
    assert told.accounts == ()
    assert set(told.unreadable) == {Unreadable("A", "odd"), Unreadable(None, "no id")}


mails = st.sampled_from(["a@x", "A@x", "b@x", "c@x"])
people = st.dictionaries(st.sampled_from("ABCDEF"), mails, max_size=6).map(
    lambda told: tuple(one(its_id, mail) for its_id, mail in told.items())
)


@given(people, people, people)
def test_nobody_is_lost_and_nobody_comes_twice(
    op: tuple[Account, ...], users: tuple[Account, ...], bridge: tuple[Account, ...]
) -> None:
    told = join((OP, op), (USERS, users), (BRIDGE, bridge))
    ids = [account.id for account in told.accounts]
    odd = [one.id for one in told.unreadable]
    assert len(set(ids)) == len(ids)
    assert not set(ids) & set(odd)
    every = {account.id for account in (*op, *users, *bridge)}
    assert every == set(ids) | set(odd) | set(told.by_mail.values())
    assert {account.id for account in op} <= set(ids)
