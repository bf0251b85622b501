"""A person's card in words: who they are on both sides, and one vault at a time."""

from collections.abc import Iterator, Sequence

from keyturn.decide.cut import Cut, cut_words
from keyturn.decide.edges import Edge
from keyturn.decide.explain import told
from keyturn.decide.index import MORE_WAYS
from keyturn.decide.names import counted, listed
from keyturn.decide.origins import origin_words
from keyturn.decide.people import Person
from keyturn.decide.why_not import why_not_words
from keyturn.run.explained import Explained
from keyturn.run.person_facts import PersonFacts
from keyturn.tui.ages import age, moment
from keyturn.tui.card_lines import BLANK, fact, heading, signed, under
from keyturn.tui.widgets.paragraphs import Line
from keyturn_providers.records import Account, AccountState, Collection, Side
from keyturn_storage.rows import FindingRow

NAMED = 12
"""How many names one line holds before the rest is counted."""
GROUPS_SHOWN, TURNS_SHOWN = 40, 20


def overview_lines(facts: PersonFacts, now_ms: int) -> Iterator[Line]:
    """Status on both sides, drift, what they can open, groups, history."""
    world, person = facts.near.world, facts.person
    for side, account in ((Side.DIRECTORY, person.directory), (Side.SECRETS, person.secrets)):
        whole = world.side(side).complete(Collection.ACCOUNTS)
        yield fact(world.side(side).name, *_account(account, now_ms, whole=whole))
    about = person.directory or person.secrets
    work = [part for part in (about.title, about.department) if part] if about else []
    if work or (about is not None and about.manager):
        manager = [f"manager {about.manager}"] if about is not None and about.manager else []
        yield fact("who", ", ".join((*work, *manager)))
    yield fact("matched", f"by {person.matched_by.value}" if person.directory and person.secrets
               else "not matched")  # fmt: skip
    yield fact("opens", _opens(facts))
    yield fact("as of", *_as_of(facts, now_ms))
    if facts.findings:
        yield BLANK
        yield heading(f"Drift {facts.row.findings:,}")
        ordered = sorted(facts.findings, key=lambda found: found.sign != "!")
        yield from (drift_line(found, now_ms) for found in ordered)
        if (more := facts.row.findings - len(facts.findings)) > 0:
            yield signed(" ", f"and {more:,} more", quiet=True)
    yield BLANK
    groups = _groups(facts)
    yield heading(f"Groups {len(groups)}")
    yield from _group_lines(groups, _signs(facts))
    yield BLANK
    yield heading("History")
    yield from _history(facts, now_ms)


def _account(
    account: Account | None, now_ms: int, *, whole: bool
) -> Iterator[str | tuple[str, str]]:
    if account is None:
        yield ("no account", "$unknown")
        if not whole:
            yield (" is known: the accounts there were not read to the end", "$unknown")
        return
    yield f"{account.name}, "
    style = "" if account.state is AccountState.ACTIVE else "bold $change"
    yield (account.state.value, style)
    if account.state_raw and account.state_raw.casefold() != account.state.value:
        yield (f" ({account.state_raw})", "$quiet")
    seen = account.last_seen_ms
    yield (", last seen not told" if seen is None else f", last seen {_when(seen, now_ms)}",
           "$quiet")  # fmt: skip
    if account.roles:
        yield ", "
        yield (f"privileged: {listed(account.roles)}", "bold $urgent")


def _when(at_ms: int, now_ms: int) -> str:
    """Both, for what is read aloud now and what is read in a ticket later."""
    return f"{age(at_ms, now_ms)} ago ({moment(at_ms)})"


def _opens(facts: PersonFacts) -> str:
    vaults = {path.vault_id: path.vault_name for path in facts.paths}
    direct = len({path.vault_id for path in facts.paths if not path.groups})
    if not vaults:
        spots = facts.near.world.secrets.snapshot.blind_spots
        return "no vault that is visible" if spots else "no vault"
    by = f", {direct} by a direct grant" if direct else ""
    said = f"{counted(len(vaults), 'vault')}{by}: {listed(vaults.values(), NAMED)}"
    account = facts.person.secrets
    if account is None or account.state is AccountState.ACTIVE:
        return said
    if account.state is AccountState.UNKNOWN:
        return f"perhaps {said}"
    return f"nothing while {account.state.value}; else {said}"


