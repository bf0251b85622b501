"""An Okta org that behaves: its HTTP interface, its System Log, and its pushes to a SCIM bridge."""

from keyturn_providers.simulated.okta.seeding import create, seed

__all__ = ["create", "seed"]
