"""The rules that a notification of alerts, or the end of a firing, can break."""

from common.errors import Conflict, Malformed


class AlertsUnreadable(Malformed, slug="alerts-unreadable"):
    """The body must be a notification of Alertmanager (version 4) or Grafana (version 1), or alerts of a ruler."""


class AlertsRefused(Malformed, slug="alerts-refused"):
    """Some alerts break a rule; all others are recorded, and sending these again does not help."""


class StatesUnreadable(Malformed, slug="states-unreadable"):
    """The body must say in JSON what is in which state, in the form that belongs to the address."""


class StatesRefused(Malformed, slug="states-refused"):
    """Some states break a rule; all others are recorded, and sending these again does not help."""


class AlertAlreadyEnded(Conflict, slug="alert-already-ended"):
    """An alert can be ended by hand only while it still fires."""
