"""A vault's card in words: the vault, one grant on it, one person who can open it."""

from collections.abc import Iterator, Sequence

from keyturn.decide.explain import day
from keyturn.decide.names import LEVEL_WORDS, counted, listed
from keyturn.run.vault_facts import HeldGrant, Holder, VaultFacts
from keyturn.tui.ages import age, moment
from keyturn.tui.card_lines import BLANK, fact, heading, signed, under
from keyturn.tui.person_words import drift_line
from keyturn.tui.widgets.paragraphs import Line
from keyturn_providers.records import Level, PrincipalKind
from keyturn_storage.rows import GrantRow

NAMED = 8


def vault_lines(facts: VaultFacts, now_ms: int) -> Iterator[Line]:
    """How many can open it and by what, who manages it, what nobody uses, drift."""
    holders = facts.holders
    machines = _of(holders, PrincipalKind.MACHINE)
    groups, direct = _of(holders, PrincipalKind.GROUP), _of(holders, PrincipalKind.ACCOUNT)
    also = f" and {counted(len(machines), 'machine')}" if machines else ""
    spots = facts.world.secrets.snapshot.blind_spots
    hedge = "" if not spots else ", as far as keyturn can see"
    yield fact("opened by", f"{counted(facts.row.openers, 'person', 'people')}{also}{hedge}")
    yield fact("by groups", _names(groups))
    yield fact("directly", _names(direct))
    if machines:
        yield fact("machines", _names(machines))
    managers = [one for one in holders if one.level is Level.MANAGE]
    yield fact("managed by", *_managed(managers, all_seen=not spots))
    yield fact("unused", *_unused(facts))
    snapshot = facts.world.secrets.snapshot
    whole = "complete" if snapshot.complete else "NOT COMPLETE"
    yield fact("as of", f"{snapshot.source.name} {age(snapshot.taken_ms, now_ms)} old, {whole}")
    vault = facts.world.secrets.vaults.get(facts.row.id)
    if vault is not None and vault.description:
        yield fact("about", vault.description)
    if spots:
        yield fact("not seen", "; ".join(spots))
    yield BLANK
    yield heading(f"Drift {facts.drift}" if facts.drift else "Drift: none")
    for found in facts.findings:
        yield drift_line(found, now_ms)
    if facts.drift > len(facts.findings):
        yield signed(" ", f"and {facts.drift - len(facts.findings)} more", quiet=True)


def _managed(managers: Sequence[Holder], *, all_seen: bool) -> Iterator[str | tuple[str, str]]:
    if not managers:
        yield (f"nobody{'' if all_seen else ' that is visible'}", "bold $urgent")
    elif not any(one.able for one in managers):
        yield ("nobody who can now; ", "bold $urgent")
    if managers:
        yield _names(managers)


def _of(holders: Sequence[Holder], kind: PrincipalKind) -> list[Holder]:
    return [one for one in holders if one.kind is kind]


def _names(holders: Sequence[Holder]) -> str:
    names = dict.fromkeys(
        f"{one.name} ({one.members:,})" if one.members is not None
        else f"{one.name} ({one.state})" if one.state not in {"", "active"} else one.name
        for one in holders
    )  # fmt: skip
    return f"{len(names)}: {listed(names, NAMED)}" if names else "none"


def _unused(facts: VaultFacts) -> Iterator[str | tuple[str, str]]:
    if facts.unknown:
        yield (f"not known: {facts.unknown}", "$unknown")
        return
    unused = [one for one in facts.holders if one.unused]
    if not unused:
        yield "every grant was used in 90 days"
        return
    yield f"{counted(len(unused), 'grant')} in 90 days: "
    yield listed((one.name for one in unused), NAMED)


def holder_lines(
    facts: VaultFacts, one: Holder, held: HeldGrant | None, now_ms: int
) -> Iterator[Line]:
    """One grant: what it allows, what wants it, who uses it."""
    vault = facts.row.name
    yield signed(one.row.sign, f"{one.name} may {LEVEL_WORDS[one.level]} {vault}"
                 + (f": {one.row.word}." if one.row.sign != "=" else "."))  # fmt: skip
    kind = {
        PrincipalKind.GROUP: f"group of {counted(one.members or 0, 'account')}"
        if one.members is not None else "group",
        PrincipalKind.ACCOUNT: "direct grant to a person",
        PrincipalKind.MACHINE: "machine identity",
    }[one.kind]  # fmt: skip
    yield fact("what", kind)
    if held is None:
        yield fact("policy", ("not known: this grant is gone since; r reads anew", "$unknown"))
    else:
        until = f", until {day(held.until_ms)}" if held.until_ms is not None else ""
        yield fact("policy", f"line {held.policy_line}{until}" if held.policy_line
                   else "no line of it wants this")  # fmt: skip
    yield fact("used", *_holder_used(facts, one, now_ms))
    if one.row.permissions:
        yield fact("allows", one.row.permissions)
    yield fact("carrier", (one.row.carrier, "$quiet"))
    if held is not None and held.grant.note:
        yield fact("note", held.grant.note)
    if held is not None and not held.grant.revocable:
        yield fact("revocable", ("no: keyturn cannot take this away", "$unknown"))


def _holder_used(facts: VaultFacts, one: Holder, now_ms: int) -> Iterator[str | tuple[str, str]]:
    if one.kind is PrincipalKind.MACHINE:
        if one.last_ms is None:
            yield ("no data: the source does not say", "$unknown")
        else:
            yield f"{age(one.last_ms, now_ms)} ago, {moment(one.last_ms)}"
    elif one.users is None:
        yield (f"not known: {facts.unknown}", "$unknown")
    elif one.last_ms is None:
        yield "by nobody in 90 days"
    elif one.members is not None:
        last = f"{age(one.last_ms, now_ms)} ago ({moment(one.last_ms)})"
        yield f"by {one.users:,} of {one.members:,} in 90 days, last {last}"
    else:
        yield f"{age(one.last_ms, now_ms)} ago ({moment(one.last_ms)})"


def missing_lines(facts: VaultFacts, one: GrantRow) -> Iterator[Line]:
    """A grant the policy wants and that is not there."""
    yield signed(one.sign, f"{one.principal_name} should have {one.level or 'access'} on "
                 f"{facts.row.name}, and has not: {one.word}.")  # fmt: skip
    yield under("The Drift screen (2) plans what mends it.")
