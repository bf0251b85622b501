"""Every action of the dashboard, once: keys, words, danger, and where it can be done.

Bindings, the footer, the help screen, the command palette and the README's key table are all made
from `ACTIONS`. `python -m keyturn.tui.actions` prints the key table.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from textual.binding import Binding, BindingType


class Where(StrEnum):
    """Where an action can be done; the words head the help screen's parts."""

    EVERYWHERE = "Everywhere"
    LIST = "In every list"
    ACCESS = "Access"
    PERSON = "Person"
    VAULT = "Vault"
    OFFBOARD = "Offboard"
    LEAVERS = "Offboard, several at once"
    PLAN = "Plan"
    ROTATION = "Rotation"
    CASES = "Cases"
    DRIFT = "Drift"
    ACTIVITY = "Activity"
    HISTORY = "History"
    DIFFERENCES = "Differences"
    MACHINES = "Machines"
    SOURCES = "Sources"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing the operator can do.

    `id` is the name of the `action_...` method. `keys` are Textual key names, the first is shown.
    `label` is for the footer, `help` a full sentence. `weight` orders the footer, 0 is not shown
    there. `dangerous` actions do not exist in read-only mode. `palette` is its "area: verb" name
    in the command palette, empty for mere movement.
    """

    id: str
    keys: tuple[str, ...]
    label: str
    help: str
    where: Where
    weight: int = 0
    dangerous: bool = False
    palette: str = ""


_E, _L, _A = Where.EVERYWHERE, Where.LIST, Where.ACCESS
_O, _P, _S = Where.OFFBOARD, Where.PLAN, Where.SOURCES
_W, _V = Where.PERSON, Where.VAULT
_D, _T, _M = Where.DRIFT, Where.ACTIVITY, Where.MACHINES
_C, _R = Where.CASES, Where.ROTATION
_Y = Where.LEAVERS
_H, _F = Where.HISTORY, Where.DIFFERENCES


def _reading(where: Where) -> tuple["Action", ...]:
    """What every screen of a list and a text about its row can do."""
    return (
        Action("read_on", ("tab", "shift+tab"), "read",
               "Go to the text about the row, to scroll it, or back to the list.", where, 8),
        Action("find", ("slash",), "find", "Filter the list as you type.", where, 4,
               palette="view: find in this list"),
        Action("refresh", ("r",), "refresh", "Read both sources again.", where, 7,
               palette="sources: refresh"),
    )  # fmt: skip


def _give_up(where: Where, weight: int, help_: str) -> Action:
    return Action("give_up", ("X",), "give up", help_, where, weight, dangerous=True,
                  palette="run: give up a step")  # fmt: skip


def _move(where: Where, help_: str) -> Action:
    return Action("move", ("m",), "move", help_, where, 17, dangerous=True,
                  palette="person: move")  # fmt: skip


def _undo(where: Where, help_: str) -> Action:
    return Action("undo", ("U",), "undo", help_, where, 7, dangerous=True,
                  palette="run: undo this one")  # fmt: skip


def _recheck(where: Where, help_: str) -> Action:
    return Action("recheck", ("K",), "recheck", help_, where, 7, palette="case: look again")


ACTIONS: tuple[Action, ...] = (
    Action("help", ("question_mark", "f1"), "help", "Show every key, and what it does.", _E, 20,
           palette="help: keys"),
    Action("tour", ("f3",), "tour", "Show the tour of five steps again.", _E,
           palette="help: tour"),
    Action("palette", ("ctrl+p", "colon"), "commands",
           "Find an action or a person by typing.", _E, 12),
    Action("jump", ("ctrl+k",), "jump",
           "Jump to any person, group, vault or screen by a few letters.", _E,
           palette="go: anywhere"),
    Action("go_access", ("1",), "access", "Go to the Access screen.", _E, palette="go: access"),
    Action("go_drift", ("2",), "drift", "Go to the Drift screen: every finding.", _E, 13,
           palette="go: drift"),
    Action("go_activity", ("3",), "activity",
           "Go to the Activity screen: what failed, what is open, what was done.", _E, 14,
           palette="go: activity"),
    Action("go_history", ("4",), "history",
           "Go to the History screen: every read, and what differs between two.", _E, 15,
           palette="go: history"),
    Action("go_machines", ("5",), "machines",
           "Go to the Machines screen: accounts and tokens that are nobody's.", _E, 16,
           palette="go: machines"),
    Action("go_sources", ("6",), "sources", "Go to the Sources screen.", _E, 17,
           palette="go: sources"),
    Action("go_cases", ("7",), "cases",
           "Go to the Cases screen: every leaver, open, opened again or closed.", _E, 17,
           palette="go: cases"),
    Action("person_card", ("i",), "person",
           "Show the card of the person in hand: what they can open, why, and why not.", _E, 4,
           palette="person: card"),
    Action("vault_card", ("V",), "vault", "Show the card of the vault in hand: who can open it.",
           _E, 18, palette="vault: card"),
    Action("copy", ("y",), "copy", "Copy the text about what is in hand, as for a ticket.", _E, 18,
           palette="text: copy"),
    Action("console", ("b",), "console",
           "Show, or open, the vendor's own page about what is in hand.", _E, 18,
           palette="vendor: open the console"),
    Action("as_of", ("t",), "as of",
           "Go to History to choose a time that every screen shows; from there, back to now.", _E,
           9, palette="time: as of, or now"),
    Action("back", ("escape",), "back",
           "Go back; clear the filter or a message first. Nothing is changed.", _E, 10),
    Action("stop", ("x",), "stop",
           "Stop what is running, after the one request in flight.", _E, palette="job: stop"),
    Action("resume", ("R",), "resume",
           "Go on with every run that is open, reading again before anything is sent.", _E, 1,
           dangerous=True, palette="run: resume what is open"),
    Action("jobs", ("J",), "jobs", "Show what runs in the background, and stop one of it.", _E,
           palette="job: show all"),
    Action("theme", ("f2",), "light/dark", "Change between the dark and the light theme.", _E,
           palette="view: light or dark"),
    Action("suspend", ("ctrl+z",), "suspend",
           "Back to the shell, not while something is running; fg brings keyturn back.", _E,
           palette="keyturn: suspend"),
    Action("quit", ("q", "ctrl+q"), "quit",
           "Leave keyturn; it asks first while something is running.", _E, 19,
           palette="keyturn: quit"),
    Action("down", ("down", "j"), "down", "Next row.", _L),
    Action("up", ("up", "k"), "up", "Previous row.", _L),
    Action("page_down", ("pagedown", "ctrl+f"), "page down", "A page down.", _L),
    Action("page_up", ("pageup",), "page up", "A page up.", _L),
    Action("half_down", ("ctrl+d",), "half down", "Half a page down.", _L),
    Action("half_up", ("ctrl+u",), "half up", "Half a page up.", _L),
    Action("top", ("home", "g"), "top", "First row.", _L),
    Action("bottom", ("end", "G"), "bottom", "Last row.", _L),
    Action("mark", ("space",), "mark", "Mark or unmark the row, and go to the next.", _L, 9),
    Action("invert_marks", ("asterisk",), "invert", "Invert the marks of the rows shown.", _L),
    Action("open", ("enter",), "open", "Open the row.", _L),
    Action("sort_next", ("greater_than_sign",), "sort", "Sort by the next column.", _L,
           palette="list: sort by the next column"),
    Action("sort_previous", ("less_than_sign",), "sort back", "Sort by the column before.", _L,
           palette="list: sort by the column before"),
    Action("sort_backwards", ("full_stop",), "turn round", "Turn the order round.", _L,
           palette="list: turn the order round"),
    Action("columns", ("H",), "columns", "Choose the columns of the list.", _L,
           palette="list: choose columns"),
    Action("filters", ("F",), "filters", "Recall, save or delete a filter of the list.", _L,
           palette="list: saved filters"),
    Action("next_pane", ("tab", "l", "right"), "next pane",
           "Go to the next pane. The pane with focus drives the other two.", _A),
    Action("previous_pane", ("shift+tab", "h", "left"), "previous pane", "Go to the previous pane.",
           _A),
    Action("offboard", ("o",), "offboard",
           "Offboard everybody who is marked, else the person in focus: shows the plan first.",
           _A, 1, dangerous=True, palette="person: offboard"),
    _move(_A, "Plan what a new role of the person in focus does not justify, suspending nobody."),
    Action("sync", ("s",), "sync",
           "Plan what mends the marked drift, or all of it: shows the plan first.", _A, 2,
           dangerous=True, palette="drift: plan what mends it"),
    Action("drift_only", ("d",), "drift only", "Show only what is not in step, or all again.", _A,
           3, palette="view: drift only"),
    Action("find", ("slash",), "find", "Filter the pane in focus as you type.", _A, 4,
           palette="view: find in this pane"),
    Action("why", ("w",), "why", "Show every path that gives this access.", _A, 5,
           palette="access: why"),
    Action("show_all", ("a",), "all", "Show all rows of all panes again.", _A, 6,
           palette="view: show all"),
    Action("refresh", ("r",), "refresh", "Read both sources again.", _A, 7,
           palette="sources: refresh"),
    Action("unmark", ("u",), "unmark all", "Take all marks away.", _A, palette="view: unmark all"),
    Action("offboard", ("o",), "offboard", "Offboard this person: shows the plan first.", _W, 2,
           dangerous=True, palette="person: offboard"),
    _move(_W, "Plan what this person's new role does not justify; nobody is suspended."),
    *_reading(_W),
    *_reading(_V),
    Action("make_plan", ("p",), "plan", "Show the plan of this offboarding.", _O, 1,
           dangerous=True, palette="offboard: show the plan"),
    Action("emergency", ("e",), "emergency",
           "Plan it at once as an emergency: whatever was used is to be changed the same day.", _O,
           2, dangerous=True, palette="offboard: plan an emergency"),
    Action("waive", ("w",), "waive",
           "Say why a vault may be left without a manager; enter says who takes it over.", _O, 3,
           dangerous=True, palette="offboard: waive a vault"),
    _give_up(_O, 4, "Give up an open step of this leaver, with a reason; no run does it any more."),
    Action("rotation", ("T",), "rotation", "List what has to be changed because somebody left.",
           _O, 5, palette="case: what has to be changed"),
    Action("evidence", ("v",), "evidence",
           "Write the evidence of every run of the case, and say where.", _O, 6,
           palette="case: write the evidence"),
    _undo(_O, "Plan what takes back what the run there did to this leaver; shown first."),
    _recheck(_O, "Look again whether what was cut is still cut; what is back opens the case."),
    Action("close_case", ("C",), "close", "Close the case, with the reason.", _O, dangerous=True,
           palette="case: close it"),
    *_reading(_O),
    Action("make_plan", ("p",), "plan", "Show the one plan that puts all of them out.", _Y, 1,
           dangerous=True, palette="offboard: show the plan"),
    Action("emergency", ("e",), "emergency",
           "Plan it at once as an emergency: whatever was used is to be changed the same day.", _Y,
           2, dangerous=True, palette="offboard: plan an emergency"),
    Action("waive", ("w",), "waive",
           "Say why a vault may be left without a manager; enter says who takes it over.", _Y, 3,
           dangerous=True, palette="offboard: waive a vault"),
    Action("leave_out", ("u",), "leave out",
           "Leave the person under the cursor out of it; they are not put out.", _Y, 5,
           palette="offboard: leave this person out"),
    Action("rotation", ("T",), "rotation",
           "List what has to be changed because they left: each item once, with who saw it.", _Y, 5,
           palette="case: what has to be changed"),
    Action("evidence", ("v",), "evidence", "Write the evidence of each, and say where.", _Y, 6,
           palette="case: write the evidence"),
    _recheck(_Y, "Look again whether what was cut of each is still cut."),
    *_reading(_Y),
    Action("confirm", ("c",), "confirm", "Type the confirmation, then enter applies the plan.", _P,
           1, dangerous=True, palette="plan: confirm and apply"),
    _give_up(_P, 3, "After a stop: give up a step that is open, with a reason; no run does it."),
    Action("undo", ("U",), "undo",
           "After a run: plan what takes it back, shown before anything is done.", _P, 3,
           dangerous=True, palette="run: undo this one"),
    Action("evidence", ("v",), "evidence",
           "After an offboarding: write its evidence, and say where.", _P, 4,
           palette="case: write the evidence"),
    Action("decide", ("d",), "decide",
           "Say who takes over the vaults that nobody else manages; the plan is made anew.", _P, 2,
           dangerous=True, palette="offboard: who takes over"),
    Action("waive", ("w",), "waive",
           "Say why these vaults may be left without a manager; the plan is made anew.", _P, 3,
           dangerous=True, palette="offboard: waive the vaults"),
    Action("skip", ("space",), "skip",
           "Leave out the change under the cursor, with a reason, or take it up again.", _P, 4,
           dangerous=True, palette="plan: skip this change"),
    Action("plan_again", ("p",), "plan anew", "Make the plan anew, without what is skipped.", _P, 5,
           dangerous=True, palette="plan: make it anew"),
    Action("scroll_down", ("down", "j"), "down", "The next change, or a line down.", _P),
    Action("scroll_up", ("up", "k"), "up", "The change before, or a line up.", _P),
    Action("page_down", ("pagedown",), "page down", "A page down.", _P, 6),
    Action("page_up", ("pageup",), "page up", "A page up.", _P),
    Action("scroll_home", ("home", "g"), "top", "To the top.", _P),
    Action("scroll_end", ("end", "G"), "bottom", "To the bottom.", _P),
    Action("sync", ("s",), "sync",
           "Plan what mends the marked findings, or all of them: shows the plan first.", _D, 1,
           dangerous=True, palette="drift: plan what mends it"),
    Action("sort", ("o",), "sort",
           "Sort by severity, kind, person, vault, or the newest first.", _D, 2,
           palette="view: sort in another order"),
    *_reading(_D),
    Action("except", ("e",), "except",
           "Make an exception of a direct grant, with owner, reason and last day, as text.", _D, 3,
           palette="drift: make an exception"),
    Action("unmark", ("u",), "unmark all", "Take all marks away.", _D, palette="view: unmark all"),
    Action("retry", ("T",), "try again",
           "Plan one of the failed changes anew; once it is verified, the others of its cause.", _T,
           2, dangerous=True, palette="failure: try one again, then the others"),
    _undo(_T, "Plan what takes back the run under the cursor, shown before anything is done."),
    _give_up(_T, 3, "Give up a step that is open, with a reason; no run does it any more."),
    *_reading(_T),
    Action("diff", ("d",), "differs",
           "What differs between the two marked reads, or the one in focus and the newest.", _H, 1,
           palette="history: what differs"),
    *_reading(_H),
    Action("unmark", ("u",), "unmark all", "Take all marks away.", _H, palette="view: unmark all"),
    Action("of_person", ("p",), "person", "Only what is about the person in focus.", _F, 1,
           palette="differences: of this person"),
    Action("of_vault", ("v",), "vault", "Only what is about the vault in focus.", _F, 2,
           palette="differences: of this vault"),
    Action("show_all", ("a",), "all", "Show everything that differs again.", _F, 3,
           palette="view: show all"),
    *(action for action in _reading(_F) if action.id != "refresh"),
    *_reading(_M),
    _recheck(_C, "Look again whether what the case under the cursor cut is still cut."),
    *_reading(_C),
    *_reading(_R),
    Action("next_source", ("down", "j"), "next", "The next source.", _S),
    Action("previous_source", ("up", "k"), "previous", "The source before.", _S),
    Action("page_down", ("pagedown", "space", "ctrl+f"), "page down",
           "A page down in what is shown of the source.", _S, 3),
    Action("page_up", ("pageup",), "page up", "A page up.", _S),
    Action("scroll_home", ("home", "g"), "top", "To the top.", _S),
    Action("scroll_end", ("end", "G"), "bottom", "To the bottom.", _S),
    Action("refresh", ("r",), "refresh", "Read both sources again.", _S, 1,
           palette="sources: refresh"),
    Action("check", ("c",), "check", "Ask both sources who keyturn is there, and what it may do.",
           _S, 2, palette="sources: check the connection"),
)  # fmt: skip

KEY_NAMES = {
    "question_mark": "?", "slash": "/", "asterisk": "*", "colon": ":", "escape": "esc",
    "greater_than_sign": ">", "less_than_sign": "<", "full_stop": ".",
    "pagedown": "pgdn", "pageup": "pgup", "down": "↓", "up": "↑", "left": "←", "right": "→",
}  # fmt: skip


def shown_key(key: str) -> str:
    """A Textual key name as people know it: "?" for "question_mark"."""
    return KEY_NAMES.get(key, key)


def actions(where: Where, *, read_only: bool = False) -> tuple[Action, ...]:
    """The actions of one place, in the order of the table."""
    return tuple(
        action for action in ACTIONS
        if action.where is where and not (read_only and action.dangerous)
    )  # fmt: skip


def bindings(where: Where) -> list[BindingType]:
    """Textual's bindings for one place. Everywhere actions belong to the app."""
    prefix = "app." if where is Where.EVERYWHERE else ""
    return [
        Binding(
            ",".join(action.keys),
            f"{prefix}{action.id}",
            action.label,
            show=False,
            tooltip=action.help,
            id=f"{where.name.lower()}.{action.id}",
        )
        for action in actions(where)
    ]


