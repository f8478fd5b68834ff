"""What the sample organisation's customers want: answered by objectives, still open, or refused."""

from dataclasses import dataclass
from typing import Any

from rapport.demo.client import Document
from rapport.demo.story import Story

ROOT = "/sla/v1/requirements"


@dataclass(frozen=True)
class Requirement:
    customer: str
    service: str
    title: str
    level: dict[str, Any]
    reason: str
    effect: str = ""
    refused: str = ""
    """Why."""


REQUIREMENTS = (
    Requirement(
        "Halden Sales",
        "Web shop",
        "The shop sells around the clock",
        {"kind": "availability", "target": "99.9"},
        "A third of the orders come after eight in the evening",
        "Stores cannot take over at night",
    ),
    Requirement(
        "Halden Logistics",
        "ERP",
        "Orders are booked at once",
        {"kind": "ratio", "target": "99.9"},
        "Lorries wait for their papers",
    ),
    Requirement(
        "Halden Logistics",
        "ERP",
        "Help within the shift",
        {"kind": "resolution_time", "priorities": [1, 2], "within": "PT8H", "target": "80"},
        "The next shift does not know of it",
    ),
    Requirement(
        "Halden Finance",
        "Data warehouse",
        "Figures by breakfast",
        {"kind": "latency", "target": "98"},
        "The board meets at nine",
    ),
    Requirement(
        "Halden Sales",
        "Mail and calendar",
        "Mail on the road is answered",
        {"kind": "response_time", "priorities": [1, 2], "within": "PT30M", "target": "90"},
        "Field sales have nothing else",
    ),
    Requirement(
        "Halden Finance",
        "ERP",
        "Nothing ever stops at month-end",
        {"kind": "availability", "target": "99.999"},
        "Books close on the second day",
        refused="A second data centre would cost more than Finance pays for everything; see the offer of March.",
    ),
)


async def submit(story: Story) -> None:
    known = {one["title"]: one async for one in story.client.every(ROOT, story.manager)}
    with story.chapters("Requirements", len(REQUIREMENTS)) as step:
        for requirement in REQUIREMENTS:
            found = known.get(requirement.title) or await ask(story, requirement)
            story.requirements[requirement.title] = found["id"]
            if requirement.refused and found["state"] == "submitted":
                refusal = {"reason": requirement.refused}
                await story.client.post(f"{ROOT}/{found['id']}/refusal", refusal, story.manager)
            step()


async def ask(story: Story, requirement: Requirement) -> Document:
    body = {
        "service_id": story.services[requirement.service],
        "title": requirement.title,
        "wanted": {"level": requirement.level},
        "reason": requirement.reason,
        "enterprise_effect": requirement.effect,
    }
    return await story.client.post_soon(ROOT, body, story.speaker(requirement.customer))
