"""Which accounts of the two sides are one human. Pure; linear in the number of accounts.

Two accounts are candidates for one another by external id, by a verified e-mail, or by an alias in
the policy. Candidates of candidates hang together. A cluster with one account on each side is a
person; a larger one contradicts itself and is ambiguous: it is listed, each account stays a person
of its own, and nothing in it is ever acted on. An alias is the operator's word: it settles a pair
whose e-mails point elsewhere too, but not against an external id and not against another alias.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from keyturn.decide.names import account_title, fold, listed, verified_emails
from keyturn.decide.people import Ambiguity, MatchedBy, Matching, Person
from keyturn.decide.rules import Rules
from keyturn_providers.records import Account, AccountKind, Snapshot


@dataclass(frozen=True, slots=True)
class _Tie:
    """Accounts that one method holds to be the same human."""

    method: MatchedBy
    directory: tuple[str, ...]
    secrets: tuple[str, ...]


def match(directory: Snapshot, secrets: Snapshot, rules: Rules) -> Matching:
    """Every account of both sides in exactly one person, and the accounts nobody may decide about.

    People come in the order of the directory's accounts, then of the unmatched secrets accounts.
    """
    left = {account.id: account for account in directory.accounts}
    right = {account.id: account for account in secrets.accounts}
    ids = list(_by_external_id(left, right))
    aliases = list(_by_alias(left, right, rules))
    emails = list(_by_email(left, right))
    pinned = _pinned(aliases, ids)
    ties = [*ids, *_without_pinned(emails, pinned), *aliases]
    clusters = _clusters(ties)
    pairs: dict[str, tuple[str, MatchedBy]] = {}
    ambiguities: list[Ambiguity] = []
    for cluster in clusters:
        if len(cluster.directory) == 1 and len(cluster.secrets) == 1:
            pairs[cluster.directory[0]] = (cluster.secrets[0], cluster.method)
        else:
            ambiguities.append(_ambiguity(cluster, left, right))
    return Matching(tuple(_people(left, right, pairs)), tuple(ambiguities))


def _people(
    left: Mapping[str, Account],
    right: Mapping[str, Account],
    pairs: Mapping[str, tuple[str, MatchedBy]],
) -> Iterator[Person]:
    for account_id, account in left.items():
        other, method = pairs.get(account_id, ("", MatchedBy.NOTHING))
        yield Person(f"d:{account_id}", account, right.get(other), method)
    taken = {other for other, _ in pairs.values()}
    for account_id, account in right.items():
        if account_id not in taken:
            yield Person(f"s:{account_id}", None, account, MatchedBy.NOTHING)


def _by_external_id(left: Mapping[str, Account], right: Mapping[str, Account]) -> Iterator[_Tie]:
    """The secrets side names the directory's id, or its external id; or the other way round."""
    known_as: dict[str, dict[str, None]] = defaultdict(dict)
    for account in left.values():
        known_as[account.id][account.id] = None
        if account.external_id:
            known_as[account.external_id][account.id] = None
    for account in right.values():
        meant = dict(known_as.get(account.external_id or "", {}))
        # The directory's own id is no hint here: ids of two systems may well look alike.
        for one in known_as.get(account.id, {}):
            if left[one].external_id == account.id:
                meant[one] = None
        if meant:
            yield _Tie(MatchedBy.EXTERNAL_ID, tuple(meant), (account.id,))


def _by_email(left: Mapping[str, Account], right: Mapping[str, Account]) -> Iterator[_Tie]:
    here, there = _mailboxes(left.values()), _mailboxes(right.values())
    for address, owners in here.items():
        if address in there:
            yield _Tie(MatchedBy.EMAIL, tuple(owners), tuple(there[address]))


def _mailboxes(accounts: Iterable[Account]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for account in accounts:
        # A service account often carries the address of whoever set it up.
        if account.kind is not AccountKind.SERVICE:
            for address in sorted(verified_emails(account)):
                found[address].append(account.id)
    return found


def _by_alias(
    left: Mapping[str, Account], right: Mapping[str, Account], rules: Rules
) -> Iterator[_Tie]:
    if not rules.aliases:
        return
    here, there = _called(left.values()), _called(right.values())
    for alias in rules.aliases:
        mine = (alias.directory,) if alias.directory in left else here.get(fold(alias.directory))
        theirs = (alias.secrets,) if alias.secrets in right else there.get(fold(alias.secrets))
        if mine and theirs:
            yield _Tie(MatchedBy.ALIAS, tuple(mine), tuple(theirs))


def _called(accounts: Iterable[Account]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for account in accounts:
        found[fold(account.name)].append(account.id)
    return found


def _pinned(aliases: Iterable[_Tie], ids: Iterable[_Tie]) -> Mapping[str, str]:
    """Directory id to secrets id of each alias that nothing but e-mails may contradict."""
    mine: dict[str, set[str]] = defaultdict(set)
    theirs: dict[str, set[str]] = defaultdict(set)
    for tie in (*aliases, *ids):
        for account_id in tie.directory:
            mine[account_id].update(tie.secrets)
        for account_id in tie.secrets:
            theirs[account_id].update(tie.directory)
    return {
        tie.directory[0]: tie.secrets[0]
        for tie in aliases
        if mine[tie.directory[0]] == set(tie.secrets)
        and theirs[tie.secrets[0]] == set(tie.directory)
        and len(tie.directory) == len(tie.secrets) == 1
    }


def _without_pinned(ties: Iterable[_Tie], pinned: Mapping[str, str]) -> Iterator[_Tie]:
    settled = frozenset(pinned.values())
    for tie in ties:
        directory = tuple(x for x in tie.directory if x not in pinned)
        secrets = tuple(x for x in tie.secrets if x not in settled)
        if directory and secrets:
            yield _Tie(tie.method, directory, secrets)


def _clusters(ties: Iterable[_Tie]) -> list[_Tie]:
    """The ties joined where they share an account; the first tie of each says the method."""
    parent: dict[tuple[str, str], tuple[str, str]] = {}

    def root(node: tuple[str, str]) -> tuple[str, str]:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    methods: list[tuple[tuple[str, str], MatchedBy]] = []
    for tie in ties:
        nodes = [*(("d", x) for x in tie.directory), *(("s", x) for x in tie.secrets)]
        for node in nodes:
            parent[root(node)] = root(nodes[0])
        methods.append((nodes[0], tie.method))
    first: dict[tuple[str, str], MatchedBy] = {}
    for node, method in methods:
        first.setdefault(root(node), method)
    members: dict[tuple[str, str], tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for node in list(parent):
        members[root(node)][node[0] == "s"].append(node[1])
    return [
        _Tie(first[top], tuple(directory), tuple(secrets))
        for top, (directory, secrets) in members.items()
    ]


def _ambiguity(
    cluster: _Tie, left: Mapping[str, Account], right: Mapping[str, Account]
) -> Ambiguity:
    directory, secrets = tuple(sorted(cluster.directory)), tuple(sorted(cluster.secrets))
    mine = listed(f"{account_title(left[x])} ({left[x].name})" for x in directory)
    theirs = listed(f"{account_title(right[x])} ({right[x].name})" for x in secrets)
    return Ambiguity(
        reason=f"In the directory {mine} could be {theirs} in the secret manager: external ids, "
        "verified e-mails and aliases do not agree on one pair.",
        directory_ids=directory,
        secrets_ids=secrets,
        person_keys=(*(f"d:{x}" for x in directory), *(f"s:{x}" for x in secrets)),
    )
