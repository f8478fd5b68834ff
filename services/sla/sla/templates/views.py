"""Agreement templates as clients send and see them."""

from typing import Any, Self
from uuid import UUID

from pydantic import Field

from common.views import Instant, Name, Text, View
from sla.templates.model import AgreementTemplate, TemplateState

EXAMPLE_TERMS = {
    "name": "Web shop, gold",
    "service_hours": {"timezone": "Europe/Oslo", "hours": "24x7"},
    "objectives": [
        {"name": "Availability", "kind": "availability", "method": "time", "missing": "ignore", "target": "99.9"}
    ],
}


class NewTemplate(View):
    name: Name = Field(examples=["Gold"])
    description: Text = Field(default="", examples=["For shops that sell around the clock."])
    terms: dict[str, Any] = Field(
        description="Terms as an agreement has them, without what differs: leave fields out to have them filled in when"
        " an agreement is drafted. First and last day, ids of objectives and `answers` are always left out.",
        examples=[EXAMPLE_TERMS],
    )


class TemplateVersionView(View):
    number: int
    terms: dict[str, Any]
    to_fill_in: list[str] = Field(
        description="Places that `fill_in` has to give; an objective is named by its name.",
        examples=[["starts_on", "objectives.Availability.indicator_id"]],
    )
    created_at: Instant


class TemplateSummary(View):
    id: UUID
    name: str
    description: str
    state: TemplateState
    created_at: Instant
    changed_at: Instant
    version: TemplateVersionView = Field(description="The newest one, which agreements are drafted from.")

    @classmethod
    def from_template(cls, template: AgreementTemplate) -> Self:
        return cls.from_entity(template, version=template.newest)
