"""The page: self-contained, without scripts, well-formed, and nothing from outside gets into it."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.evidence.offices import left, office, put_out, report

from keyturn.evidence.pack import Pack
from keyturn.evidence.page import page
from keyturn_providers.simulated import simulated_pair

_VOID = {"meta", "br", "col"}


class Nesting(HTMLParser):
    """Collects tags and attributes; `wrong` are tags that close another one."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def parsed(text: str) -> Nesting:
    found = Nesting()
    found.feed(text)
    found.close()
    return found


@pytest.fixture
async def pack(tmp_path: Path) -> AsyncIterator[Pack]:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    with office(simulated_pair(people=8, page_size=3), data) as work:
        yield report(work, await put_out(work), left("2027-01-15T09:00+01:00")).pack


async def test_it_loads_and_runs_nothing(pack: Pack) -> None:
    text = page(pack)
    found = parsed(text)
    assert (found.wrong, found.open) == ([], [])
    assert not found.tags & {"script", "img", "link", "iframe", "object", "form", "a", "base"}
    assert not found.attributes & {"src", "href", "action", "onclick", "onload"}
    assert "default-src 'none'" in text
    assert "url(" not in text
    assert "@import" not in text
    assert not re.search(r"https?://", text)


async def test_it_is_made_for_paper(pack: Pack) -> None:
    text = page(pack)
    assert "@page{size:A4" in text
    assert "thead{display:table-header-group}" in text
    assert text.count("<thead>") == text.count("<table>") > 8


async def test_nothing_from_outside_becomes_markup(pack: Pack) -> None:
    bad = "</style><script>alert(1)</script><b onclick='x'>&amp;\""
    assert pack.person is not None
    first = pack.steps[0]
    hostile = replace(
        pack,
        person=replace(pack.person, name=bad, logins=(bad,), title=bad),
        case=replace(pack.case, title=bad, approver=bad, ticket=bad, verdict=bad),
        steps=(replace(first, words=bad, object=bad, error=bad, no_event=bad, event=None),),
        residual_risks=(bad,),
        blind_spots=(bad,),
        recheck=((bad, bad),),
    )
    found = parsed(page(hostile))
    assert (found.wrong, found.open) == ([], [])
    assert "script" not in found.tags
    assert "onclick" not in found.attributes


async def test_what_was_not_stated_is_said_and_not_left_blank(pack: Pack) -> None:
    case = replace(pack.case, left_at=None, left_at_as_stated=None, approver=None, ticket=None)
    text = page(replace(pack, case=case))
    assert text.count('<span class="none">not stated</span>') == 4
    assert "no ticket stated" in text
