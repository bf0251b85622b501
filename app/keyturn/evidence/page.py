"""The leaver pack as one page: nothing is loaded, nothing runs, and it prints well on A4. Of
several runs each step is called by its run and its number."""

from keyturn.decide.names import counted
from keyturn.evidence import page_parts as p
from keyturn.evidence.pack import Pack
from keyturn.evidence.pack_person import ExposureTold, SystemTold
from keyturn.evidence.pack_runs import RunTold, StepTold
from keyturn.evidence.page_appendix import appendix
from keyturn.evidence.page_parts import Html
from keyturn.evidence.page_rotation import rotation
from keyturn.evidence.page_style import STYLE

_BAD = ("NOT", "PUT BACK", "OPEN")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(pack: Pack) -> str:
    """The whole HTML document."""
    return (
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{p.text(pack.case.title)} · evidence</title>\n<style>\n{STYLE}</style></head>\n"
        f"<body>\n{_head(pack)}<main>\n{_exposure(pack)}{_steps(pack)}{_access(pack)}"
        f"{_remains(pack)}{rotation(pack)}{appendix(pack)}</main>\n{_foot(pack)}</body></html>\n"
    )


def _head(pack: Pack) -> Html:
    case, person = pack.case, pack.person
    title = person.name if person else case.title
    below = " · ".join(_who(pack)) if person else case.scope
    kind = "Evidence of an offboarding" if person else "Evidence of a run"
    look, sign = ("good", "✓") if case.proven else ("bad", "!")
    stated = p.none("not stated")
    left = p.prose(case.left_at) if case.left_at else stated
    if case.left_at_as_stated and case.left_at_as_stated != case.left_at:
        left += f'<br><span class="soft">as stated: {p.prose(case.left_at_as_stated)}</span>'
    rows = [
        ("Left at (as stated)", left),
        ("Approver (as stated)", p.or_none(case.approver, "not stated")),
        ("Ticket · legal hold (as stated)", _both(case.ticket, case.legal_hold)),
        (_of_runs(pack, "Run began", "First run began"), p.prose(case.started)),
        (_of_runs(pack, "Run ended", "Last run ended"), _ended(pack)),
        ("Operator", p.text(", ".join(case.operators))),
        ("Case", p.id_(case.case) if case.case else p.none("none")),
        ("Type of leaving (as stated)", p.or_none(case.type, "not stated")),
        ("Mode (as stated)", p.or_none(case.mode, "not stated")),
        *_named(pack),
        ("Journal checkpoint", f"entry {pack.journal.seq}<br>{p.id_(pack.journal.hash)}"),
    ]
    return (
        f'<header><div class="over"><span>{kind}</span><span>keyturn {p.text(pack.tool.keyturn)}'
        f'</span></div>\n<h1>{p.text(title)}</h1><p class="sub">{p.text(below)}</p>\n'
        f'<p class="verdict {look}">{sign} {p.text(case.verdict)}</p>\n{p.facts(rows)}</header>\n'
    )


def _of_runs(pack: Pack, one: str, several: str) -> str:
    return one if len(pack.runs) == 1 else several


def _ended(pack: Pack) -> Html:
    if pack.case.ended:
        return p.prose(pack.case.ended)
    return p.none(
        "; ".join(
            f"{'it' if len(pack.runs) == 1 else f'run {one.number}'} is {one.state}"
            for one in pack.runs
            if one.state != "ended"
        )
    )


def _named(pack: Pack) -> list[tuple[str, Html]]:
    if len(pack.runs) == 1:
        return [("Run", p.id_(pack.runs[0].run)), ("Plan", p.id_(pack.runs[0].plan.id))]
    totals = pack.case.totals
    undos = sum(run.undoes is not None for run in pack.runs)
    back = f", {counted(undos, 'undo')} among them" if undos else ""
    open_ = len({*totals.open, *totals.unproven, *totals.not_done})
    again = f", {len(totals.put_back)} put back" if totals.put_back else ""
    said = f"{totals.changes}: {totals.proven} proven, {open_} open or not seen{again}"
    return [("Runs", p.text(f"{totals.runs}{back}")), ("Changes", p.text(said))]


def _who(pack: Pack) -> list[str]:
    person = pack.person
    if person is None:
        return []
    said = [*person.logins, *(mail for mail in person.emails if mail not in person.logins)]
    said += [one for one in (person.title, person.department) if one]
    return said or [person.key]


def _both(ticket: str | None, hold: str | None) -> Html:
    return f"{p.or_none(ticket, 'no ticket stated')} · {p.or_none(hold, 'hold not stated')}"