OPENS = {
    Where.CASES: "open", Where.OFFBOARD: "fill in", Where.HISTORY: "as of then",
    Where.MACHINES: "owner", Where.VAULT: "card", Where.PERSON: "vault",
}  # fmt: skip
"""What enter does on the row, where it is the next thing to do."""
PEOPLE_IN_HAND = frozenset({Where.ACCESS, Where.DRIFT, Where.MACHINES, Where.VAULT})
"""Where a cursor is on people, or on something of theirs."""
VAULTS_IN_HAND = frozenset({Where.ACCESS, Where.DRIFT, Where.PERSON, Where.VAULT})
"""Where a cursor is on vaults, or on other things that a vendor has a page of."""


def in_the_past(keys: Sequence[Action]) -> tuple[Action, ...]:
    """What a footer offers while the past is shown: first of all, the way back to now."""
    back = [replace(one, label="back to now") for one in keys if one.id == "as_of"]
    return (*back, *(one for one in keys if one.id not in {"as_of", *NOT_THEN}))


WHILE_TYPING = {"palette": "ctrl+p", "page_down": "pagedown", "help": "f1", "quit": "ctrl+q"}
"""What a field does not take for text, by the key that does it then."""


def while_typing(keys: Sequence[Action], where: Where) -> tuple[Action, ...]:
    """What a footer offers while something is typed: a letter is a letter then."""
    plan = where is Where.PLAN
    field = Action("typed", ("enter",), "apply" if plan else "keep", "What is typed holds.", where)
    back = [
        replace(one, label="leave the field" if plan else "clear")
        for one in keys if one.id == "back"
    ] or [replace(field, id="back", keys=("escape",), label="clear")]  # fmt: skip
    acting = [
        replace(one, keys=(WHILE_TYPING[one.id],)) for one in keys if one.id in WHILE_TYPING
    ]  # fmt: skip
    return (field, *back, *acting)


