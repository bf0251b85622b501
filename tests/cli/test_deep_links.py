"""`keyturn user|group|vault|run`: one thing is opened, several are listed, none is said."""

from pathlib import Path

import pytest
from tests.cli.conftest import DANA

from keyturn.cli.app import run
from keyturn.cli.exit_codes import Exit
from keyturn.run.deep_links import Link, LinkKind, NotOneThing, find_link
from keyturn_providers.records import Group, Vault
from keyturn_providers.simulated import Pair
from keyturn_storage.journal import open_journal
from keyturn_storage.queries.reader import open_reader


@pytest.fixture
def read(pair: Pair, front: list[str], capsys: pytest.CaptureFixture[str]) -> list[str]:
    pair.directory.tenant.add(Group("dg-fin2", "finance east"), Group("dg-oko", "Ökonomie"))
    pair.secrets.tenant.add(Vault("v-oel", "Ölwerk"))
    assert run([*front, "refresh"]) in {Exit.IN_STEP, Exit.DRIFT}
    capsys.readouterr()
    return front


def _link(front: list[str], kind: LinkKind, text: str) -> Link:
    data = Path(front[-1])
    with open_reader(data / "cache.db") as reader, open_journal(data / "journal.db") as journal:
        return find_link(reader, journal, kind, text)


def test_by_name_address_or_id(read: list[str]) -> None:
    for text in ("Dana Okafor", "dana oka", DANA, "d-001", "s-001", "d:d-001"):
        assert _link(read, LinkKind.USER, text) == Link(LinkKind.USER, "d:d-001", "Dana Okafor")
    # An exact name wins over longer ones that begin so.
    assert _link(read, LinkKind.GROUP, "finance").key == "d:dg-finance"
    assert _link(read, LinkKind.GROUP, "sg-platform").name == "eng-platform"
    assert _link(read, LinkKind.VAULT, "payments").key == "v-payments"
    assert _link(read, LinkKind.VAULT, "v-billing").name == "Billing Ops"
    # Upper and lower case are the same in every alphabet.
    assert _link(read, LinkKind.VAULT, "ölw").key == "v-oel"
    assert _link(read, LinkKind.GROUP, "öko").key == "d:dg-oko"


def test_several_are_listed_and_none_is_said(read: list[str]) -> None:
    with pytest.raises(NotOneThing, match="Name one by id") as told:
        _link(read, LinkKind.GROUP, "fin")
    assert "finance east, id dg-fin2" in str(told.value)
    for kind in LinkKind:
        with pytest.raises(NotOneThing, match="is called this") as none:
            _link(read, kind, "no such thing")
        assert none.value.candidates == ()
        with pytest.raises(NotOneThing):
            _link(read, kind, "  ")


def test_a_run_by_the_beginning_of_its_id(offboarded: str, front: list[str]) -> None:
    found = _link(front, LinkKind.RUN, offboarded[:6])
    assert (found.key, found.name) == (offboarded, "Offboard Dana Okafor")


def test_exit_codes(read: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*read, "group", "fin"]) == Exit.USAGE
    assert "more than one group could be meant" in capsys.readouterr().err
    assert run([*read, "user", "nobody at all"]) == Exit.NOT_FOUND
    # One was found; what lacks is a terminal to draw on.
    for verb, text in (("user", "dana"), ("run", "x"), ("group", "finance")):
        code = run([*read, verb, text])
        assert code == (Exit.NOT_FOUND if verb == "run" else Exit.USAGE)
    assert "needs a terminal" in capsys.readouterr().err
    assert run([*read, "vault", "payments"]) == Exit.IN_STEP
    assert "can open it" in capsys.readouterr().out
    assert run([*read, "user", "dana", "--json"]) == Exit.IN_STEP
    assert '"id": "d:d-001"' in capsys.readouterr().out
