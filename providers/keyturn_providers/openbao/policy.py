"""What the rules of one policy allow on a KV mount, decided as the server decides it. Pure.

The server takes an exact rule before any other, and among patterns the one with the highest
priority: first wildcard further right, then no trailing glob, then fewer `+`, then longer, then
lexicographically greater. Rules for the same path add up, and `deny` among them denies. A policy is
judged alone here: another policy of the same principal can still deny what this one allows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from keyturn_providers.openbao.policy_text import PolicyUnreadable, Rule, parse
from keyturn_providers.records import Level

ROOT_POLICY = "root"
# A path segment no policy names: what "anything" stands for when a pattern is tried out.
_ANY = "￿keyturn"
# The areas of a KV v2 mount, and the capabilities that mean something there.
_KV2_AREAS = {
    "data": frozenset({"create", "read", "update", "patch", "delete", "sudo"}),
    "metadata": frozenset({"list", "scan", "read", "create", "update", "patch", "delete", "sudo"}),
    "delete": frozenset({"create", "update"}),
    "undelete": frozenset({"create", "update"}),
    "destroy": frozenset({"create", "update"}),
    "subkeys": frozenset({"read"}),
    "config": frozenset({"read", "create", "update"}),
}
_ALL_WORDS = frozenset({"create", "read", "update", "patch", "delete", "list", "scan", "sudo"})
_WRITES = frozenset({"create", "update", "patch", "delete"})
_CALLS = frozenset({"create", "update"})
_LISTS = frozenset({"list", "scan"})
_MOST_DEEP = 12


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy as read. `rules` is None where the text is not understood (`problem` says why)."""

    name: str
    rules: tuple[Rule, ...] | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a policy allows on one mount. `permissions` are "area:capability" pairs for KV v2 and
    capabilities for KV v1, sorted. `note` names limits and what could not be decided."""

    level: Level
    permissions: tuple[str, ...] = ()
    note: str = ""


NOTHING = Allowed(Level.NONE)


def read_policy(name: str, text: str) -> Policy:
    """The policy `name` with its text parsed; never raises."""
    try:
        return Policy(name, parse(text))
    except PolicyUnreadable as problem:
        return Policy(name, None, str(problem))


def capabilities(rules: Sequence[Rule], path: str) -> frozenset[str]:
    """The capabilities on one concrete path, as `sys/capabilities` would name them.

    Empty where nothing is allowed. Templated rules are left out.
    """
    plain = [rule for rule in rules if not rule.templated]
    # A LIST is asked for with a trailing slash, and rules without one count for it.
    spellings = (path, path.removesuffix("/")) if path.endswith("/") else (path,)
    for spelling in spellings:
        exact = _merged(r for r in plain if not _is_pattern(r.path) and r.path == spelling)
        if exact is not None:
            return exact
    for spelling in spellings:
        matching = [r.path for r in plain if _is_pattern(r.path) and _matches(r.path, spelling)]
        if matching:
            best = max(matching, key=_priority)
            return _merged(r for r in plain if r.path == best) or frozenset()
    return frozenset()


def allowed_on(policy: Policy, mount: str, version: int) -> Allowed:
    """What `policy` allows on the KV mount at path `mount` (without a trailing slash).

    The level is the greatest on any path of the mount; where it holds on a part only, the note
    says on which. Level.UNKNOWN where the text is not understood, or where a templated rule could
    allow more than the plain ones do.
    """
    if policy.name == ROOT_POLICY:
        return Allowed(Level.MANAGE, (ROOT_POLICY,))
    if policy.rules is None:
        return Allowed(Level.UNKNOWN, (), f"policy text not understood: {policy.problem}")
    touching = [rule for rule in policy.rules if _touches(rule, mount)]
    if not touching:
        return NOTHING
    plain = [rule for rule in touching if not rule.templated]
    found = _areas(plain, mount, version, [rule.path for rule in plain])
    level = _level(found, version)
    notes = []
    if level is not Level.NONE:
        everywhere = _level(_areas(plain, mount, version, [f"{mount}/*"]), version)
        if everywhere.rank < level.rank:
            parts = sorted({r.path for r in plain if _gives(r)})
            notes.append(f"only on {', '.join(parts[:3])}{' ...' if len(parts) > 3 else ''}")
        narrowed = sorted({c for r in plain for c in r.conditions})
        if narrowed:
            notes.append(f"with conditions: {', '.join(narrowed)}")
    templated = [r for r in touching if r.templated and _gives(r)]
    if templated:
        stands_for = [Rule(_filled(r.path), r.capabilities) for r in templated]
        bound = _level(
            _areas(stands_for, mount, version, [rule.path for rule in stands_for]), version
        )
        if bound.rank > level.rank:
            notes.insert(0, f"templated: up to {bound.value} on {templated[0].path}")
            level = Level.UNKNOWN
    permissions = tuple(
        sorted(
            (f"{area}:{word}" if area else word) for area, words in found.items() for word in words
        )
    )
    return Allowed(level, permissions, "; ".join(notes))


def may_match(rule: Rule, prefix: str) -> bool:
    """Whether some path that begins with `prefix` (ending in a slash) is matched by the rule,
    a templated part standing for anything."""
    return bool(sample_paths(_filled(rule.path), prefix, 1))


def _gives(rule: Rule) -> bool:
    return bool(rule.capabilities) and "deny" not in rule.capabilities


def _touches(rule: Rule, mount: str) -> bool:
    return may_match(rule, f"{mount}/")


def _filled(path: str) -> str:
    """The path with every templated segment as a wildcard, so that it stands for all askers."""
    segments = path.split("/")
    glob = path.endswith("*")
    filled = []
    for number, segment in enumerate(segments):
        if "{{" not in segment:
            filled.append(segment)
        elif glob and number == len(segments) - 1:
            filled.append("*")
        else:
            filled.append("+")
    return "/".join(filled)


def _areas(
    rules: Sequence[Rule], mount: str, version: int, patterns: Sequence[str]
) -> dict[str, frozenset[str]]:
    """Capabilities per area of the mount, gathered over paths that `patterns` stand for."""
    deep = min(max((p.count("/") for p in patterns), default=0), _MOST_DEEP) + 2
    found: dict[str, frozenset[str]] = {}
    areas = {"": _ALL_WORDS} if version == 1 else _KV2_AREAS
    for area, meaningful in areas.items():
        prefix = f"{mount}/{area}/" if area else f"{mount}/"
        paths = {path for pattern in patterns for path in sample_paths(pattern, prefix, deep)}
        if area == "config":
            paths = {f"{mount}/config"}
        words = frozenset(w for path in paths for w in capabilities(rules, path)) & meaningful
        if words:
            found[area] = words
    return found


def _level(found: Mapping[str, frozenset[str]], version: int) -> Level:
    none: frozenset[str] = frozenset()
    if version == 1:
        everything = found.get("", none)
        if "sudo" in everything:
            return Level.MANAGE
        if everything & _WRITES:
            return Level.WRITE
        if "read" in everything:
            return Level.READ
        return Level.LIST if everything & _LISTS else Level.NONE
    data, metadata = found.get("data", none), found.get("metadata", none)
    destroy, config = found.get("destroy", none), found.get("config", none)
    if metadata & _WRITES or destroy & _CALLS or config & _CALLS:
        return Level.MANAGE
    if data & _WRITES or (found.get("delete", none) | found.get("undelete", none)) & _CALLS:
        return Level.WRITE
    if "read" in data:
        return Level.READ
    if metadata & (_LISTS | {"read"}) or "read" in found.get("subkeys", none):
        return Level.LIST
    return Level.NONE


def _merged(rules: Iterable[Rule]) -> frozenset[str] | None:
    words: set[str] = set()
    some = False
    for rule in rules:
        some = True
        words |= rule.capabilities
    if not some:
        return None
    return frozenset({"deny"}) if "deny" in words else frozenset(words)


def _is_pattern(path: str) -> bool:
    return path.endswith("*") or _segment_wildcards(path)


def _segment_wildcards(path: str) -> bool:
    return "/+" in path or path.startswith("+/") or path == "+"


def _matches(pattern: str, path: str) -> bool:
    glob = pattern.endswith("*")
    body = pattern[:-1] if glob else pattern
    if not _segment_wildcards(pattern):
        return path.startswith(body)
    wanted, have = body.split("/"), path.split("/")
    if len(have) < len(wanted) or (not glob and len(have) != len(wanted)):
        return False
    for number, segment in enumerate(wanted):
        if segment == "+":
            continue
        if glob and number == len(wanted) - 1:
            if not have[number].startswith(segment):
                return False
        elif have[number] != segment:
            return False
    return True


def _priority(pattern: str) -> tuple[int, bool, int, int, str]:
    """Sorts patterns as the server does: the greatest wins."""
    glob = pattern.endswith("*")
    body = pattern[:-1] if glob else pattern
    wild = _segment_wildcards(pattern)
    first = pattern.index("+") if wild else len(body)
    plus = body.split("/").count("+") if wild else 0
    return (first, not glob, -plus, len(body), body)


def sample_paths(pattern: str, prefix: str, deep: int) -> tuple[str, ...]:
    """Concrete paths under `prefix` (ending in a slash) that `pattern` matches, with free parts
    filled by a segment nobody names, a trailing glob by up to `deep` of them. Empty where the
    pattern cannot match there. `pattern` must not be templated."""
    glob = pattern.endswith("*")
    segments = (pattern[:-1] if glob else pattern).split("/")
    area = prefix.removesuffix("/").split("/")
    concrete: list[str] = []
    for number, segment in enumerate(segments):
        last = glob and number == len(segments) - 1
        if number >= len(area):
            concrete.append(_ANY if segment == "+" and not last else segment)
        elif last:
            return _filled_up(prefix, deep) if area[number].startswith(segment) else ()
        elif segment in {"+", area[number]}:
            concrete.append(area[number])
        else:
            return ()
    if len(segments) < len(area):
        return ()
    if len(segments) == len(area):
        return (prefix,)
    base = "/".join(concrete)
    return _filled_up(base, deep) if glob else (base,)


def _filled_up(base: str, deep: int) -> tuple[str, ...]:
    paths = [base]
    path = base + _ANY
    for _ in range(deep):
        paths.append(path)
        path = f"{path}/{_ANY}"
    return tuple(paths)
