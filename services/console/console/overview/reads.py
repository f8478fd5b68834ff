"""What the start page asks the services."""

import asyncio
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from console.agreements.turns import find_turn
from console.calls.errors import ServiceAway, ServiceRefused
from console.calls.service_client import Document, ServiceCalls
from console.frame.months import Month
from console.maintenance.approvals import APPROVAL, is_awaited

MAX_SHOWN = 10
"""The items of each kind that the start page shows; the lists have the rest."""
MAX_NEGOTIATIONS = 25
"""The open negotiations that are looked into, the newest first, for whose turn it is."""
NEGOTIATED = ("proposed", "counter_proposed", "accepted")


class Attention(NamedTuple):
    """The things that need somebody's attention, each kind with the most pressing first."""

    issues: list[Document]
    incidents: list[Document]
    """Incidents with a clock that is late or soon due."""
    negotiations: list[Document]
    """Agreements whose proposal or signature waits for the side of who looks."""
    maintenance: list[Document]

    def __bool__(self) -> bool:
        return any(self)


async def read_lines(services: ServiceCalls, month: Month) -> list[Document]:
    """Read one line per customer, by name."""
    lines = await services.list_all("/reporting/v1/scorecards", period=str(month))
    return sorted(lines, key=lambda line: str(line["customer"]["name"]).casefold())


async def read_attention(services: ServiceCalls, side: str, subject: str, now: datetime) -> Attention:
    """Read what is pressing, and what waits for this person."""
    operations = await services.list_open_operations("sla")
    issues, incidents, negotiations, maintenance = await asyncio.gather(
        services.get("/sla/v1/issues", unsolved="true", limit=MAX_SHOWN),
        _list_late_incidents(services, now),
        _list_awaited_negotiations(services, side, operations),
        services.list_all("/sla/v1/maintenance", state="announced") if APPROVAL in operations else _list_nothing(),
    )
    awaited = [planned for planned in maintenance if is_awaited(planned, side, subject)]
    return Attention(issues["items"], incidents, negotiations, awaited[:MAX_SHOWN])


async def _list_late_incidents(services: ServiceCalls, now: datetime) -> list[Document]:
    """List the open incidents with a clock past its deadline, or past the time at which it warns."""
    pages = await asyncio.gather(
        *(
            services.get("/sla/v1/incidents", state=state, has_sla="true", limit=MAX_SHOWN)
            for state in ("open", "acknowledged")
        )
    )
    incidents = [item for page in pages for item in page["items"]]
    details = await asyncio.gather(*(services.get(f"/sla/v1/incidents/{incident['id']}") for incident in incidents))
    pressing = [incident | {"late": late} for incident in details if (late := _list_late_clocks(incident, now))]
    return pressing[:MAX_SHOWN]


def _list_late_clocks(incident: Document, now: datetime) -> list[Document]:
    return [
        clock | {"is_late": clock["verdict"] == "late"}
        for clock in incident["clocks"]
        if not clock["stopped_at"] and (clock["verdict"] == "late" or _has_passed(clock["due_soon_at"], now))
    ]


def _has_passed(instant: str | None, now: datetime) -> bool:
    return instant is not None and datetime.fromisoformat(instant) <= now


async def _list_nothing() -> list[Document]:
    return []


async def _list_awaited_negotiations(services: ServiceCalls, side: str, operations: frozenset[str]) -> list[Document]:
    pages = await asyncio.gather(*(services.list_all("/sla/v1/agreements", state=state) for state in NEGOTIATED))
    agreements = list(chain.from_iterable(pages))[-MAX_NEGOTIATIONS:]
    records = await asyncio.gather(
        *(services.get(f"/sla/v1/agreements/{agreement['id']}/negotiation") for agreement in agreements),
        return_exceptions=True,
    )
    waiting = []
    for agreement, record in zip(agreements, records, strict=True):
        if isinstance(record, BaseException):
            _raise_unless_refused(record)
        elif wait := find_turn(record, side, operations).waits_for:
            waiting.append(agreement | {"wait": wait})
    return waiting[:MAX_SHOWN]


def _raise_unless_refused(error: BaseException) -> None:
    """Go on without an agreement that was withdrawn meanwhile, or is not shown to who looks."""
    if not isinstance(error, ServiceRefused | ServiceAway):
        raise error
