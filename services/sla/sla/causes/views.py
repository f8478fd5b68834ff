"""Request and response shapes of causes."""

from uuid import UUID

from pydantic import MISSING, Field

from common.views import Change, Flag, Instant, Name, Text, View
from sla.causes.model import CauseKind


class NewCause(View):
    name: Name = Field(examples=["Connection pool of the shop runs dry"])
    kind: CauseKind = Field(examples=["capacity"])
    description: Text = Field(default="", examples=["Sessions that time out keep their connection."])
    known_error: Flag = Field(default=False, description="Whether it was analysed; it then needs a description.")
    workaround: Text = Field(default="", examples=["Restart the pool every night."])


class CauseChange(Change):
    """A change of a cause; absent fields stay as they are."""

    name: Name | MISSING = MISSING
    kind: CauseKind | MISSING = MISSING
    description: Text | MISSING = MISSING
    known_error: Flag | MISSING = Field(MISSING, examples=[True])
    workaround: Text | MISSING = Field(MISSING, examples=["Restart the pool every night."])


class CauseView(NewCause):
    id: UUID
    created_at: Instant
    eliminated_at: Instant | None
