"""The second half of the page: plan, completeness, controls, integrity, and each step in full."""

from collections.abc import Iterator

from keyturn.decide.names import counted, listed
from keyturn.evidence import page_parts as p
from keyturn.evidence.moments import utc
from keyturn.evidence.pack import Pack
from keyturn.evidence.pack_basis import ReadingTold
from keyturn.evidence.pack_runs import GuardTold, RunTold, StepTold
from keyturn.evidence.page_parts import Html
from keyturn.run.basis import SourceAsked


def appendix(pack: Pack) -> Html:
    """Sections 6 to 11."""
    return (
        _plan(pack)
        + _completeness(pack)
        + _controls(pack)
        + _not_known(pack)
        + _integrity(pack)
        + _details(pack)
    )


def _plan(pack: Pack) -> Html:
    several = len(pack.runs) > 1
    return p.section("6  Plan, guards and policy", *(_of_run(one, several) for one in pack.runs))


def _of_run(run: RunTold, several: bool) -> Html:
    plan = run.plan
    signs = {"allow": "✓ allow", "ask": "~ ask", "refuse": "! refuse"}
    rows = (
        (
            p.text(one.guard),
            p.text(signs.get(one.verdict, one.verdict)),
            p.text(_guard(one)),
        )
        for one in plan.guards
    )
    parts = [
        p.facts(
            [
                ("Planned", p.prose(plan.created)),
                ("By", p.text(f"keyturn {plan.program}")),
                ("Plan text", p.text(plan.text)),
                ("Plan digest", p.id_(plan.digest)),
                ("SHA-256 in the journal", p.id_(plan.sha256_in_journal)),
                ("Policy SHA-256", p.id_(plan.policy_sha256)),
            ]
        ),
        f'<p class="tag">{p.text(plan.policy)}</p>',
        "<h3>Guards</h3>",
        p.table([("guard", "22%"), ("verdict", "12%"), ("what it says", "66%")], rows),
    ]
    head = f"Run {run.number}: {run.title}, plan {plan.id}"
    return "".join([f"<h3>{p.text(head)}</h3>", *parts] if several else parts)


def _guard(one: GuardTold) -> str:
    """What a guard says, and the names that its words do not have."""
    names = ", ".join(name for name in one.names if name not in one.words)
    return " ".join(part for part in (one.words, names) if part)


def _completeness(pack: Pack) -> Html:
    return p.section(
        "7  Completeness and accuracy of what was read",
        *(_reading(one) for one in pack.completeness),
        *(_sources(one, several=len(pack.runs) > 1) for one in pack.runs),
        "<h3>See it yourself</h3>",
        p.items(
            f"{p.text(source)}: <code>{p.text(words)}</code>" for source, words in pack.recheck
        ),
        lead="A listing is complete only when its end was proven; what is missing counts for "
        "nothing elsewhere.",
    )


def _reading(one: ReadingTold) -> Html:
    age = "" if one.age_minutes is None else f", {one.age_minutes} min old when planned"
    ended = f", ended {one.ended}" if one.ended else ""
    whole = "complete" if one.complete else "NOT complete"
    counts = ", ".join(f"{count.rows} {count.what}" for count in one.counts)
    head = f"{one.source} ({one.kind}), snapshot {one.snapshot}: {one.role}"
    parts = [
        f"<h3>{p.text(head)}</h3>",
        (
            f"<p>{p.proven(whole, good=one.complete)}, tenant {p.id_(one.tenant)}, began "
            f"{p.prose(one.began)}{p.prose(ended)}{p.text(age)}. "
            f"{p.text(counts)}{'.' if counts else ''}</p>"
        ),
    ]
    if not one.kept:
        words = "The snapshot is not in the cache any more: its listings are not known."
        return "".join([*parts, f"<p>{p.none(words)}</p>"])
    parts.append(
        p.table(
            [
                ("collection", "16%"),
                ("#listings complete", "14%"),
                ("#pages", "9%"),
                ("#rows", "9%"),
                ("#unreadable", "12%"),
                ("how the end is known, or what failed", "40%"),
            ],
            (
                (
                    p.text(row.collection),
                    p.text(f"{row.complete} of {row.listings}"),
                    p.text("not kept" if row.pages is None else str(row.pages)),
                    p.text(str(row.rows)),
                    p.text(str(row.unreadable)),
                    p.text("; ".join((*row.errors, *row.proofs))),
                )
                for row in one.listings
            ),
        )
    )
    rules = "; ".join(f"{rule}: {verdict}" for rule, verdict in one.invariants)
    parts.append(f'<p class="tag">Rules held: {p.text(rules or "none stored")}.<br>')
    parts.append(f"SHA-256 over its rows: {p.id_(one.rows_sha256 or 'not known')}</p>")
    return "".join(parts)


