"""What belongs to the request being answered: its id, which logs, events and the audit trail carry on."""

from contextvars import ContextVar

correlation_id: ContextVar[str] = ContextVar("correlation", default="")
