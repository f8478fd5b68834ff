"""What the sample organisation's Alertmanager reports: one alert that is over, and one that fires."""

from datetime import UTC, datetime, time, timedelta

from rapport.demo.client import Document
from rapport.demo.context import DemoContext

ALERTS = "/sla/v1/alerts"
STILL_FIRING = "0001-01-01T00:00:00Z"


async def push_alerts(story: DemoContext) -> None:
    """Once; each opens incidents of whoever has an agreement on the service."""
    if [alert async for alert in story.client.list_all(ALERTS, story.admin)]:
        return
    today = datetime.combine(story.now.date(), time(), UTC)
    down, over = today - timedelta(hours=13), today - timedelta(hours=12, minutes=53)
    alerts = [
        build_alert("ShopDown", "Web shop", "critical", "The shop does not answer.", down, over),
        build_alert("DiskFilling", "Data warehouse", "warning", "Full in three days.", today, None),
    ]
    with story.progress("Alerts", 2) as step:
        path = f"/sla/v1/alert-priorities/{story.services['Data warehouse']}"
        await story.client.send("PUT", path, story.manager, json={"priorities": {"warning": 4}})
        step()
        await story.client.post("/sla/v1/push/alertmanager", build_notification(alerts), story.admin)
        step()


def build_alert(
    name: str, service: str, severity: str, summary: str, start: datetime, end: datetime | None
) -> Document:
    return {
        "status": "resolved" if end else "firing",
        "labels": {"alertname": name, "service": service, "severity": severity},
        "annotations": {"summary": summary},
        "startsAt": start.isoformat(),
        "endsAt": end.isoformat() if end else STILL_FIRING,
        "generatorURL": "http://prometheus.halden.example/graph",
        "fingerprint": name.encode().hex()[:16],
    }


def build_notification(alerts: list[Document]) -> Document:
    """Version 4 of the webhook."""
    return {
        "version": "4",
        "groupKey": "{}:{}",
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "rapport",
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.halden.example",
        "alerts": alerts,
    }
