"""What the sample organisation's customers want: answered by objectives, still open, or refused."""

from dataclasses import dataclass
from typing import Any

from rapport.demo.client import Document
from rapport.demo.context import DemoContext

ROOT = "/sla/v1/requirements"


@dataclass(frozen=True)
class DemoRequirement:
    customer: str
    service: str
    title: str
    level: dict[str, Any]
    reason: str
    effect: str = ""
    refusal_reason: str = ""
    """Why."""


REQUIREMENTS = (
    DemoRequirement(
        "Halden Sales",
        "Web shop",
        "The shop sells around the clock",
        {"kind": "availability", "target": "99.9"},
        "A third of the orders come after eight in the evening",
        "Stores cannot take over at night",
    ),
    DemoRequirement(
        "Halden Logistics",
        "ERP",
        "Orders are booked at once",
        {"kind": "ratio", "target": "99.9"},
        "Lorries wait for their papers",
    ),
    DemoRequirement(
        "Halden Logistics",
        "ERP",
        "Help within the shift",
        {"kind": "resolution_time", "priorities": [1, 2], "within": "PT8H", "target": "80"},
        "The next shift does not know of it",
    ),
    DemoRequirement(
        "Halden Finance",
        "Data warehouse",
        "Figures by breakfast",
        {"kind": "latency", "target": "98"},
        "The board meets at nine",
    ),
    DemoRequirement(
        "Halden Sales",
        "Mail and calendar",
        "Mail on the road is answered",
        {"kind": "response_time", "priorities": [1, 2], "within": "PT30M", "target": "90"},
        "Field sales have nothing else",
    ),
    DemoRequirement(
        "Halden Finance",
        "ERP",
        "Nothing ever stops at month-end",
        {"kind": "availability", "target": "99.999"},
        "Books close on the second day",
        refusal_reason="A second data centre would cost more than Finance pays for everything; see the offer of March.",
    ),
)


async def submit_requirements(story: DemoContext) -> None:
    existing = {item["title"]: item async for item in story.client.list_all(ROOT, story.manager)}
    with story.progress("Requirements", len(REQUIREMENTS)) as step:
        for requirement in REQUIREMENTS:
            document = existing.get(requirement.title) or await submit_requirement(story, requirement)
            story.requirements[requirement.title] = document["id"]
            if requirement.refusal_reason and document["state"] == "submitted":
                refusal = {"reason": requirement.refusal_reason}
                await story.client.post(f"{ROOT}/{document['id']}/refusal", refusal, story.manager)
            step()


async def submit_requirement(story: DemoContext, requirement: DemoRequirement) -> Document:
    body = {
        "service_id": story.services[requirement.service],
        "title": requirement.title,
        "service_level": {"level": requirement.level},
        "reason": requirement.reason,
        "enterprise_effect": requirement.effect,
    }
    return await story.client.post_with_retry(ROOT, body, story.customer_headers(requirement.customer))
