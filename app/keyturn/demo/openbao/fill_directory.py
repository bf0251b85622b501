"""Fills the SCIM server with the demo's people and groups."""

from collections.abc import Mapping
from dataclasses import dataclass

from keyturn.demo.openbao.filling import Filling, text_at, together
from keyturn.demo.openbao.organisation import (
    EVERYONE,
    GROUPS,
    NESTED,
    OFF_IN_DIRECTORY,
    SHOWN_AS,
    WITHOUT_STATE,
)
from keyturn.demo.people import Member, manager_of, members

_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
_GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
_ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


@dataclass(frozen=True, slots=True)
class DirectoryIds:
    """The ids the server gave: users by login, groups by name."""

    users: Mapping[str, str]
    groups: Mapping[str, str]


async def fill_directory(scim: Filling) -> DirectoryIds:
    """Creates everybody, then the groups, nested ones first."""
    people = members()
    made = await together(
        scim.send("POST", "/Users", user_payload(one, number)) for number, one in enumerate(people)
    )
    users = {one.login: text_at(answer, "id") for one, answer in zip(people, made, strict=True)}
    groups: dict[str, str] = {}
    inner = [name for name in GROUPS if name not in NESTED]
    outer = [name for name in GROUPS if name in NESTED]
    for stage in (inner, outer):
        answers = await together(
            scim.send("POST", "/Groups", _group_payload(name, people, users, groups))
            for name in stage
        )
        groups |= {name: text_at(a, "id") for name, a in zip(stage, answers, strict=True)}
    return DirectoryIds(users, groups)


def user_payload(member: Member, number: int) -> dict[str, object]:
    """A person as SCIM: RFC 7643 §4.1 with the enterprise extension."""
    shown = SHOWN_AS.get(member.login, member.name)
    enterprise: dict[str, object] = {
        "department": member.department,
        "employeeNumber": str(1001 + number),
    }
    manager = manager_of(member)
    if manager:
        by_login = {one.login: one.name for one in members()}
        enterprise["manager"] = {"displayName": by_login[manager]}
    payload: dict[str, object] = {
        "schemas": [_USER, _ENTERPRISE],
        "userName": member.email,
        "externalId": f"E{1001 + number}",
        "displayName": shown,
        "name": {"formatted": shown},
        "title": member.title,
        "emails": [{"value": member.email, "type": "work", "primary": True}],
        _ENTERPRISE: enterprise,
    }
    if member.login not in WITHOUT_STATE:
        payload["active"] = member.login not in OFF_IN_DIRECTORY
    return payload


def _group_payload(
    name: str, people: tuple[Member, ...], users: Mapping[str, str], groups: Mapping[str, str]
) -> dict[str, object]:
    inside: list[dict[str, str]] = [
        {"value": users[one.login], "type": "User"}
        for one in people
        if name == EVERYONE or name in one.groups
    ]
    if name in NESTED:
        inside.append({"value": groups[NESTED[name]], "type": "Group"})
    return {"schemas": [_GROUP], "displayName": name, "members": inside}
