"""An exception for a finding: asked for in front of the Drift screen, given as text to be reviewed.

keyturn does not write it into keyturn.yaml: what it allows is reviewed in git like every other line
of the policy, by somebody who did not type it here.
"""

from typing import TYPE_CHECKING

from keyturn.decide.explain import AccessPath
from keyturn.decide.names import verified_emails
from keyturn.decide.people import Person
from keyturn.policy.exception_text import (
    exception_text,
    in_90_days,
    permissions_of,
    until_problem,
)
from keyturn.run.explained import Explained
from keyturn.run.persons import login_of
from keyturn.tui.drift_rows import whole_finding
from keyturn.tui.safe import joined, printable
from keyturn.tui.screens.ask import Ask, needs_words
from keyturn.tui.screens.dialog import Dialog
from keyturn.tui.widgets.paragraphs import Line

if TYPE_CHECKING:
    from keyturn.tui.app import KeyturnApp
    from keyturn_storage.rows import FindingRow


IN_POLICY = "it stands in keyturn.yaml"


def path_of(found: "FindingRow", known: tuple[Person, Explained] | None) -> AccessPath | None:
    """The direct grant that an exception for a finding would allow: the one the finding is about,
    else the strongest; None where there is none to allow."""
    paths = known[1].paths if known is not None else ()
    direct = [path for path in paths if not path.groups and not path.in_policy]
    decided = whole_finding(found.body)
    about = [path for path in direct if decided is not None and path.carrier == decided.path]
    return next(iter((*about, *direct)), None)


def except_finding(
    app: "KeyturnApp",
    known: tuple[Person, Explained] | None,
    path: AccessPath | None,
    single: tuple[str, ...],
) -> None:
    """Asks for owner, reason and last day, then shows the text and copies it. `single` are the
    grant's permissions where they are granted one by one."""
    if known is None:
        app.tell("Except: only somebody's own access to a vault can be excepted.")
        return
    person, whole = known
    if path is None:
        app.tell("Except: an exception allows a direct grant, and there is none here.")
        return
    now_ms = app.parts.now_ms()
    who = f"{person.name} and {whole.vault_name}"

    def with_owner(owner: str | None) -> None:
        if owner is None:
            return

        def with_reason(reason: str | None) -> None:
            if reason is None:
                return

            def with_day(until: str | None) -> None:
                if until is not None:
                    allowed = permissions_of(path.level, single)
                    _show(app, person, whole, allowed, (owner, reason, until))

            ask = Ask(
                f"Until when? {who}", "The last day (UTC) on which it is allowed.",
                value=in_90_days(now_ms), check=lambda text: until_problem(text, now_ms),
            )  # fmt: skip
            _ = app.push_screen(ask, with_day)

        check = needs_words("why it is allowed", IN_POLICY)
        _ = app.push_screen(Ask(f"Why? {who}", "It stands in keyturn.yaml.", check=check),
                            with_reason)  # fmt: skip

    words = (
        "Who answers for the exception: an address or a team. The text is made for keyturn.yaml."
    )
    check = needs_words("who answers for it", IN_POLICY)
    _ = app.push_screen(Ask(f"Who answers? {who}", words, check=check), with_owner)


def _show(
    app: "KeyturnApp",
    person: Person,
    whole: Explained,
    allowed: str | list[str],
    said: tuple[str, str, str],
) -> None:
    owner, reason, until = said
    text = exception_text(
        person=_identifier(person), vault_id=whole.vault_id, vault_name=printable(whole.vault_name),
        permissions=allowed, until=until, owner=owner, reason=reason,
    )  # fmt: skip
    app.copy_to_clipboard(f"{text}\n")
    lines = [
        Line(joined("Below ", ("exceptions:", "bold"), " in keyturn.yaml put this line. It was "
                    "copied to the clipboard where the terminal allows it:")),
        Line(joined("")),
        Line(joined((text, "bold $accent")), 4),
        Line(joined("")),
        Line(joined("keyturn does not write the file: what it allows is reviewed like every other "
                    "line. Then r, and the finding is gone until ", (until, "bold"), ".")),
    ]  # fmt: skip
    _ = app.push_screen(Dialog("An exception, to be reviewed", lines))


def _identifier(person: Person) -> str:
    """A verified address, which stays when a login changes; else the login."""
    for account in (person.directory, person.secrets):
        if account is not None and (mails := verified_emails(account)):
            return min(mails)
    return login_of(person)
