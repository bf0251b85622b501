"""`keyturn history`, `keyturn diff`, and `--as-of` of `keyturn vault` and `keyturn who`."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from keyturn.cli.app import run
from keyturn.cli.exit_codes import Exit
from keyturn_providers.abilities import Ability
from keyturn_providers.records import AccountState, Level, PrincipalKind
from keyturn_providers.records import Grant as GrantRecord
from keyturn_providers.simulated import Effect, Fault, Pair
from keyturn_storage.queries.moments import moments
from keyturn_storage.queries.reader import open_reader

Said = pytest.CaptureFixture[str]


@dataclass(frozen=True, slots=True)
class Told:
    """A cache of two reads: what the first was called, and the second."""

    front: list[str]
    first: str
    second: str


@pytest.fixture
def told(pair: Pair, front: list[str], capsys: Said) -> Told:
    """Between the two Dana's grant went, Ravi got one, and Lea left."""
    assert run([*front, "refresh"]) == Exit.IN_STEP
    secrets = pair.secrets.tenant
    secrets.grants["account/s-001/policy/payments-admin"].pop("v-payments")
    secrets.add(GrantRecord("v-payments", PrincipalKind.ACCOUNT, "s-002", Level.READ, "to-ravi"))
    lea = secrets.accounts["s-003"]
    secrets.add(replace(lea, state=AccountState.SUSPENDED, state_raw="disabled", last_seen_ms=5))
    secrets.drop_account("s-ghost")
    assert run([*front, "refresh"]) == Exit.IN_STEP
    capsys.readouterr()
    with open_reader(Path(front[-1]) / "cache.db") as reader:
        newest, oldest = moments(reader)
    return Told(front, f"#{oldest.no}", f"#{newest.no}")


def test_the_reads_are_listed_newest_first(told: Told, capsys: Said) -> None:
    assert run([*told.front, "drift"]) == Exit.DRIFT
    capsys.readouterr()
    assert run([*told.front, "history"]) == Exit.IN_STEP
    head, newest, oldest = capsys.readouterr().out.splitlines()[:3]
    assert head.split()[:4] == ["read", "began", "corp-id", "corp-vault"]
    assert newest.startswith(f"{told.second} ")
    assert oldest.startswith(f"{told.first} ")
    assert "complete" in newest
    assert newest.endswith("0 min")
    assert oldest.endswith(" -")
    assert run([*told.front, "history", "--json", "--limit", "1"]) == Exit.IN_STEP
    document = json.loads(capsys.readouterr().out)
    (read,) = document["reads"]
    assert document["more"] == 1
    assert read["drift"] > 0
    assert [one["source"] for one in read["sources"]] == ["corp-id", "corp-vault"]


def test_nothing_read_yet_is_said(pair: Pair, front: list[str], capsys: Said) -> None:
    assert run([*front, "history"]) == Exit.IN_STEP
    assert "Nothing was read yet: keyturn refresh reads both sources." in capsys.readouterr().out
    assert run([*front, "diff", "1d"]) == Exit.NOT_FOUND
    assert "Both sources were never read" in capsys.readouterr().err


def test_a_diff_says_what_went_came_and_changed(told: Told, capsys: Said) -> None:
    assert run([*told.front, "diff", told.first, told.second]) == Exit.DRIFT
    said = capsys.readouterr().out
    assert "differences" in said
    assert "Accounts: -1  ~1" in said
    assert "Old Contractor" in said
    assert "state: active → suspended" in said
    assert "granted read" in said
    assert "manage taken away" in said


def test_the_order_of_the_two_does_not_matter_and_none_is_a_difference_to_itself(
    told: Told, capsys: Said
) -> None:
    run([*told.front, "diff", told.first, told.second, "--json"])
    forward = json.loads(capsys.readouterr().out)
    run([*told.front, "diff", told.second, told.first, "--json"])
    assert json.loads(capsys.readouterr().out) == forward
    assert forward["counts"]["grant"] == {"+": 1, "-": 1, "~": 0}
    assert run([*told.front, "diff", told.second]) == Exit.IN_STEP
    assert "nothing differs" in capsys.readouterr().out


