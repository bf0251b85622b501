"""Paths and findings put together: which grant is in step, which must go, which is missing."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence

from keyturn_storage.list_rows import FindingRow, GrantRow
from keyturn_storage.queries.findings import findings, findings_about
from keyturn_storage.queries.grant_paths import DIRECT, Path, Thing, row_no
from keyturn_storage.queries.groups import worst
from keyturn_storage.queries.reader import Reader
from keyturn_storage.signs import IN_STEP

VAULT_REF = "secrets/vault/"
SHOULD_BE = "+"


def rows(
    reader: Reader,
    paths: Sequence[Path],
    refs: Sequence[str],
    outer: Sequence[Thing],
    *,
    person_key: str = "",
) -> list[GrantRow]:
    """A row per path from a person or group, and one per grant that is missing for it.

    `refs` are the accounts or groups themselves, `outer` the groups they are in, nesting included.
    A path is as bad as the worst of: its grant, and the person's membership in the groups that it
    leads through.
    """
    own = findings(reader, person_key=person_key) if person_key else []
    inside = {group.ref: group.name for group in outer}
    about = _joined(own, findings_about(reader, [*refs, *inside]))
    found = _signed(paths, about, person_key)
    for finding in about:
        if finding.sign != SHOULD_BE or not finding.object_ref.startswith(VAULT_REF):
            continue
        if finding.subject_ref in inside:
            found.append(_missing(finding, inside[finding.subject_ref]))
        elif finding.subject_ref in refs or (person_key and finding.person_key == person_key):
            found.append(_missing(finding, DIRECT))
    return found


def rows_of_vault(reader: Reader, paths: Sequence[Path], vault_id: str) -> list[GrantRow]:
    """A row per grant on the vault, with the principal's name as the way, and the missing ones."""
    about = findings_about(reader, [f"{VAULT_REF}{vault_id}"])
    found = _signed(paths, about, "", by_principal=True)
    found.extend(
        _missing(finding, finding.subject_name)
        for finding in about
        if finding.sign == SHOULD_BE and finding.object_ref == f"{VAULT_REF}{vault_id}"
    )
    return found


def _signed(
    paths: Sequence[Path],
    about: Sequence[FindingRow],
    person_key: str,
    *,
    by_principal: bool = False,
) -> list[GrantRow]:
    between: dict[frozenset[str], list[FindingRow]] = defaultdict(list)
    for finding in about:
        if finding.sign != SHOULD_BE:
            between[frozenset((finding.subject_ref, finding.object_ref))].append(finding)
    carriers: dict[frozenset[str], set[str]] = defaultdict(set)
    for path in paths:
        carriers[_pair(path)].add(path.carrier)
    membership = _memberships(about, person_key)
    found: list[GrantRow] = []
    for path in paths:
        pair = _pair(path)
        bad = [f for f in between.get(pair, ()) if _means(f, path.carrier, carriers[pair])]
        for group in path.chain:
            bad.extend(membership.get(group.ref, ()))
        named = worst(bad)
        via = path.principal.name if by_principal else path.via
        found.append(
            GrantRow(
                no=row_no(path.vault.id, path.carrier, *(group.id for group in path.chain)),
                vault_id=path.vault.id,
                vault_name=path.vault.name,
                via=via,
                level=path.level,
                permissions=path.permissions,
                principal_kind=path.principal.kind,
                principal_id=path.principal.id,
                principal_name=path.principal.name,
                carrier=path.carrier,
                openers=None,
                sign=named.sign if named else "=",
                word=named.kind if named else IN_STEP,
                finding_id=named.id if named else "",
            )
        )
    return found


def _pair(path: Path) -> frozenset[str]:
    return frozenset((path.principal.ref, path.vault.ref))


def _means(finding: FindingRow, carrier: str, carriers: set[str]) -> bool:
    """Whether a finding between a principal and a vault is about this one of their grants: the one
    its path names, else those its remedy names, else all of them."""
    if len(carriers) == 1:
        return True
    body = _body(finding)
    path = body.get("path") if isinstance(body, dict) else None
    named = {path} if path in carriers else _carriers_named(body) & carriers
    return not named or carrier in named


def _carriers_named(body: object) -> set[str]:
    found: set[str] = set()
    waiting: list[object] = [body]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            carrier = value.get("carrier")
            if isinstance(carrier, str) and carrier:
                found.add(carrier)
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return found


def _memberships(
    about: Sequence[FindingRow], person_key: str
) -> Mapping[str, Sequence[FindingRow]]:
    """The person's own findings about being in a group, by the group's ref."""
    found: dict[str, list[FindingRow]] = defaultdict(list)
    for finding in about:
        if finding.sign == SHOULD_BE or not person_key or finding.person_key != person_key:
            continue
        for ref in (finding.subject_ref, finding.object_ref):
            if ref.startswith("secrets/group/"):
                found[ref].append(finding)
    return found


def _missing(finding: FindingRow, via: str) -> GrantRow:
    kind, _, principal_id = finding.subject_ref.partition("/")[2].partition("/")
    return GrantRow(
        no=row_no("missing", finding.id),
        vault_id=finding.object_ref.removeprefix(VAULT_REF),
        vault_name=finding.object_name,
        via=via,
        level=_level(finding),
        permissions="",
        principal_kind=kind,
        principal_id=principal_id,
        principal_name=finding.subject_name,
        carrier="",
        openers=None,
        sign=finding.sign,
        word=finding.kind,
        finding_id=finding.id,
    )


def _level(finding: FindingRow) -> str:
    body = _body(finding)
    remedy = body.get("remedy") if isinstance(body, dict) else None
    if isinstance(remedy, list):
        for change in remedy:
            level = change.get("level") if isinstance(change, dict) else None
            if isinstance(level, str):
                return level
    return ""


def _body(finding: FindingRow) -> object:
    try:
        body: object = json.loads(finding.body)
    except ValueError:
        return None
    return body


def _joined(*lists: Sequence[FindingRow]) -> list[FindingRow]:
    found: dict[str, FindingRow] = {}
    for part in lists:
        for finding in part:
            found.setdefault(finding.id, finding)
    return list(found.values())