def _as_of(facts: PersonFacts, now_ms: int) -> Iterator[str | tuple[str, str]]:
    for place, side in enumerate(Side):
        snapshot = facts.near.world.side(side).snapshot
        before = "; " if place else ""
        yield f"{before}{snapshot.source.name} {age(snapshot.taken_ms, now_ms)} old, "
        yield "complete" if snapshot.complete else ("✗ incomplete", "bold $remove")


def drift_line(found: FindingRow, now_ms: int) -> Line:
    """A finding as a line of a card."""
    return signed(found.sign, f"{found.words} (since {age(found.since_ms, now_ms)})")


def _groups(facts: PersonFacts) -> dict[str, list[str]]:
    """On which sides, and how, the person is in each group."""
    world = facts.near.world
    sides: dict[str, list[str]] = {}
    for held in facts.groups:
        links = world.link_of_directory if held.side is Side.DIRECTORY else world.link_of_secrets
        link = links.get(held.id)
        name = link.name if link is not None else held.name
        via = f" through {' > '.join(held.via)}" if held.via else ""
        sides.setdefault(name, []).append(f"{world.side(held.side).name}{via}")
    return sides


def _signs(facts: PersonFacts) -> dict[str, str]:
    """The sign of the finding about a group the person is in, or about the one that stands for it
    on the other side, by the name of the group."""
    world = facts.near.world
    by_ref = {ref: found.sign for found in facts.findings
              for ref in (found.subject_ref, found.object_ref)}  # fmt: skip
    signs: dict[str, str] = {}
    for held in facts.groups:
        links = world.link_of_directory if held.side is Side.DIRECTORY else world.link_of_secrets
        link, refs = links.get(held.id), {f"{held.side.value}/group/{held.id}"}
        if link is not None and link.secrets is not None:
            refs.add(f"{Side.SECRETS.value}/group/{link.secrets.id}")
        if found := next(filter(None, map(by_ref.get, sorted(refs))), ""):
            signs[held.name if link is None else link.name] = found
    return signs


def _group_lines(sides: dict[str, list[str]], signs: dict[str, str]) -> Iterator[Line]:
    for name in sorted(sides, key=str.casefold)[:GROUPS_SHOWN]:
        where = list(dict.fromkeys(sides[name]))
        yield signed(signs.get(name, "="), f"{name}: in {listed(where)}")
    if len(sides) > GROUPS_SHOWN:
        yield signed(" ", f"and {len(sides) - GROUPS_SHOWN} more", quiet=True)
    if not sides:
        yield signed(" ", "none", quiet=True)


def _history(facts: PersonFacts, now_ms: int) -> Iterator[Line]:
    for turn in facts.turns[:TURNS_SHOWN]:
        what = f"{turn.level} on {turn.name}" if turn.level else f"member of {turn.name}"
        sign, verb = ("+", "began") if turn.began else ("-", "ended")
        yield signed(sign, f"{moment(turn.at_ms)}  {what} {verb} ({age(turn.at_ms, now_ms)} ago)")
    if len(facts.turns) > TURNS_SHOWN:
        yield signed(" ", f"and {len(facts.turns) - TURNS_SHOWN} older", quiet=True)
    if not facts.turns:
        yield signed(" ", "nothing began or ended between the reads there are", quiet=True)
    yield from (signed(" ", words) for words in facts.cases)


# ---------------------------------------------------------------------- one vault


def access_lines(
    person: Person, whole: Explained, facts: PersonFacts | None, now_ms: int
) -> Iterator[Line]:
    """The answer, then every way, who made it, what would end it; or why not, gate by gate."""
    if whole.why_not is not None:
        yield signed("?" if whole.why_not.unseen else " ",
                     why_not_words(whole.why_not, person.name, whole.vault_name))  # fmt: skip
        yield from _gates(whole)
    else:
        yield signed("=" if whole.paths[0].in_policy else "-", whole.words)
        yield from _ways(person, whole)
        yield from _cuts(person, whole)
    if facts is None:
        return
    used = facts.used.of(whole.vault_id)
    if whole.paths or used is not None:
        yield BLANK
        yield fact("last used", *_used(facts, whole.vault_id, now_ms))
    yield from _drift(facts.findings, whole.vault_id, now_ms)