def _exposure(pack: Pack) -> Html:
    longest = max((one.exposure.minutes or 0 for one in pack.systems), default=0)
    bars = "".join(_bar(one, longest) for one in pack.systems)
    if not bars or pack.person is None:
        return ""
    return p.section(
        "1  Exposure window",
        f'<div class="bars">{bars}</div>',
        lead="From the stated leave time to the moment at which the cut of the account had been "
        "read back from the system, and every later time in which it was on again. Hatched: it "
        "never ended, as far as is proven.",
    )


def _bar(system: SystemTold, longest: int) -> Html:
    told = system.exposure
    width = 100.0 if told.open else 0.0
    if told.minutes is not None and longest:
        width = 100.0 * told.minutes / longest
    look = "bar open" if told.open else "bar"
    return (
        f"<span>{p.text(system.source)}</span>"
        f'<div class="track"><div class="{look}" style="width:{width:.1f}%"></div></div>'
        f"<b{' class=bad' if told.open else ''}>{p.text(_minutes(told))}</b>"
        f'<span class="words soft">{p.prose(_exposure_words(told))}</span>'
    )


def _exposure_words(told: ExposureTold) -> str:
    if told.last_cut is None or told.last_cut == told.cut:
        return told.words
    after = "" if told.last_minutes is None else f", {told.last_minutes} min after the leave time"
    return f"{told.words} Last step here verified at {told.last_cut}{after}."


def _minutes(told: ExposureTold) -> str:
    if told.open:
        return "! open"
    if told.minutes is None:
        return "–"
    return f"≤ {told.minutes} min" if told.at_most else f"{told.minutes} min"


def _steps(pack: Pack) -> Html:
    return p.section(
        "2  What was done, and the proof of it",
        *(_run(pack, one) for one in pack.runs),
        lead="Every change was written down before it was sent, read back by id afterwards, and "
        "looked for in the system's own audit log. Applied alone is never called done.",
    )


def _run(pack: Pack, run: RunTold) -> Html:
    """The steps of one run; of several, below what the run was and how it stands."""
    steps = [one for one in pack.steps if one.run == run.number]
    rows = [
        (
            p.text(one.label),
            _what(one),
            _times(one),
            _event(one),
            p.proven(one.verdict or one.state, good=one.proven),
        )
        for one in steps
    ]
    table = p.table(
        [
            ("#", "5%"),
            ("step, object by id, controls", "33%"),
            ("when (UTC)", "19%"),
            ("event in the system's own audit log", "30%"),
            ("verdict", "13%"),
        ],
        rows,
    )
    if len(pack.runs) == 1:
        return table
    ended = f"ended {run.ended}" if run.ended else f"it is {run.state}"
    back = f" Taken back later: {', '.join(run.taken_back)}." if run.taken_back else ""
    said = p.proven(run.verdict, good=run.proven)
    head = f"Run {run.number}: {run.title}"
    below = f"began {run.started}, {ended}, by {run.operator}.{back}"
    return (
        f"<h3>{p.text(head)} {p.id_(run.run)}</h3>\n<p>{said} "
        f'<span class="soft">{p.prose(below)}</span></p>\n{table if steps else ""}'
    )


def _what(step: StepTold) -> Html:
    tags = " · ".join(f"<span>{p.text(one)}</span>" for one in step.controls)
    objects = p.id_(step.object.partition(", edge ")[0])
    return f'{p.text(step.words)}<br>{objects}<br><span class="tag">{tags}</span>'


def _times(step: StepTold) -> Html:
    """The course of a step; the day once, where it is one day."""
    course = [
        ("intent", step.intended),
        ("logged", step.event.at if step.event else None),
        ("read back", step.observed),
    ]
    known = [(name, at) for name, at in course if at is not None]
    if not known:
        return p.none("nothing was sent, nothing read back")
    days = list(dict.fromkeys(at.partition("T")[0] for _, at in known))
    rows = "".join(
        f'<span>{name}</span><time datetime="{p.text(at)}">'
        f"{p.text(at.rstrip('Z').replace('T', ' ') if len(days) > 1 else at[11:-1])}</time>"
        for name, at in known
    )
    day = f"{p.text(days[0])}<br>" if len(days) == 1 else ""
    return f'{day}<div class="when">{rows}</div>'


def _event(step: StepTold) -> Html:
    event = step.event
    if event is None:
        return f'<span class="none">{p.prose(step.no_event or "none")}</span>'
    address = f" from {event.source_address}" if event.source_address else ""
    by = f"by {p.breaking(event.actor)}{p.text(address)}"
    return f"{p.text(event.action)}<br>{by}<br>{p.id_(event.id)}"


