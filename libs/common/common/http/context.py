"""The id of the current request, which logs, events and the audit trail carry."""

from contextvars import ContextVar

correlation_id: ContextVar[str] = ContextVar("correlation", default="")
