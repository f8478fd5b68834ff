"""What the sample organisation measures: its indicators, and what its monitors pushed."""

from datetime import UTC, date, datetime, time, timedelta

from rapport.demo.client import Document
from rapport.demo.history import days, first_of_month, request
from rapport.demo.measures import MEASURES, NEW_MEASURES, Measure
from rapport.demo.story import Story

MONITOR = "sample monitor"
BEFORE = timedelta(hours=14)
"""Measured before the first day, so that it begins whole in every time zone."""
A_WEEK = 7 * 86_400
A_PUSH = 7
"""Days in one push."""
PUSH = {
    "Content-Type": "application/x-protobuf",
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}


async def define_indicators(story: Story) -> None:
    with story.chapters("Indicators", len(MEASURES + NEW_MEASURES)) as step:
        for measure in MEASURES + NEW_MEASURES:
            indicator = await story.client.ensure("/sla/v1/indicators", definition(measure), story.manager)
            story.indicators[measure.name] = indicator["id"]
            step()


def definition(measure: Measure) -> Document:
    parts = {"_total": "total", "_failed_total": "bad"} if measure.kind == "ratio" else {"": "value"}
    judged = {"threshold": measure.threshold, "good_when": "at_most"} if measure.threshold is not None else {}
    return {
        "name": measure.name,
        "kind": measure.kind,
        "unit": measure.unit,
        "holds_for": 2 * measure.every,
        # The sample monitor pushes once; silence should not be news each quarter of an hour.
        "silent_after": A_WEEK,
        "series": [
            {"selector": f'{measure.metric}{suffix}{{job="{measure.job}"}}', "part": part}
            for suffix, part in parts.items()
        ],
        **judged,
    }


async def push_measurements(story: Story) -> None:
    """As Prometheus writes remotely; from where the last telling ended."""
    beginnings = {MEASURES: story.first_day, NEW_MEASURES: first_of_month(story.now, 0)}
    unpushed = {measures: await measured_until(story, measures, day) for measures, day in beginnings.items()}
    if all(story.now - since < timedelta(hours=1) for since in unpushed.values()):
        return
    monitor = {"Authorization": f"Bearer {await key(story)}", **PUSH}
    every_day = {measures: days(since, story.now) for measures, since in unpushed.items()}
    with story.chapters("Measurements", sum(map(len, every_day.values()))) as step:
        for measures, since in unpushed.items():
            for week in batched(every_day[measures], A_PUSH):
                body = request(measures, week, since, story.now)
                if body:
                    await story.client.send("POST", "/sla/v1/push/prometheus", monitor, content=body)
                for _ in week:
                    step()


def batched(all_days: list[date], size: int) -> list[list[date]]:
    return [all_days[first : first + size] for first in range(0, len(all_days), size)]


async def measured_until(story: Story, measures: tuple[Measure, ...], first_day: date) -> datetime:
    """The instant up to which all of them are measured already."""
    beginning = datetime.combine(first_day, time(), UTC) - BEFORE
    ours, found = {story.indicators[measure.name] for measure in measures}, []
    async for indicator in story.client.every("/sla/v1/indicators", story.manager):
        if indicator["id"] in ours:
            last = indicator["last_sample_at"]
            found.append(datetime.fromisoformat(last) if last else beginning)
    return min(found, default=beginning)


async def key(story: Story) -> str:
    """A new key for the monitor; what an earlier telling left behind is revoked."""
    async for old in story.client.every("/sla/v1/api-keys", story.admin):
        if old["name"] == MONITOR and old["revoked_at"] is None:
            await story.client.send("DELETE", f"/sla/v1/api-keys/{old['id']}", story.admin)
    made = await story.client.post("/sla/v1/api-keys", {"name": MONITOR}, story.admin)
    return str(made["key"])
