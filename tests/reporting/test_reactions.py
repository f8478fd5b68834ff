"""The read model: the same whatever the order of the aggregates, and however often an event comes."""

import random
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from common.database.machinery_tables import machinery_tables
from common.ids import new_id
from published.engagement import CustomerRenamed
from published.event import Event
from published.sla import (
    AgreementAmended,
    AgreementEnded,
    IssueCleared,
    IssueMerged,
    IssuePrioritized,
    IssueReopened,
    ObjectiveBreached,
    ObjectiveCleared,
    PromisedObjective,
)
from reporting.subscriptions import SUBSCRIPTIONS
from reporting.tables import PROJECTIONS, Base


async def read_model(reporting: Any) -> dict[str, list[str]]:
    async with reporting.trial.begin() as work:
        tables = [str(entity.__table__) for entity in PROJECTIONS]
        queries = {table: text(f"SELECT t::text FROM {table} t ORDER BY 1") for table in tables}  # noqa: S608
        return {table: list(await work.session.scalars(query)) for table, query in queries.items()}


@pytest.mark.parametrize("seed", range(6))
async def test_any_interleaving_with_repetitions_gives_the_same_scorecard(
    reporting: Any, story: Any, seed: int
) -> None:
    luck = random.Random(seed)
    waiting = story.aggregates()
    expected = [len(events) for events in waiting]
    while any(waiting):
        events = luck.choice([events for events in waiting if events])
        event = events.pop(0)
        for _ in range(luck.randint(1, 3)):
            await reporting.hear(event)
    counts = {table: len(rows) for table, rows in (await read_model(reporting)).items()}
    assert set(counts.values()) == {1}
    assert len(counts) == 8
    assert expected == [1, 1, 5, 2, 2]
    card = await reporting.card(story)
    assert (card["performance"]["percent"], card["performance"]["verdict"]) == ("98.9312", "missed")
    assert card["satisfaction"][0]["score"] == "80.00"
    assert card["issues"][0]["resolved_at"] == "2026-10-20T00:00:00Z"
    assert card["statements"][0]["tier"] == "gold"


async def test_the_whole_story_again_changes_nothing(reporting: Any, story: Any) -> None:
    events = [event for events in story.aggregates() for event in events]
    await reporting.hear(*events)
    before = await read_model(reporting)
    await reporting.hear(*events)
    assert await read_model(reporting) == before


def with_a_new_field(event: Event) -> Event:
    grown = type(f"{type(event).__name__}", (type(event),), {"__annotations__": {"colour": str}, "colour": "blue"})
    parsed: Event = grown.model_validate(event.model_dump())
    return parsed


@pytest.mark.parametrize("place", range(11))
async def test_events_may_grow(reporting: Any, story: Any, place: int) -> None:
    """A field this service does not know is of no interest to it."""
    event = [event for events in story.aggregates() for event in events][place]
    async with reporting.trial.begin() as work:
        await SUBSCRIPTIONS[type(event)].apply(work, with_a_new_field(event))


async def test_a_higher_revision_replaces_the_statement_and_a_lower_one_does_not(reporting: Any, story: Any) -> None:
    await reporting.hear_all(story)
    results = (story.result(story.availability, "99.9300"), story.result(story.latency, "98.0112"))
    second = story.stated(
        revision=2, met=True, performance=Decimal("98.9706"), objectives=results, credit=None, sha256="cd" * 32
    )
    await reporting.hear(second, story.stated(revision=1))
    (statement,) = (await reporting.card(story))["statements"]
    assert (statement["revision"], statement["sha256"], statement["credit"]) == (2, "cd" * 32, None)


async def test_a_breach_that_a_revision_took_back_is_shown_as_such(reporting: Any, story: Any) -> None:
    await reporting.hear_all(story)
    assert (await reporting.card(story))["breaches"][0]["standing"] is True
    results = (story.result(story.availability, "99.9300"), story.result(story.latency, "98.0112"))
    await reporting.hear(story.stated(revision=2, met=True, objectives=results))
    assert (await reporting.card(story))["breaches"][0]["standing"] is False


