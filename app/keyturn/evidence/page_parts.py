"""The small parts of the page. Everything that comes from outside is escaped here."""

import re
from collections.abc import Iterable, Sequence
from html import escape

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)\.\d{3}Z")
Html = str
"""Text that is HTML already."""


def text(value: str) -> Html:
    return escape(value, quote=True)


def prose(value: str) -> Html:
    """Text in which moments are written as people read them, to the second, and never broken."""
    parts = r'<time datetime="\g<0>"><span>\1</span> <span>\2 UTC</span></time>'
    return _MOMENT.sub(parts, text(value))


def breaking(value: str) -> Html:
    """Text in which an address may go on in the next line after its @, and nowhere worse."""
    return text(value).replace("@", "@<wbr>")


def minute(moment: str) -> Html:
    """`2027-01-15T16:31:02.114Z` to the minute, on one line; the column says that it is UTC."""
    shown = f"{moment[:10]} {moment[11:16]}"
    return f'<time class="one" datetime="{text(moment)}">{text(shown)}</time>'


def none(words: str = "not known") -> Html:
    return f'<span class="none">{text(words)}</span>'


def or_none(value: str | None, words: str = "not known") -> Html:
    return none(words) if value is None else text(value)


def when(moment: str | None, words: str = "–") -> Html:
    """`2027-01-15T16:31:02.114Z` on two lines, date above time."""
    if moment is None:
        return none(words)
    day, _, rest = moment.partition("T")
    return (
        f'<time datetime="{text(moment)}">{text(day)}<br>{text(rest.removesuffix("Z"))} UTC</time>'
    )


def id_(value: str) -> Html:
    return f'<span class="id">{text(value)}</span>'


def proven(verdict: str, *, good: bool) -> Html:
    """A verdict with its sign, so that no colour is needed to read it."""
    sign, look = ("✓", "good") if good else ("!", "bad")
    return f'<b class="{look}">{sign} {text(verdict)}</b>'


def table(head: Sequence[tuple[str, str]], rows: Iterable[Sequence[Html]]) -> Html:
    """`head` are the titles with their widths. A title that begins with # is of a number."""
    columns = "".join(f'<col style="width:{width}">' for _, width in head)
    titles = "".join(
        f'<th scope="col"{_number(title)}>{text(title.removeprefix("#"))}</th>' for title, _ in head
    )
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{_number(title)}>{cell}</td>" for (title, _), cell in zip(head, row, strict=True)
        )
        + "</tr>\n"
        for row in rows
    )
    return (
        f"<table><colgroup>{columns}</colgroup><thead><tr>{titles}</tr></thead>\n"
        f"<tbody>{body}</tbody></table>\n"
    )


def _number(title: str) -> str:
    return ' class="n"' if title.startswith("#") else ""


def facts(pairs: Iterable[tuple[str, Html]], look: str = "facts") -> Html:
    inner = "".join(f"<div><dt>{text(name)}</dt><dd>{value}</dd></div>" for name, value in pairs)
    return f'<dl class="{look}">{inner}</dl>\n'


def lines(pairs: Iterable[tuple[str, Html]]) -> Html:
    """Facts one below the other, for a card."""
    return "<dl>" + "".join(f"<dt>{text(a)}</dt><dd>{b}</dd>" for a, b in pairs) + "</dl>\n"


def items(words: Iterable[Html]) -> Html:
    return "<ul>" + "".join(f"<li>{one}</li>" for one in words) + "</ul>\n"


def section(title: str, *content: Html, lead: str = "") -> Html:
    above = f'<p class="lead">{text(lead)}</p>' if lead else ""
    return f"<section><h2>{text(title)}</h2>{above}\n{''.join(content)}</section>\n"
