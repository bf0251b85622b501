"""What a finding says is missing may be in a listing that was not read to its end: it says so."""

from dataclasses import replace

import pytest
from tests.decide.worlds import SUSPENDED, Org, account, office

from keyturn.decide.words import SIGN_OF, DriftKind, Sign
from keyturn_providers.records import Collection, Level, Side

Key = tuple[Side, Collection, str]


def drifted() -> Org:
    """A finding of each kind that rests on something not being there, and some that do not."""
    org = office()
    org.directory.join("dg-eng", "d3")  # missing membership
    org.secrets.join("sg-ops", "s1")  # membership not in directory
    org.secrets.accounts.append(account("s9"))  # account without identity
    org.directory.accounts.append(account("d8"))
    org.directory.join("dg-ops", "d8")  # missing account
    org.secrets.grants = [one for one in org.secrets.grants if one.vault_id != "v-prod"]
    org.secrets.groups.append(replace(org.secrets.groups[0], id="sg-own", name="own",
                                      external_id=None))  # fmt: skip
    org.secrets.join("sg-own", "s2")  # in a group that nothing stands for
    org.direct_grant(2, "pay", Level.READ)
    org.secrets.change("s2", state=SUSPENDED)
    return org


DOUBTED: dict[Key, set[tuple[DriftKind, str]]] = {
    (Side.DIRECTORY, Collection.ACCOUNTS, ""): {(DriftKind.ACCOUNT_WITHOUT_IDENTITY, "s9")},
    (Side.SECRETS, Collection.ACCOUNTS, ""): {(DriftKind.MISSING_ACCOUNT, "d8")},
    (Side.DIRECTORY, Collection.GROUPS, ""): {(DriftKind.MEMBERSHIP_NOT_IN_DIRECTORY, "s2")},
    (Side.DIRECTORY, Collection.MEMBERSHIPS, "dg-ops"): {
        (DriftKind.MEMBERSHIP_NOT_IN_DIRECTORY, "s1")
    },
    (Side.DIRECTORY, Collection.MEMBERSHIPS, "dg-eng"): set(),
    (Side.SECRETS, Collection.MEMBERSHIPS, "sg-eng"): {(DriftKind.MISSING_MEMBERSHIP, "s3")},
    (Side.SECRETS, Collection.GRANTS, "v-prod"): {(DriftKind.MISSING_GRANT, "sg-eng")},
    (Side.SECRETS, Collection.GRANTS, "v-pay"): set(),
}


def test_all_that_was_read_whole_is_certain() -> None:
    found = drifted().drift()
    assert {one.kind for one in found} >= {kind for of in DOUBTED.values() for kind, _ in of}
    assert all(one.sign is SIGN_OF[one.kind] and not one.unread for one in found)


@pytest.mark.parametrize("cut", DOUBTED)
def test_what_could_be_in_a_cut_listing_is_not_known(cut: Key) -> None:
    org = drifted()
    side, collection, parent = cut
    half = org.directory if side is Side.DIRECTORY else org.secrets
    half.broken.add((collection, parent))
    before = {one.id for one in drifted().drift()}
    found = org.drift()
    assert {one.id for one in found} == before
    doubted = [one for one in found if one.unread]
    assert {(one.kind, one.subject.id) for one in doubted} == DOUBTED[cut]
    for one in doubted:
        assert one.sign is Sign.NOT_KNOWN
        assert one.words.endswith("could not be read to the end.")
        assert "It may not be so: the " in one.words
        assert not one.remedy
    assert all(one.sign is SIGN_OF[one.kind] for one in found if not one.unread)


def test_who_has_no_identity_may_be_in_the_group_too() -> None:
    org = drifted()
    org.secrets.join("sg-eng", "s9")
    org.directory.broken.add((Collection.ACCOUNTS, ""))
    doubted = {(one.kind, one.subject.id) for one in org.drift() if one.unread}
    assert (DriftKind.MEMBERSHIP_NOT_IN_DIRECTORY, "s9") in doubted
    assert (DriftKind.MEMBERSHIP_NOT_IN_DIRECTORY, "s1") not in doubted


def test_a_group_that_is_in_no_whole_list_may_hold_the_grant() -> None:
    org = drifted()
    org.secrets.groups = [one for one in org.secrets.groups if one.id != "sg-eng"]
    org.secrets.broken.add((Collection.GROUPS, ""))
    (found,) = org.drift(DriftKind.MISSING_GRANT)
    assert found.unread == ("the groups of bao could not be read to the end",)
