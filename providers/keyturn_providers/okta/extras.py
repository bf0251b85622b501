"""What belongs to users and groups but is listed apart: admin roles, pushes, rules.

Each is read once for a reader's lifetime, and only where it may be seen.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping

from keyturn_providers.fan_out import in_order
from keyturn_providers.okta import sight as scopes
from keyturn_providers.okta import translate
from keyturn_providers.okta.client import OktaClient
from keyturn_providers.okta.payloads import APP_USERS, MAPPINGS, MEMBERS, ROLES, RULES
from keyturn_providers.okta.sight import Sight
from keyturn_providers.records import Push
from keyturn_providers.remembered import Remembered

_WIDTH = 8


class Extras:
    """Roles and pushes of users, rules and pushes of groups."""

    def __init__(self, client: OktaClient, sight: Sight) -> None:
        self._client = client
        self._sight = sight
        self.roles: Remembered[Mapping[str, tuple[str, ...]]] = Remembered(self._roles)
        self.pushed_users: Remembered[Mapping[str, Push]] = Remembered(self._pushed_users)
        self.pushed_groups: Remembered[Mapping[str, Push]] = Remembered(self._pushed_groups)
        self.rules: Remembered[Mapping[str, tuple[str, ...]]] = Remembered(self._rules)

    async def of_user(self, user_id: str) -> tuple[tuple[str, ...], Push | None]:
        """One user's admin roles and push, as they are now."""
        return await asyncio.gather(self._roles_of(user_id), self._push_of(user_id))

    async def _roles(self) -> Mapping[str, tuple[str, ...]]:
        if scopes.ROLES not in self._sight.seen:
            return {}
        admins = await self._client.all(
            "/api/v1/iam/assignees/users", MEMBERS, noun="admins", params={"limit": 100}
        )
        ids = [admin.id for admin in admins]
        held = await in_order(ids, self._roles_of, _WIDTH)
        return dict(zip(ids, held, strict=True))

    async def _roles_of(self, user_id: str) -> tuple[str, ...]:
        if scopes.ROLES not in self._sight.seen:
            return ()
        what = f"reading the admin roles of user {user_id}"
        path = self._client.path("/api/v1/users/{}/roles", user_id, what=what)
        roles = await self._client.all(path, ROLES, noun=f"admin roles of {user_id}")
        return tuple(sorted({name for role in roles if (name := translate.role_name(role))}))

    async def _pushed_users(self) -> Mapping[str, Push]:
        app = self._sight.app
        if app is None:
            return {}
        path = self._client.path("/api/v1/apps/{}/users", app.id, what="listing assignments")
        assigned = await self._client.all(
            path, APP_USERS, noun="assignments", params={"limit": 500}
        )
        return {one.id: translate.account_push(one) for one in assigned}

    async def _push_of(self, user_id: str) -> Push | None:
        app = self._sight.app
        if app is None:
            return None
        what = f"reading the assignment of user {user_id}"
        path = self._client.path("/api/v1/apps/{}/users/{}", app.id, user_id, what=what)
        assigned = await self._client.one(path, APP_USERS, what=what)
        return None if assigned is None else translate.account_push(assigned)

    async def _pushed_groups(self) -> Mapping[str, Push]:
        app = self._sight.app
        if app is None or scopes.GROUPS_SCOPE not in self._sight.seen:
            return {}
        noun = "group push mappings"
        path = self._client.path("/api/v1/apps/{}/group-push/mappings", app.id, what=noun)
        mappings = await self._client.all(path, MAPPINGS, noun=noun, params={"limit": 1000})
        return dict(filter(None, map(translate.group_push, mappings)))

    async def _rules(self) -> Mapping[str, tuple[str, ...]]:
        rules = await self._client.all(
            "/api/v1/groups/rules", RULES, noun="group rules", params={"limit": 200}
        )
        names: dict[str, list[str]] = defaultdict(list)
        for rule in rules:
            for group_id in translate.rule_groups(rule):
                names[group_id].append(translate.rule_name(rule))
        return {group_id: tuple(sorted(found)) for group_id, found in names.items()}
