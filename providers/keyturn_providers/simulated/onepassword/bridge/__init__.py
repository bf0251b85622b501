"""The simulated SCIM bridge."""

from keyturn_providers.simulated.onepassword.bridge.application import bridge_app

__all__ = ["bridge_app"]
