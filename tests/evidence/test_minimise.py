"""Others appear by initials and id; the person the evidence is about as they are called."""

from hypothesis import given
from hypothesis import strategies as st

from keyturn.evidence.minimise import Minimiser, initials, minimiser
from keyturn_providers.records import Account, AccountState, Email


def account(id_: str, name: str, login: str) -> Account:
    mail = Email(f"{login}@acme.example", verified=True)
    return Account(id_, f"{login}@acme.example", name, AccountState.ACTIVE, emails=(mail,))


DANA = account("u1", "Dana Okafor", "dana.okafor")
LEA = account("u2", "Lea Baum", "lea.baum")
WINNIE = account("u3", "Wiremu te Whiti Parata", "wp")
NAMES = minimiser([DANA, LEA, WINNIE], [DANA])


def test_names_logins_and_addresses_of_others_are_replaced() -> None:
    said = "2 active members of eng: Lea Baum and Wiremu te Whiti Parata; not Dana Okafor."
    told = "2 active members of eng: L.B. (u2) and W.T.W.P. (u3); not Dana Okafor."
    assert NAMES.text(said) == told
    assert NAMES.text("Ask LEA.BAUM@acme.example.") == "Ask L.B. (u2)."
    assert NAMES.text("dana.okafor@acme.example left") == "dana.okafor@acme.example left"


def test_an_address_of_nobody_known_is_cut() -> None:
    assert NAMES.text("owner: zoe@elsewhere.example") == "owner: z…@elsewhere.example"


def test_plain_words_are_not_taken_for_names() -> None:
    names = minimiser([DANA, account("u4", "Security", "security")], [DANA])
    assert names.text("Security opens 3 vaults") == "Security opens 3 vaults"


def test_what_looks_like_a_credential_is_left_out() -> None:
    assert "hvs." not in NAMES.text("token hvs.CAESIJ1234567890abcdef was used")


WORDS = st.lists(st.sampled_from(["the", "vault", ",", "and", "Dana Okafor", "Prod"]), max_size=6)


@given(WORDS, st.sampled_from([LEA, WINNIE]), WORDS, st.sampled_from(["", ".", ",", "'s", ")"]))
def test_no_name_of_another_is_left_wherever_it_stands(
    before: list[str], who: Account, after: list[str], close: str
) -> None:
    for name in (who.display_name, who.name):
        text = " ".join([*before, name + close, *after])
        assert name not in NAMES.text(text)


@given(st.text())
def test_without_others_nothing_changes_but_addresses_and_credentials(text: str) -> None:
    if "@" not in text:
        assert Minimiser().text(text) == text


def test_initials() -> None:
    assert initials("Lea Baum") == "L.B."
    assert initials("lea.baum@acme.example") == "L.B."
    assert initials("@") == "?"
