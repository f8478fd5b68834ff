"""What the start page asks the services."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from console.calls.service_client import Document, ServiceCalls
from console.frame.months import Month

MAX_SHOWN = 10
"""The items of each kind that the start page shows; the lists have the rest."""
MAX_LOOKED_THROUGH = 100
"""The newest negotiations of a state, and announcements of maintenance, that are looked through for those that wait."""
NEGOTIATED = ("proposed", "counter_proposed", "accepted")
WAITS = {"sign": "your signature", "accept": "your answer to the proposal"}
"""What an agreement waits for, by the action that is open to who looks."""


class Attention(NamedTuple):
    """The things that need somebody's attention, each kind with the most pressing first."""

    issues: list[Document]
    incidents: list[Document]
    """Incidents with a clock that is late or due soon, the paused ones among them."""
    negotiations: list[Document]
    """Agreements whose proposal or signature waits for who looks."""
    maintenance: list[Document]

    def __bool__(self) -> bool:
        return any(self)


async def read_lines(services: ServiceCalls, month: Month) -> list[Document]:
    """Read one line per customer, by name."""
    lines = await services.list_all("/reporting/v1/scorecards", period=str(month))
    return sorted(lines, key=lambda line: str(line["customer"]["name"]).casefold())


async def read_attention(services: ServiceCalls, now: datetime) -> Attention:
    """Read what is pressing, and what waits for this person: one call per kind, however many there are."""
    issues, incidents, negotiations, maintenance = await asyncio.gather(
        services.get("/sla/v1/issues", unsolved="true", limit=MAX_SHOWN),
        services.get("/sla/v1/incidents", at_risk="true", include="clocks", limit=MAX_SHOWN),
        _list_awaited_negotiations(services),
        services.get("/sla/v1/maintenance", state="announced", sort="-changed", limit=MAX_LOOKED_THROUGH),
    )
    pressing = [incident | {"pressing": _list_pressing_clocks(incident, now)} for incident in incidents["items"]]
    awaited = [planned for planned in maintenance["items"] if "approve" in planned["actions"]]
    return Attention(issues["items"], pressing, negotiations, awaited[:MAX_SHOWN])


def _list_pressing_clocks(incident: Document, now: datetime) -> list[Document]:
    return [
        clock
        for clock in incident["clocks"]
        if not clock["stopped_at"] and (clock["breached"] or _has_passed(clock["due_soon_at"], now))
    ]


def _has_passed(instant: str | None, now: datetime) -> bool:
    return instant is not None and datetime.fromisoformat(instant) <= now


async def _list_awaited_negotiations(services: ServiceCalls) -> list[Document]:
    """List the agreements whose next step is this person's, as the service says of each."""
    pages = await asyncio.gather(
        *(
            services.get(
                "/sla/v1/agreements", state=state, include="actions", sort="-changed", limit=MAX_LOOKED_THROUGH
            )
            for state in NEGOTIATED
        )
    )
    agreements = chain.from_iterable(page["items"] for page in pages)
    waiting = [
        agreement | {"wait": wait} for agreement in agreements if (wait := _find_wait(agreement["actions"])) is not None
    ]
    return waiting[:MAX_SHOWN]


def _find_wait(actions: Sequence[str]) -> str | None:
    return next((wait for action, wait in WAITS.items() if action in actions), None)