async def test_the_latest_satisfaction_replaces_the_ones_before(reporting: Any, story: Any) -> None:
    await reporting.hear_all(story)
    await reporting.hear(story.measured(revision=8, answered=10, n=10, score=Decimal("70.00")))
    await reporting.hear(story.measured(revision=4, answered=3, n=0, score=None, low=None, high=None))
    (survey,) = (await reporting.card(story))["satisfaction"]
    assert (survey["n"], survey["score"], survey["response_rate"]) == (10, "70.00", "83.33")


async def test_a_customer_is_renamed(reporting: Any, story: Any) -> None:
    await reporting.hear(story.registered(), CustomerRenamed(customer_id=story.customer, name="Port of Rotterdam"))
    assert (await reporting.card(story))["customer"]["name"] == "Port of Rotterdam"


@pytest.mark.parametrize(
    ("start", "end", "month"),
    [
        (datetime(2026, 9, 30, 10, tzinfo=UTC), datetime(2026, 10, 31, 10, tzinfo=UTC), "2026-10"),
        (datetime(2026, 10, 1, 12, tzinfo=UTC), datetime(2026, 11, 1, 12, tzinfo=UTC), "2026-10"),
        (datetime(2026, 10, 29, 23, tzinfo=UTC), datetime(2026, 10, 31, 23, tzinfo=UTC), "2026-10"),
        (datetime(2026, 10, 31, 23, tzinfo=UTC), datetime(2026, 11, 1, 23, tzinfo=UTC), "2026-11"),
        (datetime(2026, 6, 30, 22, tzinfo=UTC), datetime(2026, 9, 30, 22, tzinfo=UTC), "2026-09"),
    ],
)
async def test_a_period_counts_for_its_month_in_any_zone(
    reporting: Any, story: Any, start: datetime, end: datetime, month: str
) -> None:
    await reporting.hear(story.registered(), story.stated(period_from=start, period_to=end))
    assert len((await reporting.card(story, month))["statements"]) == 1


async def test_an_agreement_without_a_statement_is_awaited_while_it_is_in_force(reporting: Any, story: Any) -> None:
    await reporting.hear(story.registered(), story.signed())
    assert (await reporting.card(story))["awaited"] == []
    await reporting.hear(story.activated())
    (awaited,) = (await reporting.card(story))["awaited"]
    assert [objective["verdict"] for objective in awaited["objectives"]] == ["awaited", "awaited"]
    assert [objective["attained"] for objective in awaited["objectives"]] == [None, None]
    assert (await reporting.card(story, "2026-08"))["awaited"] == []

    end = AgreementEnded(
        agreement_id=story.agreement, customer_id=story.customer, ended_at=datetime(2026, 11, 1, 5, tzinfo=UTC)
    )
    await reporting.hear(end)
    assert len((await reporting.card(story))["awaited"]) == 1
    assert (await reporting.card(story, "2026-11"))["awaited"] == []


async def test_an_amended_agreement_is_shown_in_the_version_of_the_time(reporting: Any, story: Any) -> None:
    await reporting.hear(story.registered(), story.signed(), story.activated())
    await reporting.hear(story.signed(version=2, name="Vessel traffic, platinum", starts_on=date(2026, 11, 1)))
    names = {}
    for month in ("2026-10", "2026-11"):
        names[month] = [agreement["agreement_name"] for agreement in (await reporting.card(story, month))["awaited"]]
    assert names == {"2026-10": ["Vessel traffic, gold"], "2026-11": ["Vessel traffic, platinum"]}


async def test_issues_are_shown_in_the_months_they_were_open(
    reporting: Any, story: Any, another_story: Callable[..., Any]
) -> None:
    await reporting.hear(story.registered(), story.opened(), story.resolved())
    second = another_story(customer=story.customer)
    await reporting.hear(second.opened(title="Still open", priority=1, opened_at=datetime(2026, 9, 3, tzinfo=UTC)))
    cards = {}
    for month in ("2026-08", "2026-09", "2026-10", "2026-11"):
        cards[month] = [issue["title"] for issue in (await reporting.card(story, month))["issues"]]
    assert cards == {
        "2026-08": [],
        "2026-09": ["Still open"],
        "2026-10": ["Still open", "Availability missed"],
        "2026-11": ["Still open"],
    }


