"""The part of keyturn.yaml that belongs to 1Password: which surfaces there are, and where."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from keyturn_providers.onepassword.bridge.settings import BridgeSettings
from keyturn_providers.onepassword.events.settings import EventsSettings
from keyturn_providers.onepassword.op.settings import OpSettings
from keyturn_providers.onepassword.users_api.settings import UsersApiSettings

_Name = Annotated[str, StringConstraints(min_length=1, pattern=r"^\S+$")]


class OnePasswordSettings(BaseModel):
    """`account` is what `op --account` takes, best the sign-in address; with it the `op` command
    line tool is used, as the person who is signed in there. Each part is optional, one is needed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    takes_token: ClassVar[bool] = False

    account: _Name | None = Field(None, description="Sign-in address of the account, for op.")
    op: OpSettings = Field(default_factory=OpSettings)
    bridge: BridgeSettings | None = None
    users_api: UsersApiSettings | None = None
    events: EventsSettings | None = None

    @model_validator(mode="after")
    def _one_at_least(self) -> "OnePasswordSettings":
        if not (self.account or self.bridge or self.users_api or self.events):
            raise ValueError("Name at least one of account (for op), bridge, users_api, events.")
        if self.account is None and "op" in self.model_fields_set:
            raise ValueError("op is given without account: add the sign-in address as account.")
        return self
