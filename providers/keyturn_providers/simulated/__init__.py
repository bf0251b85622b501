"""Tenants in memory that behave like real ones, with faults on demand: the other side of tests."""

from keyturn_providers.simulated.connector import SimulatedConnector
from keyturn_providers.simulated.faults import ABOUT, Effect, Fault, Faults
from keyturn_providers.simulated.organisation import LEAVER, Pair, simulated_pair
from keyturn_providers.simulated.remote import Moment, Remote, When
from keyturn_providers.simulated.streaming import EventLog
from keyturn_providers.simulated.tenant import Call, Tenant, load, save

__all__ = [
    "ABOUT",
    "LEAVER",
    "Call",
    "Effect",
    "EventLog",
    "Fault",
    "Faults",
    "Moment",
    "Pair",
    "Remote",
    "SimulatedConnector",
    "Tenant",
    "When",
    "load",
    "save",
    "simulated_pair",
]
