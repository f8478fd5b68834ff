"""The shapes of states over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import Field

from common.http.documentation.documented_model import DocumentedModel
from common.views import ShortMachineText, View


class StatesAccepted(View):
    up: int
    down: int
    degraded: int
    incidents: list[UUID]
    """The incidents that were opened, resolved or otherwise changed."""


class AddressLabels(DocumentedModel):
    """Labels that the address gives, for senders whose bodies cannot be shaped; those of the body take precedence."""

    service: ShortMachineText = Field(default="", description="The id or name of the service that is concerned.")
    customer_id: ShortMachineText = Field(default="", description="The customer that is concerned; else all are.")
    severity: ShortMachineText = Field(default="", description="Gives the priority of the incidents.")
    instance: ShortMachineText = Field(default="", description="Tells senders with the same ids apart, as two Kumas.")

    def to_labels(self) -> dict[str, str]:
        return {name: value for name, value in self.model_dump().items() if value}


AddressLabelsQuery = Annotated[AddressLabels, Query()]
