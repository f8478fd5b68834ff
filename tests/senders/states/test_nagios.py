"""A real Nagios says what is down with the command of the guide."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.caller import agree
from tests.senders.conftest import Receiver, until
from tests.senders.states.nagios import Nagios
from tests.senders.test_alertmanager import terms

NAME = "Database"

pytestmark = [
    pytest.mark.senders,
    pytest.mark.skipif(shutil.which(Nagios.name) is None, reason="needs nagios4, of Debian's package nagios4-core"),
]


async def test_a_service_that_is_critical_is_an_incident_until_it_is_ok(receiver: Receiver, home: Path) -> None:
    indicator = receiver.define(kind="availability", series=[{"selector": 'rapport_alert{alertname="db1: postgres"}'}])
    agree(receiver.house, receiver.manager, NAME, terms(indicator) | {"name": NAME})
    async with Nagios(home / "nagios", receiver.house.url, receiver.key, NAME) as nagios:
        await asyncio.sleep(3)
        nagios.set_state(2)
        await until(lambda: incident_states(receiver), ["open"])
        nagios.set_state(3)  # unknown says nothing
        await asyncio.sleep(3)
        assert incident_states(receiver) == ["open"]
        nagios.set_state(0)
        await until(lambda: incident_states(receiver), ["resolved"])
    (firing,) = list_firings(receiver)
    assert firing["labels"]["state"] == "down"
    assert firing["annotations"]["summary"] == "Connection to db1 refused: 100 % of 3  more"  # as Nagios cleans it


def list_firings(receiver: Receiver) -> list[dict[str, Any]]:
    firings = receiver.manager.get("/sla/v1/alerts", limit=200)["items"]
    return [firing for firing in firings if firing["labels"]["alertname"] == "db1: postgres"]


def incident_states(receiver: Receiver) -> list[str]:
    ids = [key for firing in list_firings(receiver) for key in firing["incident_ids"]]
    return [receiver.manager.get(f"/sla/v1/incidents/{key}")["state"] for key in ids]
