"""What the sample organisation measures: its indicators, and what its monitors pushed."""

from datetime import UTC, date, datetime, time, timedelta

from rapport.demo.client import Document
from rapport.demo.context import DemoContext
from rapport.demo.indicators import INDICATORS, NEW_INDICATORS, DemoIndicator
from rapport.demo.sample_series import build_write_request, first_of_month, list_days

MONITOR = "sample monitor"
LEAD_TIME = timedelta(hours=14)
"""Measured before the first day, so that it begins whole in every time zone."""
WEEK_SECONDS = 7 * 86_400
DAYS_PER_PUSH = 7
"""Days in one push."""
PUSH_HEADERS = {
    "Content-Type": "application/x-protobuf",
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}


async def define_indicators(story: DemoContext) -> None:
    with story.progress("Indicators", len(INDICATORS + NEW_INDICATORS)) as step:
        for measure in INDICATORS + NEW_INDICATORS:
            indicator = await story.client.get_or_create("/sla/v1/indicators", build_definition(measure), story.manager)
            story.indicators[measure.name] = indicator["id"]
            step()


def build_definition(measure: DemoIndicator) -> Document:
    parts = {"_total": "total", "_failed_total": "bad"} if measure.kind == "ratio" else {"": "value"}
    judged = {"threshold": measure.threshold, "good_when": "at_most"} if measure.threshold is not None else {}
    return {
        "name": measure.name,
        "kind": measure.kind,
        "unit": measure.unit,
        "holds_for": 2 * measure.interval_seconds,
        # The sample monitor pushes once; silence should not be news each quarter of an hour.
        "silent_after": WEEK_SECONDS,
        "series": [
            {"selector": f'{measure.metric}{suffix}{{job="{measure.job}"}}', "part": part}
            for suffix, part in parts.items()
        ],
        **judged,
    }


async def push_measurements(story: DemoContext) -> None:
    """Push as Prometheus does, from where the last run ended."""
    beginnings = {INDICATORS: story.first_day, NEW_INDICATORS: first_of_month(story.today, 0)}
    unpushed = {measures: await find_measured_until(story, measures, day) for measures, day in beginnings.items()}
    if all(story.now - since < timedelta(hours=1) for since in unpushed.values()):
        return
    monitor = {"Authorization": f"Bearer {await create_api_key(story, MONITOR)}", **PUSH_HEADERS}
    every_day = {measures: list_days(since, story.now) for measures, since in unpushed.items()}
    with story.progress("Measurements", sum(map(len, every_day.values()))) as step:
        for measures, since in unpushed.items():
            for week in split_into_batches(every_day[measures], DAYS_PER_PUSH):
                body = build_write_request(measures, week, since, story.now)
                if body:
                    await story.client.send("POST", "/sla/v1/push/prometheus", monitor, content=body)
                for _ in week:
                    step()


def split_into_batches(all_days: list[date], size: int) -> list[list[date]]:
    return [all_days[first : first + size] for first in range(0, len(all_days), size)]


async def find_measured_until(story: DemoContext, measures: tuple[DemoIndicator, ...], first_day: date) -> datetime:
    """The instant up to which all of them are measured already."""
    beginning = datetime.combine(first_day, time(), UTC) - LEAD_TIME
    indicator_ids, instants = {story.indicators[measure.name] for measure in measures}, []
    async for indicator in story.client.list_all("/sla/v1/indicators", story.manager):
        if indicator["id"] in indicator_ids:
            last = indicator["last_sample_at"]
            instants.append(datetime.fromisoformat(last) if last else beginning)
    return min(instants, default=beginning)


async def create_api_key(story: DemoContext, monitor: str) -> str:
    """Make a new key for the monitor, and revoke those of earlier runs."""
    async for old in story.client.list_all("/sla/v1/api-keys", story.admin):
        if old["name"] == monitor and old["revoked_at"] is None:
            await story.client.send("DELETE", f"/sla/v1/api-keys/{old['id']}", story.admin)
    created = await story.client.post("/sla/v1/api-keys", {"name": monitor}, story.admin)
    return str(created["key"])
