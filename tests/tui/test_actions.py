"""One table of actions: no key means two things in one place, and all made from it agree."""

import re
from pathlib import Path

import pytest
from textual.binding import Binding

from keyturn.tui.actions import (
    ACTIONS,
    DANGEROUS,
    Where,
    actions,
    bindings,
    find,
    footer,
    key_table_markdown,
)
from keyturn.tui.app import KeyturnApp
from keyturn.tui.screens.access import Access
from keyturn.tui.screens.activity import Activity
from keyturn.tui.screens.cases import Cases
from keyturn.tui.screens.differences import Differences
from keyturn.tui.screens.drift import Drift
from keyturn.tui.screens.history import History
from keyturn.tui.screens.leavers import Leavers
from keyturn.tui.screens.machines import Machines
from keyturn.tui.screens.offboard import Offboard
from keyturn.tui.screens.person import Person
from keyturn.tui.screens.plan import PlanReview
from keyturn.tui.screens.rotation import RotationScreen
from keyturn.tui.screens.sources import Sources
from keyturn.tui.screens.vault import Vault
from keyturn.tui.widgets.virtual_list import VirtualList

README = Path(__file__).parents[2] / "README.md"
DOERS = {
    Where.EVERYWHERE: KeyturnApp,
    Where.LIST: VirtualList,
    Where.ACCESS: Access,
    Where.PERSON: Person,
    Where.VAULT: Vault,
    Where.OFFBOARD: Offboard,
    Where.LEAVERS: Leavers,
    Where.PLAN: PlanReview,
    Where.DRIFT: Drift,
    Where.ACTIVITY: Activity,
    Where.HISTORY: History,
    Where.DIFFERENCES: Differences,
    Where.MACHINES: Machines,
    Where.SOURCES: Sources,
    Where.CASES: Cases,
    Where.ROTATION: RotationScreen,
}


@pytest.mark.parametrize("where", list(Where))
def test_no_key_means_two_things_in_one_place(where: Where) -> None:
    keys = [key for action in actions(where) for key in action.keys]
    if where not in {Where.EVERYWHERE, Where.LIST, Where.PLAN, Where.SOURCES}:
        keys += [key for action in actions(Where.LIST) for key in action.keys]
    if where is not Where.EVERYWHERE:
        keys += [key for action in actions(Where.EVERYWHERE) for key in action.keys]

    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("where", list(Where))
def test_every_action_is_done_by_its_place(where: Where) -> None:
    for action in actions(where):
        assert callable(getattr(DOERS[where], f"action_{action.id}", None)), action.id


def test_bindings_are_the_table() -> None:
    for where in Where:
        made = [one for one in bindings(where) if isinstance(one, Binding)]
        assert [one.key for one in made] == [",".join(a.keys) for a in actions(where)]
        assert [one.tooltip for one in made] == [a.help for a in actions(where)]


def test_read_only_takes_the_dangerous_actions_away() -> None:
    assert {
        "offboard", "sync", "make_plan", "emergency", "waive", "close_case", "confirm", "resume",
        "undo", "decide", "skip", "plan_again", "retry", "give_up", "move",
    } == DANGEROUS  # fmt: skip
    for where in Where:
        assert not any(action.dangerous for action in actions(where, read_only=True))
        assert not any(action.dangerous for action in footer(where, read_only=True))


def test_help_is_a_sentence_and_a_palette_name_says_the_area() -> None:
    for action in ACTIONS:
        assert action.help.endswith(".")
        assert not action.palette or re.fullmatch(r"[a-z]+: .+", action.palette)
        assert not (action.dangerous and not action.palette)


def test_a_key_is_found_where_it_is_meant() -> None:
    offboard, confirm = find(Where.ACCESS, "o"), find(Where.PLAN, "c")
    assert offboard is not None
    assert offboard.id == "offboard"
    assert confirm is not None
    assert confirm.id == "confirm"
    assert find(Where.ACCESS, "f9") is None


def test_the_readme_has_this_table() -> None:
    found = re.search(r"<!-- keys -->\n(.*?)<!-- /keys -->", README.read_text("utf-8"), re.DOTALL)

    assert found is not None, "README.md has lost its markers for the table of keys"
    assert found[1].strip() == key_table_markdown().strip(), (
        "Put the output of `python -m keyturn.tui.actions` between the markers in README.md."
    )