def footer(where: Where, *, read_only: bool = False) -> tuple[Action, ...]:
    """The actions the footer of a screen shows, most wanted first."""
    found = [
        action for place in (where, Where.EVERYWHERE)
        for action in actions(place, read_only=read_only)
    ]  # fmt: skip
    here = {f"go_{where.name.lower()}", f"{where.name.lower()}_card"}
    if where not in PEOPLE_IN_HAND:
        here.add("person_card")
    if where not in VAULTS_IN_HAND:
        here |= {"vault_card", "console"}
    found = [action for action in found if action.id not in here]
    if where in {Where.PERSON, Where.VAULT}:
        # A card is made to be copied.
        found = [replace(a, weight=3) if a.id == "copy" else a for a in found]
    if where in {Where.ACCESS, Where.DRIFT, Where.HISTORY}:
        found.extend(actions(Where.LIST))
    if where in OPENS:
        found += [replace(one, label=OPENS[where], weight=1) for one in ACTIONS if one.id == "open"]
    if where is Where.ACCESS:
        found = [action for action in found if action.id != "back"]
    return tuple(sorted((a for a in found if a.weight), key=lambda action: action.weight))


def find(where: Where, key: str) -> Action | None:
    """The action a key stands for in one place, dangerous ones too."""
    for place in (where, Where.LIST, Where.EVERYWHERE):
        for action in actions(place):
            if key in action.keys:
                return action
    return None


DANGEROUS = frozenset(action.id for action in ACTIONS if action.dangerous)
NOT_THEN = DANGEROUS | {"refresh", "check", "recheck"}
"""Actions about the sources as they are now: not there while the past is shown."""


def key_table_markdown() -> str:
    """The README's table of keys."""
    lines: list[str] = []
    for where in Where:
        lines += ["", f"**{where.value}**", "", "| key | what it does |", "|---|---|"]
        for action in actions(where):
            keys = " ".join(f"`{shown_key(key)}`" for key in action.keys)
            note = " Not in read-only mode." if action.dangerous else ""
            lines.append(f"| {keys} | {action.help}{note} |")
    return "\n".join(lines).strip() + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(key_table_markdown())