def _gates(whole: Explained) -> Iterator[Line]:
    if whole.why_not is None:
        return
    yield BLANK
    yield heading("Gate by gate")
    for gate in whole.why_not.gates:
        sign, answer = {True: ("=", "yes"), False: ("!", "NO"), None: ("?", "not known")}[
            gate.holds
        ]
        yield signed(sign, f"{gate.question} {answer}: {gate.words}")
        if not gate.holds and gate.next_step:
            yield under(gate.next_step)
    if whole.why_not.others:
        yield under(f"{counted(whole.why_not.others, 'other group')} would give it too.")
    if whole.why_not.unseen:
        yield under(f"Not seen: {'; '.join(whole.why_not.unseen)}.")


def _ways(person: Person, whole: Explained) -> Iterator[Line]:
    yield BLANK
    number = len(whole.paths)
    yield heading("The way in" if number == 1 else f"{number} ways in, the strongest first")
    told_already: set[tuple[str, str, str]] = set()
    for path in whole.paths:
        yield signed("=" if path.in_policy else "-", told(person, path))
        nodes = set(path.group_ids)
        for edge in whole.edges:
            on_path = {edge.start, edge.end} - {"person", "vault"} <= nodes
            carries = not edge.carrier or edge.carrier == path.carrier
            if on_path and carries and edge.key not in told_already and _is_of(edge, path.groups):
                told_already.add(edge.key)
                yield under(f"{_edge_words(edge)}: {origin_words(whole.origins[edge.key])}")
    if whole.more_ways:
        words = f"the shortest through each of their groups and {MORE_WAYS} further ones"
        yield signed("?", f"There may be more ways: only {words} are told.")


def _is_of(edge: Edge, groups: Sequence[str]) -> bool:
    """A direct grant is on no way through a group, and the other way round."""
    direct = edge.start == "person" and edge.end == "vault"
    return direct != bool(groups)


def _edge_words(edge: Edge) -> str:
    if edge.level.value != "none":
        holder = "direct grant" if edge.start == "person" else f"grant to {edge.start_name}"
        return f"{holder} ({edge.level.value})"
    return f"membership in {edge.end_name}" if edge.start == "person" else (
        f"{edge.start_name} in {edge.end_name}")  # fmt: skip


def _cuts(person: Person, whole: Explained) -> Iterator[Line]:
    if whole.cut is None:
        return
    yield BLANK
    number = len(whole.cut.edges)
    yield heading(f"Smallest cut{f': {number} edges' if number > 1 else ''}")
    yield from _cut(person, whole.cut)
    if whole.own is not None:
        yield heading("Smallest cut that touches nobody else")
        yield from _cut(person, whole.own)


def _cut(person: Person, cut: Cut) -> Iterator[Line]:
    said = cut_words(cut, person.name)
    for place, words in enumerate(said):
        yield signed("-", words) if place < len(cut.edges) else under(words)
        if place < len(cut.edges):
            yield under(f"owned by: {cut.edges[place].owned.name}")


def _used(facts: PersonFacts, vault_id: str, now_ms: int) -> Iterator[str | tuple[str, str]]:
    used = facts.used.of(vault_id)
    if used is not None:
        yield f"{_when(used.last_ms, now_ms)}, {counted(used.times, 'use')} in 90 days"
    elif not facts.used.known:
        yield ("not known: no item usages were ever archived", "$unknown")
    elif facts.used.missing:
        yield ("not known to be unused: the archive has gaps", "$unknown")
    else:
        yield "not in 90 days"


def _drift(findings: Sequence[FindingRow], vault_id: str, now_ms: int) -> Iterator[Line]:
    ref = f"secrets/vault/{vault_id}"
    about = [one for one in findings if ref in {one.subject_ref, one.object_ref}]
    if about:
        yield BLANK
        yield heading("Drift")
        yield from (drift_line(one, now_ms) for one in about)
