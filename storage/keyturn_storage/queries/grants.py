"""Vault grants, as the Vault grants pane shows them.

The same two calls for every pane: `grant_nos`, `grant_rows`. What a row is
depends on the scope: with a person one path to a vault, with a group one grant of that group, with
a vault one grant on it, with nothing one vault and how many can open it. An id is made from what
the row is about (the vault, the carrier, the way), so it stays through every refresh.
"""

from array import array
from collections.abc import Callable, Mapping, Sequence

from keyturn_storage.filters import Facts, Field, holds
from keyturn_storage.list_rows import GrantRow
from keyturn_storage.queries import grant_paths, grant_signs
from keyturn_storage.queries.grant_paths import row_no
from keyturn_storage.queries.reader import ALL, EVERYTHING, Asked, Reader, Scope
from keyturn_storage.signs import IN_STEP, SIGN_ORDER

FIELDS = (Field.VAULT, Field.NAME, Field.VIA, Field.PERSON, Field.LEVEL, Field.DRIFT)
ORDERS = ("vault", "via", "may", "drift")
_ORDERS: Mapping[str, Callable[[GrantRow], tuple[object, ...]]] = {
    "vault": lambda row: (row.vault_name.casefold(), row.no),
    "via": lambda row: (-(row.openers or 0), row.via.casefold(), row.vault_name.casefold(), row.no),
    "may": lambda row: (row.level, row.vault_name.casefold(), row.no),
    "drift": lambda row: (SIGN_ORDER.get(row.sign, 5), row.word, row.vault_name.casefold(), row.no),
}


def grant_nos(reader: Reader, scope: Scope = EVERYTHING, asked: Asked = ALL) -> "array[int]":
    """The ids in the order asked for; without one drift first, then by vault (with a vault: by
    principal)."""
    rows: Sequence[GrantRow] = all_grants(reader, scope)
    if asked.filter.terms:
        rows = [row for row in rows if holds(asked.filter, _facts(row))]
    if asked.order in _ORDERS:
        rows = sorted(rows, key=_ORDERS[asked.order])
    found = array("q", [row.no for row in rows])
    if asked.backwards:
        found.reverse()
    return found


def grant_rows(reader: Reader, nos: Sequence[int], scope: Scope = EVERYTHING) -> list[GrantRow]:
    """The rows of some ids of `scope`, in the order of `nos`; those that are gone are left out."""
    found = {row.no: row for row in all_grants(reader, scope)}
    return [found[no] for no in nos if no in found]


def vault_names(reader: Reader, part: str, limit: int) -> list[str]:
    """Casefolded names of vaults that contain `part`, those that begin with it first."""
    found = reader.connection.execute(
        "select distinct casefold(name) as found from vault_line where instr(found, :part) > 0 "
        "order by instr(found, :part) > 1, position limit :limit",
        {"part": part, "limit": limit},
    )
    return [str(row[0]) for row in found]


def _facts(row: GrantRow) -> Facts:
    drift = "" if row.word == IN_STEP else row.word
    return Facts(
        f"{row.vault_name} {row.via} {row.principal_name} {row.level} {row.word}".casefold(),
        {
            Field.VAULT: (row.vault_name.casefold(),),
            Field.NAME: (row.vault_name.casefold(),),
            Field.VIA: (row.via.casefold(),),
            Field.PERSON: (row.principal_name.casefold(),),
            Field.LEVEL: (row.level, row.permissions.casefold()),
            Field.DRIFT: (drift,),
        },
    )


def grant_count(reader: Reader, scope: Scope = EVERYTHING) -> int:
    return len(all_grants(reader, scope))


def all_grants(reader: Reader, scope: Scope = EVERYTHING) -> tuple[GrantRow, ...]:
    """Every row of a scope, worked out once until the cache changes.

    Person: each path from the person to a vault (direct, and through every chain of groups), and
    "+" rows for what the policy wants and is not there. Group: each grant of the linked group, its
    outer groups' included. Vault: each grant on it, by principal.
    """
    kept = reader.kept_grants(scope)
    if kept is not None:
        return kept
    rows = _work_out(reader, scope)
    if scope.drift_only:
        rows = [row for row in rows if row.sign != "="]
    found = tuple(rows)
    reader.keep_grants(scope, found)
    return found


def _work_out(reader: Reader, scope: Scope) -> list[GrantRow]:
    assessed = reader.assessed()
    if assessed is None:
        return []
    snapshot_id = assessed[1]
    if scope.person_key is not None:
        person = reader.connection.execute(
            "select secrets_no, secrets_id from person where key = ?", (scope.person_key,)
        ).fetchone()
        if person is None:
            return []
        refs = [] if person[1] is None else [f"secrets/account/{person[1]}"]
        paths = grant_paths.of_principal(reader, person[0], snapshot_id)
        rows = grant_signs.rows(
            reader,
            paths,
            refs,
            grant_paths.groups_over(reader, person[0], snapshot_id),
            person_key=scope.person_key,
        )
    elif scope.group_key is not None:
        group = reader.connection.execute(
            "select secrets_no, secrets_id, directory_id from group_link where key = ?",
            (scope.group_key,),
        ).fetchone()
        if group is None:
            return []
        refs = [] if group[1] is None else [f"secrets/group/{group[1]}"]
        refs += [] if group[2] is None else [f"directory/group/{group[2]}"]
        paths = grant_paths.of_principal(reader, group[0], snapshot_id)
        rows = grant_signs.rows(
            reader, paths, refs, grant_paths.groups_over(reader, group[0], snapshot_id)
        )
    elif scope.vault_id is not None:
        paths = grant_paths.of_vault(reader, scope.vault_id, snapshot_id)
        return _ordered_by_principal(grant_signs.rows_of_vault(reader, paths, scope.vault_id))
    else:
        return _vaults(reader)
    if scope.vault_id is not None:
        rows = [row for row in rows if row.vault_id == scope.vault_id]
    return _ordered_by_vault(rows)


def _vaults(reader: Reader) -> list[GrantRow]:
    return [
        GrantRow(
            no=row_no("vault", vault_id),
            vault_id=vault_id,
            vault_name=name,
            via="",
            level="",
            permissions="",
            principal_kind="",
            principal_id="",
            principal_name="",
            carrier="",
            openers=openers,
            sign=sign,
            word=word,
            finding_id=finding_id,
        )
        for vault_id, name, openers, sign, word, finding_id in reader.connection.execute(
            "select vault_id, name, openers, sign, word, finding_id from vault_line "
            "order by position"
        )
    ]


def _ordered_by_vault(rows: list[GrantRow]) -> list[GrantRow]:
    return sorted(
        rows,
        key=lambda r: (SIGN_ORDER.get(r.sign, 5), r.vault_name.casefold(), r.via.casefold(), r.no),
    )


def _ordered_by_principal(rows: list[GrantRow]) -> list[GrantRow]:
    return sorted(
        rows, key=lambda r: (SIGN_ORDER.get(r.sign, 5), r.principal_name.casefold(), r.no)
    )