def test_of_a_vault_it_says_who_could_open_it(told: Told, capsys: Said) -> None:
    assert run([*told.front, "diff", told.first, "--vault", "payments", "--json"]) == Exit.DRIFT
    document = json.loads(capsys.readouterr().out)
    assert [(one["sign"], one["who"]) for one in document["reach"]] == [
        ("-", "Dana Okafor"), ("+", "Ravi Menon"),
    ]  # fmt: skip
    assert {one["what"] for one in document["changes"]} == {"grant"}


def test_of_a_person_it_says_what_they_could_open(told: Told, capsys: Said) -> None:
    assert run([*told.front, "diff", told.first, "--person", "Dana Okafor"]) == Exit.DRIFT
    said = capsys.readouterr().out
    assert "no longer; was manage" in said
    assert "Ravi" not in said
    # Lea's suspension ends what she could open, though no grant of hers went.
    assert run([*told.front, "diff", told.first, "--person", "p003@acme.example"]) == Exit.DRIFT
    assert "Platform Prod  no longer; was write" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["diff", "soon"], Exit.USAGE, "soon: cannot tell when that is. Say it as 2026-03-14"),
        (["diff", "#99"], Exit.USAGE, "#99: cannot tell when that is."),
        (["diff", "2001-01-01"], Exit.NOT_FOUND, "nothing is known of that time. The first read"),
        (["diff", "latest", "--person", "x", "--vault", "y"], Exit.USAGE, "not both"),
        (["diff", "latest", "--person", "nobody"], Exit.NOT_FOUND, "none of them is"),
        (["diff", "latest", "--vault", "nothing"], Exit.NOT_FOUND, "which vault"),
        (["vault", "nothing"], Exit.NOT_FOUND, "which vault"),
        (["who", "dana", "--as-of", "9999-99-99"], Exit.USAGE, "cannot tell when that is"),
    ],
)
def test_what_cannot_be_answered_says_why(
    told: Told, capsys: Said, arguments: list[str], code: Exit, words: str
) -> None:
    assert run([*told.front, *arguments]) == code
    assert words in capsys.readouterr().err


def test_who_could_open_a_vault_then(told: Told, capsys: Said) -> None:
    assert run([*told.front, "vault", "Payments"]) == Exit.IN_STEP
    now = capsys.readouterr().out
    assert "Ravi Menon" in now
    assert "Dana Okafor" not in now
    assert "What happened since is not known." in now
    assert run([*told.front, "vault", "payments", "--as-of", told.first]) == Exit.IN_STEP
    then = capsys.readouterr().out
    assert "Dana Okafor" in then
    assert "direct" in then
    assert "Ravi Menon" not in then
    assert "The next read began" in then
    assert "what was so between the two is not known" in then
    assert run([*told.front, "vault", "v-platform", "--json", "--limit", "1"]) == Exit.IN_STEP
    document = json.loads(capsys.readouterr().out)
    assert document["people_total"] > len(document["people"]) == 1
    (path,) = document["people"][0]["paths"]
    assert path["via"] == "eng-platform"


def test_what_a_person_could_open_then(told: Told, capsys: Said) -> None:
    assert run([*told.front, "who", "Dana Okafor"]) == Exit.IN_STEP
    assert "Payments" not in capsys.readouterr().out
    assert run([*told.front, "who", "Dana Okafor", "--as-of", told.first]) == Exit.IN_STEP
    said = capsys.readouterr().out
    assert "Payments" in said
    assert said.startswith("As of ")
    assert "keyturn.yaml as it is now" in said


def test_a_read_that_was_not_whole_is_told_with_the_difference(
    pair: Pair, told: Told, capsys: Said
) -> None:
    pair.secrets.faults.add(Fault(Effect.NOT_ALLOWED, Ability.LIST_MEMBERSHIPS, times=None))
    assert run([*told.front, "refresh"]) == Exit.INCOMPLETE
    capsys.readouterr()
    run([*told.front, "diff", told.second])
    assert "? corp-vault was not read whole" in capsys.readouterr().out
    run([*told.front, "vault", "payments"])
    assert "NOT COMPLETE" in capsys.readouterr().out
