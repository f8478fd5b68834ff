"""Days on which the sample organisation is closed: a shared calendar, imported and approved by two people."""

from rapport.demo.client import Document
from rapport.demo.context import TIME_ZONE, DemoContext
from rapport.demo.sample_agreements import CLOSURES

ROOT = "/sla/v1/closure-calendars"


async def share_closures(story: DemoContext) -> None:
    with story.progress("Closures", 1):
        body = {"name": CLOSURES, "timezone": TIME_ZONE}
        calendar = await story.client.get_or_create(ROOT, body, story.manager)
        story.closures[CLOSURES] = calendar["id"]
        path = f"{ROOT}/{calendar['id']}"
        editions = [edition async for edition in story.client.list_all(f"{path}/editions", story.manager)]
        newest = editions[-1] if editions else await import_calendar(story, path)
        if newest["state"] == "draft":
            await story.client.post(f"{path}/editions/{newest['number']}/approval", {}, story.second_manager)


async def import_calendar(story: DemoContext, path: str) -> Document:
    document = build_icalendar(story.now.year)
    kind = {"Content-Type": "text/calendar"}
    return await story.client.send("POST", f"{path}/imports", story.manager, content=document, headers=kind)


def build_icalendar(year: int) -> bytes:
    """Christmas Eve from noon, and stocktaking on the first Monday of January, each year."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Halden//Closures//EN",
        "BEGIN:VEVENT",
        "UID:christmas@halden.example",
        f"DTSTAMP:{year}0101T000000Z",
        "SUMMARY:Christmas Eve",
        f"DTSTART:{year}1224T120000",
        f"DTEND:{year}1225T000000",
        "RRULE:FREQ=YEARLY",
        "END:VEVENT",
        "BEGIN:VEVENT",
        "UID:stocktaking@halden.example",
        f"DTSTAMP:{year}0101T000000Z",
        "SUMMARY:Stocktaking",
        f"DTSTART;VALUE=DATE:{year}0101",
        "RRULE:FREQ=YEARLY;BYMONTH=1;BYDAY=MO;BYSETPOS=1",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    return "\r\n".join(lines).encode()
