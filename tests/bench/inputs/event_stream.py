"""A backlog like a real one: what happens to customers, offerings, agreements, issues and surveys, in a mixed order."""

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from common.ids import new_id
from common.runtime import Runtime
from published.catalog import OfferingPublished
from published.engagement import CustomerRegistered, CustomerRenamed
from published.event import Event
from published.feedback import SatisfactionMeasured
from published.sla.agreements import AgreementActivated, AgreementSigned, PromisedObjective
from published.sla.issues import IssueOpened, IssueResolved
from published.sla.statements import ObjectiveBreached, ObjectiveResult, StatementIssued

CUSTOMERS, OFFERINGS, AGREEMENTS, SURVEYS = 400, 100, 400, 400
MONTHS = 4
AT_ONCE = 50
"""The events of one transaction of their source."""
NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)
OBJECTIVES = ("availability", "response time", "resolution time")


async def write_histories(runtimes: Mapping[str, Runtime], chance: random.Random) -> int:
    """Write the histories of all aggregates to the outboxes of their services, and return how many events they have."""
    events = _mix(list(_histories()), chance)
    for source, runtime in runtimes.items():
        own = [event for event in events if event.service == source]
        for start in range(0, len(own), AT_ONCE):
            async with runtime.begin() as work:
                for event in own[start : start + AT_ONCE]:
                    work.emit(event)
    return len(events)


def _mix(histories: list[list[Event]], chance: random.Random) -> list[Event]:
    """Mix the histories at random; each keeps its own order."""
    turns = [index for index, history in enumerate(histories) for _ in history]
    chance.shuffle(turns)
    remaining = [iter(history) for history in histories]
    return [next(remaining[index]) for index in turns]


def _histories() -> Iterator[list[Event]]:
    customers, offerings = [new_id() for _ in range(CUSTOMERS)], [new_id() for _ in range(OFFERINGS)]
    for number, customer in enumerate(customers):
        name = f"Customer {number}"
        registered = CustomerRegistered(customer_id=customer, name=name, parent_id=None, registered_at=NOW)
        yield [registered, CustomerRenamed(customer_id=customer, name=f"{name}, Inc.")]
    yield from ([_offering(offering)] for offering in offerings)
    for number in range(AGREEMENTS):
        yield from _agreement(number, customers[number % CUSTOMERS], offerings[number % OFFERINGS])
    yield from ([_satisfaction(customers[number % CUSTOMERS])] for number in range(SURVEYS))


def _offering(offering: UUID) -> Event:
    return OfferingPublished(
        offering_id=offering,
        offering_name="Managed workplace",
        service_id=new_id(),
        service_name="Workplace",
        tier="gold",
        price=Decimal("49.90"),
        currency="EUR",
        unit="user",
        published_at=NOW,
    )


def _agreement(number: int, customer: UUID, offering: UUID) -> Iterator[list[Event]]:
    """Yield the history of an agreement with a statement a month, and that of the issue its breach opened."""
    agreement, issue = new_id(), new_id()
    parts = [
        PromisedObjective(objective_id=new_id(), name=name, kind="availability", target=Decimal("99.5"))
        for name in OBJECTIVES
    ]
    signed = AgreementSigned(
        agreement_id=agreement,
        version=1,
        name=f"Agreement {number}",
        customer_id=customer,
        offering_id=offering,
        service_name="Workplace",
        starts_on=date(2026, 1, 1),
        objectives=tuple(parts),
        signed_at=NOW,
    )
    activated = AgreementActivated(agreement_id=agreement, version=1, customer_id=customer, activated_at=NOW)
    statements = [_statement(signed, month) for month in range(1, MONTHS + 1)]
    breach = ObjectiveBreached.from_entity(
        statements[0],
        parts[0],
        objective_name=parts[0].name,
        attained=Decimal("99.1"),
        agreement_id=agreement,
    )
    opened = IssueOpened.from_entity(
        statements[0], issue_id=issue, title="Availability was missed", priority=2, opened_at=NOW
    )
    yield [signed, activated, statements[0], breach, *statements[1:]]
    yield [opened, IssueResolved(issue_id=issue, customer_id=customer, resolved_at=NOW)]


def _statement(signed: AgreementSigned, month: int) -> StatementIssued:
    results = [
        ObjectiveResult.from_entity(
            part,
            attained=Decimal("99.734"),
            met=True,
            budget_remaining=Decimal("46.8"),
            coverage=Decimal("99.98"),
            margin=Decimal("0.234"),
        )
        for part in signed.objectives
    ]
    return StatementIssued.from_entity(
        signed,
        statement_id=new_id(),
        agreement_name=signed.name,
        period_from=datetime(2026, month, 1, tzinfo=UTC),
        period_to=datetime(2026, month + 1, 1, tzinfo=UTC),
        revision=1,
        performance=Decimal("99.8"),
        met=True,
        objectives=tuple(results),
        credit=None,
        currency=None,
        sha256="b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c",
        issued_at=NOW,
    )


def _satisfaction(customer: UUID) -> Event:
    return SatisfactionMeasured(
        survey_id=new_id(),
        customer_id=customer,
        survey_name="Service desk",
        instrument="csat-5",
        scoring="csat-5/1",
        revision=1,
        opened_at=NOW,
        invited=40,
        answered=23,
        population=120,
        smallest_n=5,
        n=23,
        score=Decimal("87.0"),
        low=Decimal("67.9"),
        high=Decimal("95.5"),
        measured_at=NOW,
    )