def _access(pack: Pack) -> Html:
    if pack.person is None:
        return ""
    parts: list[Html] = []
    for one in pack.systems:
        state = f", {one.state_before} before" if one.state_before else ""
        account = f"{one.account or 'no account known'}{state}"
        parts.append(
            f"<h3>{p.text(one.source)}: {p.text(account)} {p.id_(one.account_id or '')}</h3>"
        )
        rows = [
            (
                f"{p.text(row.name)}<br>{p.id_(row.id)}",
                p.text(row.kind + (f", found by run {row.found_by}" if row.found_by > 1 else "")),
                p.text(row.level),
                p.text(row.via),
                p.text(row.step) if row.step is not None else "–",
                (
                    f'<span class="{"bad" if row.after.startswith(_BAD) else ""}">'
                    f"{p.prose(row.after)}</span>"
                ),
                p.prose(row.seen_later) if row.seen_later else p.none("not read since"),
            )
            for row in one.access
        ]
        if rows:
            parts.append(
                p.table(
                    [
                        ("what", "28%"),
                        ("kind", "7%"),
                        ("level", "9%"),
                        ("by way of", "12%"),
                        ("#step", "6%"),
                        (_of_runs(pack, "after the run", "after the runs"), "21%"),
                        ("at the next whole reading", "17%"),
                    ],
                    rows,
                )
            )
        else:
            parts.append(f"<p>{p.none('No membership or grant is known.')}</p>")
        parts.append(f'<p class="tag">From {p.text(one.access_from)}.</p>')
    return p.section("3  Access before and after", *parts)


def _remains(pack: Pack) -> Html:
    machines = p.table(
        [
            ("machine identity", "36%"),
            ("system", "14%"),
            ("last used", "15%"),
            ("new owner", "12%"),
            ("what to do", "23%"),
        ],
        (
            (
                f"{p.text(one.name)} ({p.text(one.kind)})<br>{p.id_(one.id)}",
                p.text(one.source),
                p.when(one.last_used, "no data"),
                p.or_none(one.new_owner),
                p.text(one.words),
            )
            for one in pack.machines
        ),
    )
    alone = tuple(dict.fromkeys(one for run in pack.runs for one in run.plan.left_alone))
    left = p.table(
        [("left alone", "48%"), ("why", "52%")],
        ((p.text(one.words), p.text(one.reason)) for one in alone),
    )
    return p.section(
        "4  What remains",
        "<h3>Residual risk</h3>",
        p.items(map(p.prose, pack.residual_risks)),
        "<h3>What keyturn cannot see in these systems</h3>",
        p.items(map(p.text, pack.blind_spots))
        if pack.blind_spots
        else p.none("no blind spot named"),
        *((f"<h3>Left alone by the {_of_runs(pack, 'plan', 'plans')}</h3>", left) if alone else ()),
        *(("<h3>Machine identities of this person</h3>", machines) if pack.machines else ()),
        *(
            ("<h3>Without a manager or owner</h3>", p.items(map(p.text, pack.orphans)))
            if pack.orphans
            else ()
        ),
        *(
            ("<h3>Exceptions of the policy for this person</h3>", _exceptions(pack))
            if pack.exceptions
            else ()
        ),
        *(("<h3>Decided in the case</h3>", _decided(pack)) if pack.decided else ()),
        "<h3>Looked at again</h3>",
        p.items(
            p.prose(
                f"{one.at} ({one.moment or 'on demand'}): "
                f"{_of_runs(pack, '', f'run {one.run}: ')}{one.words}"
            )
            for one in pack.rechecks
        )
        if pack.rechecks
        else f"<p>{p.none('Nobody has looked again since the run.')}</p>",
        "<h3>Sessions</h3>",
        p.items(map(p.text, pack.sessions_and_devices)),
    )


def _exceptions(pack: Pack) -> Html:
    return p.table(
        [
            ("vault", "28%"),
            ("level", "9%"),
            ("until (UTC)", "16%"),
            ("who answers for it", "22%"),
            ("reason, ticket", "25%"),
        ],
        (
            (
                f"{p.text(one.vault)}<br>{p.id_(one.vault_id)}",
                p.text(one.level),
                p.minute(one.until),
                p.breaking(one.owner),
                p.text(" · ".join(part for part in (one.reason, one.ticket) if part)),
            )
            for one in pack.exceptions
        ),
    )


def _decided(pack: Pack) -> Html:
    return p.table(
        [
            ("what", "12%"),
            ("in words", "44%"),
            ("by", "20%"),
            ("at (UTC)", "16%"),
            ("#entry", "8%"),
        ],
        (
            (p.text(one.what), p.text(one.words), p.text(one.by), p.minute(one.at), str(one.entry))
            for one in pack.decided
        ),
    )


def _foot(pack: Pack) -> Html:
    runs = ", ".join(f"{one.run} (plan {one.plan.id})" for one in pack.runs)
    return (
        f"<footer>{_of_runs(pack, 'Run', 'Runs')} {p.text(runs)} · journal entry "
        f"{pack.journal.seq} · made by keyturn {p.text(pack.tool.keyturn)} from its journal. "
        "Check it: python3 verify.py, or keyturn verify.</footer>\n"
    )
