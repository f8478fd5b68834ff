"""A real Prometheus without an Alertmanager posts its alerts to Rapport, through what fails at times."""

from pathlib import Path
from typing import Any

import pytest

from tests.journeys.caller import agree
from tests.senders.conftest import Receiver, until
from tests.senders.prometheus import Prometheus
from tests.senders.test_alertmanager import terms

pytestmark = pytest.mark.senders

NAME = "Ruled shop"
RULE = {"alert": "RuledShopDown", "expr": "vector(1)", "labels": {"severity": "critical", "service": NAME}}


async def test_an_alert_of_a_prometheus_is_an_incident_until_it_is_not_posted(receiver: Receiver, home: Path) -> None:
    indicator = receiver.define(kind="availability", series=[{"selector": 'rapport_alert{alertname="RuledShopDown"}'}])
    agree(receiver.house, receiver.manager, NAME, terms(indicator) | {"name": NAME})
    url = f"{receiver.between.url}/sla/v1/push/prometheus"
    async with Prometheus(home / "ruler", "127.0.0.1:9", url, receiver.key, rules=[RULE]):
        await until(lambda: [firing["ends_at"] for firing in list_firings(receiver)], [None])
        (opened,) = list_firings(receiver)
        await until(lambda: (list_firings(receiver)[0]["expires_at"] or "") > opened["expires_at"], expected=True)
    (last,) = list_firings(receiver)
    assert (last["starts_at"], last["ends_at"]) == (opened["starts_at"], None)
    assert 200 in receiver.between.answers
    (incident,) = [receiver.manager.get(f"/sla/v1/incidents/{key}") for key in last["incident_ids"]]
    assert (incident["state"], incident["title"], incident["priority"]) == ("open", "RuledShopDown", 1)


def list_firings(receiver: Receiver) -> list[dict[str, Any]]:
    firings = receiver.manager.get("/sla/v1/alerts", limit=200)["items"]
    return [firing for firing in firings if firing["labels"]["alertname"] == RULE["alert"]]