async def test_an_issue_is_shown_with_the_statement_it_was_opened_for(reporting: Any, story: Any) -> None:
    november = datetime(2026, 11, 1, 2, tzinfo=UTC)
    breach = story.breached()
    opened = story.opened(opened_at=november, period_from=breach.period_from, period_to=breach.period_to)
    await reporting.hear(story.registered(), breach, opened)
    for month in ("2026-10", "2026-11"):
        assert [issue["title"] for issue in (await reporting.card(story, month))["issues"]] == ["Availability missed"]


def test_every_table_of_the_service_is_rebuilt_by_a_replay() -> None:
    tables = machinery_tables(Base.metadata)
    machinery = {getattr(tables, field.name) for field in fields(tables)}
    own = set(Base.metadata.tables.values()) - machinery
    assert own == {entity.__table__ for entity in PROJECTIONS}
    assert not any(table.foreign_keys for table in own)


async def test_a_merged_or_cleared_issue_is_over_until_it_is_reopened(reporting: Any, story: Any) -> None:
    def at(day: int) -> datetime:
        return datetime(2026, 10, day, tzinfo=UTC)

    about = {"issue_id": story.issue, "customer_id": story.customer}
    merged = IssueMerged(into_issue_id=new_id(), reason="one outage", merged_at=at(15), **about)
    cleared = IssueCleared(cleared_at=at(16), **about)
    reopened = IssueReopened(priority=2, recurrences=1, reason="it is back", reopened_at=at(17), **about)
    await reporting.hear(story.registered(), story.opened())
    for event, over in ((merged, "2026-10-15T00:00:00Z"), (reopened, None), (cleared, "2026-10-16T00:00:00Z")):
        await reporting.hear(event)
        assert (await reporting.card(story))["issues"][0]["resolved_at"] == over


async def test_a_scorecard_shows_the_newest_priority_of_an_issue(reporting: Any, story: Any) -> None:
    about = {"issue_id": story.issue, "customer_id": story.customer}
    raised = IssuePrioritized(priority=1, prioritized_at=datetime(2026, 10, 15, tzinfo=UTC), **about)
    await reporting.hear(story.registered(), story.opened())
    assert (await reporting.card(story))["issues"][0]["priority"] != 1

    await reporting.hear(raised, raised)

    assert (await reporting.card(story))["issues"][0]["priority"] == 1


async def test_an_amendment_is_what_is_promised_from_its_day_on(reporting: Any, story: Any) -> None:
    amended = AgreementAmended(
        agreement_id=story.agreement,
        version=2,
        name="Vessel traffic, platinum",
        customer_id=story.customer,
        valid_from=date(2026, 11, 1),
        ends_on=None,
        objectives=(
            PromisedObjective(
                objective_id=story.availability, name="Availability", kind="availability", target=Decimal("99.95")
            ),
        ),
        signed_at=datetime(2026, 10, 20, tzinfo=UTC),
    )
    await reporting.hear(story.registered(), story.published(), story.signed(), story.activated())
    for _ in range(2):
        await reporting.hear(amended)
    before, after = await reporting.card(story), await reporting.card(story, "2026-11")
    assert [(agreement["agreement_name"], len(agreement["objectives"])) for agreement in before["awaited"]] == [
        ("Vessel traffic, gold", 2)
    ]
    assert [
        (agreement["agreement_name"], agreement["tier"], len(agreement["objectives"])) for agreement in after["awaited"]
    ] == [("Vessel traffic, platinum", "gold", 1)]


async def test_a_breach_that_a_restatement_takes_back_is_none(reporting: Any, story: Any) -> None:
    await reporting.hear_all(story)
    breached = next(event for events in story.aggregates() for event in events if type(event) is ObjectiveBreached)
    names = (
        "agreement_id",
        "statement_id",
        "customer_id",
        "objective_id",
        "objective_name",
        "period_from",
        "period_to",
    )
    facts = {name: getattr(breached, name) for name in names}
    cleared = ObjectiveCleared(**facts, target=breached.target, attained=Decimal("99.95"))
    assert len((await reporting.card(story))["breaches"]) == 1
    for _ in range(2):
        await reporting.hear(cleared)
        assert (await reporting.card(story))["breaches"] == []