def _sources(run: RunTold, *, several: bool) -> Html:
    """The sources as they answered when the run began, clock and limits with them."""
    if run.sources is None:
        return ""
    of = f" for run {run.number}" if several else ""
    parts: list[Html] = [
        f"<h3>How the sources were asked{of}, at {p.prose(utc(run.sources.at_ms))}</h3>"
    ]
    for one in run.sources.sources:
        size = "lists come whole" if one.page_size is None else f"{one.page_size} to a page"
        rows = [
            ("address", p.id_(one.address)),
            ("keyturn was", p.or_none(one.asked_as or None, "not told")),
            ("pages", p.text(size)),
            (
                "lag",
                p.text(
                    f"a read by id may lag {one.consistency_delay_s:g} s, the audit log "
                    f"{one.audit_lag_s:g} s"
                ),
            ),
            *((topic, p.text(words)) for topic, words in _told(one)),
        ]
        head = f"<h3>{p.text(one.source)}: {p.text(one.version or one.kind)}</h3>"
        parts.append(f'<div class="card">{head}{p.lines(rows)}</div>')
    return "".join(parts)


def _told(one: SourceAsked) -> Iterator[tuple[str, str]]:
    """Clock and rate limit always; of the rest what was not well. What is said of several parts of
    a source is said once, with all of them."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for check in one.checks:
        if check.topic == "rate limit" and check.condition == "well":
            words = "enough is left, and the share of others is kept"
        elif check.topic == "clock" or check.condition != "well":
            words = check.words
        else:
            continue
        found.setdefault((check.topic, check.condition, words), []).append(check.subject)
    for (topic, condition, words), subjects in found.items():
        parts = listed((part for part in subjects if part), limit=len(subjects))
        yield topic, f"{condition}: {words}{f' ({parts})' if parts else ''}"


def _controls(pack: Pack) -> Html:
    rows = (
        (
            f"<b>{p.text(one.framework)}</b><br>{p.text(one.control)}",
            p.text(one.asks),
            p.text(one.evidence),
            p.text(one.not_proven),
        )
        for one in pack.controls
    )
    return p.section(
        "8  Controls, and what is not proven",
        p.table(
            [
                ("control", "14%"),
                ("asks, in short", "25%"),
                ("evidence here", "30%"),
                ("not proven by it", "31%"),
            ],
            rows,
        ),
        lead="SOC 2: Trust Services Criteria 2017. ISO: ISO/IEC 27001:2022, Annex A. In our words; "
        "the licensed texts decide.",
    )


def _not_known(pack: Pack) -> Html:
    rows = ((p.text(one.field), p.text(one.why)) for one in pack.not_known)
    return p.section("9  Not known", p.table([("field", "38%"), ("why", "62%")], rows))


def _integrity(pack: Pack) -> Html:
    journal = pack.journal
    return p.section(
        "10  Integrity",
        p.facts(
            [
                (
                    "Journal lines",
                    p.text(
                        f"entries {journal.start_seq + 1} to {journal.seq}, {journal.withheld} of "
                        "other runs withheld"
                    ),
                ),
                ("Hash before the first", p.id_(journal.start_hash)),
                ("Checkpoint", p.id_(journal.hash)),
                ("Tool", p.text(f"keyturn {pack.tool.keyturn}")),
                ("Report logic SHA-256", p.id_(pack.tool.logic_sha256)),
                ("Check it", "<code>python3 verify.py</code>"),
            ]
        ),
        '<p class="tag">The chain shows every edit, removal and swap. It does not show that the '
        "owner of the machine made journal and evidence anew: compare the checkpoint with one that "
        "left the machine earlier.</p>",
    )


def _details(pack: Pack) -> Html:
    if not pack.steps:
        return ""
    cards = "".join(_card(one) for one in pack.steps)
    return p.section("11  Every step in full", cards)


def _card(one: StepTold) -> Html:
    rows: list[tuple[str, Html]] = [
        ("operation", p.id_(one.operation)),
        ("object", p.id_(one.object)),
        ("precondition", p.text(one.precondition)),
        ("read before", p.or_none(one.read_before, "nothing was sent")),
        (
            "answer",
            p.text(f"{one.answer}, {counted(one.attempts, 'attempt')}" if one.sent else one.answer),
        ),
        ("answered", p.or_none(one.answered)),
        ("request ids", p.or_none(", ".join(one.request_ids) or None, "none given")),
        ("proof expected", p.text(one.expected)),
        ("read back", p.or_none(one.read_back, "not verified")),
    ]
    if one.event is not None and one.event.seconds is not None:
        rows.append(("event", p.text(f"{one.event.seconds} s after the intent, by its own clock")))
    if one.no_event:
        rows.append(("no event", p.prose(one.no_event)))
    if one.other_events:
        rows.append(("other events", p.id_(", ".join(one.other_events))))
    if one.also:
        rows.append(("side effects", p.text("; ".join(one.also))))
    if one.irreversible:
        rows.append(("not undone", p.text(one.irreversible)))
    history = p.table(
        [("#entry", "10%"), ("at", "30%"), ("state", "16%"), ("verdict, error", "44%")],
        (
            (
                p.text(str(entry.entry)),
                p.text(entry.at),
                p.text(entry.state.replace("_", " ")),
                p.text("; ".join(part for part in (entry.verdict, entry.error) if part) or "–"),
            )
            for entry in one.history
        ),
    )
    verdict = p.proven(one.verdict or one.state, good=one.proven)
    return (
        f'<div class="card"><h3>{one.label}. {p.text(one.words)} · {verdict}</h3>'
        f"{p.lines(rows)}{history}</div>"
    )
