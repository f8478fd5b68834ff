"""Scorecards: what is known, nothing that is not, the same bytes for the same facts, and to whom they are shown."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
import rfc8785


async def test_a_scorecard_tells_what_was_promised_and_what_was_kept(reporting: Any, story: Any) -> None:
    await reporting.hear_all(story)
    card = await reporting.card(story)
    assert card["customer"] == {"id": str(story.customer), "name": "Harbour Authority"}
    assert card["performance"] == {
        "percent": "98.9312",
        "provisional": False,
        "until": None,
        "agreements": 1,
        "stated": 1,
        "objectives": 2,
        "objectives_met": 1,
        "objectives_missed": 1,
        "objectives_undecided": 0,
        "verdict": "missed",
    }
    (statement,) = card["statements"]
    assert (statement["offering_name"], statement["tier"]) == ("Traffic 24x7", "gold")
    assert statement["credit"] == {"amount": "45.00", "currency": "EUR"}
    assert statement["objectives"][0] == {
        "objective_id": str(story.availability),
        "name": "Availability",
        "target": "99.9",
        "attained": "99.8512",
        "verdict": "missed",
        "budget_remaining": "-48.800",
        "coverage": "99.9821",
        "margin": "-0.0488",
        "warnings": [],
    }
    assert [(breach["objective_name"], breach["standing"]) for breach in card["breaches"]] == [("Availability", True)]
    (survey,) = card["satisfaction"]
    assert (survey["score"], survey["low"], survey["high"], survey["n"]) == ("80.00", "45.20", "95.10", 5)
    assert (survey["invited"], survey["answered"], survey["response_rate"]) == (12, 6, "50.00")


async def test_what_is_missing_is_null_and_neither_0_nor_100(reporting: Any, story: Any) -> None:
    results = (story.result(story.availability, None, met=None), story.result(story.latency, None, met=None))
    await reporting.hear(
        story.registered(), story.stated(performance=None, met=None, objectives=results, credit=None, currency=None)
    )
    await reporting.hear(story.measured(answered=0, n=0, score=None, low=None, high=None))
    card = await reporting.card(story)
    assert (card["performance"]["percent"], card["performance"]["verdict"]) == (None, "not_measured")
    assert [objective["verdict"] for objective in card["statements"][0]["objectives"]] == [
        "not_measured",
        "not_measured",
    ]
    assert (card["satisfaction"][0]["score"], card["satisfaction"][0]["response_rate"]) == (None, "0.00")
    page = await reporting.page(story)
    assert "Nothing was measured" in page
    assert "asked, no answer yet" in page


async def test_a_month_without_anything_is_empty_not_an_error(reporting: Any, story: Any) -> None:
    await reporting.hear(story.registered())
    card = await reporting.card(story, "2031-01")
    assert card["performance"]["percent"] is None
    assert (card["statements"], card["satisfaction"], card["trend"]) == (
        [],
        [],
        [{"period": "2031-01", "performance": None, "provisional": False, "verdict": "awaited"}],
    )
    assert "No agreement was in force in January 2031" in await reporting.page(story, "2031-01")


async def test_the_overall_performance_is_the_mean_of_what_is_stated(
    reporting: Any, story: Any, another_story: Callable[..., Any]
) -> None:
    second = another_story(customer=story.customer)
    waiting = another_story(customer=story.customer)
    await reporting.hear(story.registered(), story.stated(performance=Decimal("99.9999")))
    await reporting.hear(second.signed(), second.activated(), second.stated(performance=Decimal("100.0000"), met=True))
    await reporting.hear(waiting.signed(), waiting.activated())
    performance = (await reporting.card(story))["performance"]
    assert performance["percent"] == "99.9999"  # rounded down: all but 100 is not 100
    assert (performance["agreements"], performance["stated"], performance["verdict"]) == (3, 2, "missed")


async def test_met_is_said_only_once_everything_is_stated(
    reporting: Any, story: Any, another_story: Callable[..., Any]
) -> None:
    results = (story.result(story.availability, "99.9300"), story.result(story.latency, "98.0112"))
    await reporting.hear(story.registered(), story.stated(met=True, objectives=results))
    assert (await reporting.card(story))["performance"]["verdict"] == "met"
    waiting = another_story(customer=story.customer)
    await reporting.hear(waiting.signed(), waiting.activated())
    assert (await reporting.card(story))["performance"]["verdict"] == "awaited"


async def test_the_trend_has_gaps_where_nothing_is_known(reporting: Any, story: Any) -> None:
    await reporting.hear(story.registered())
    for month in (6, 7, 9):
        start, end = datetime(2026, month, 1, tzinfo=UTC), datetime(2026, month + 1, 1, tzinfo=UTC)
        await reporting.hear(story.stated(period_from=start, period_to=end, performance=Decimal(f"99.{month}")))
    trend = (await reporting.card(story))["trend"]
    assert [(point["period"], point["performance"]) for point in trend] == [
        ("2026-06", "99.6000"),
        ("2026-07", "99.7000"),
        ("2026-08", None),
        ("2026-09", "99.9000"),
        ("2026-10", None),
    ]


async def test_the_answer_is_canonical_and_its_hash_can_be_computed_again(reporting: Any, story: Any) -> None:
    await reporting.hear_all(story)
    path = f"/customers/{story.customer}/scorecard?period=2026-10"
    answer = await reporting.ask(path)
    assert answer.content == rfc8785.dumps(json.loads(answer.content))
    document = json.loads(answer.content)
    like_jq = json.dumps(document["scorecard"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(like_jq.encode()).hexdigest() == document["sha256"]
    assert (await reporting.ask(path)).content == answer.content
    assert document["sha256"] in await reporting.page(story)


async def test_lines_are_paged_and_agree_with_the_scorecards(reporting: Any, another_story: Callable[..., Any]) -> None:
    stories = [another_story(name=f"Customer {number}") for number in range(3)]
    for story in stories:
        await reporting.hear_all(story)
    first = await reporting.get("/scorecards?period=2026-10&limit=2")
    second = await reporting.get(f"/scorecards?period=2026-10&limit=2&cursor={first['next']}")
    lines = first["items"] + second["items"]
    assert [line["customer"]["name"] for line in lines] == ["Customer 0", "Customer 1", "Customer 2"]
    assert second["next"] is None
    for line, story in zip(lines, stories, strict=True):
        card = await reporting.card(story)
        assert (line["performance"], line["satisfaction"]) == (card["performance"], card["satisfaction"])
        assert (line["breaches"], line["open_issues"]) == (1, 0)


async def test_known_customers_are_listed(reporting: Any, another_story: Callable[..., Any]) -> None:
    for name in ("A", "B"):
        await reporting.hear(another_story(name=name).registered())
    assert [customer["name"] for customer in (await reporting.get("/customers"))["items"]] == ["A", "B"]


async def test_the_number_of_queries_does_not_grow(reporting: Any, another_story: Callable[..., Any]) -> None:
    counts = []
    for more in (1, 4):
        for _ in range(more):
            await reporting.hear_all(another_story())
        with reporting.trial.record_queries() as queries:
            await reporting.get("/scorecards?period=2026-10")
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 8


async def test_a_customer_sees_its_own_scorecard_only(
    reporting: Any, story: Any, another_story: Callable[..., Any]
) -> None:
    foreign = another_story(name="Mill & Sons")
    for customer_story in (story, foreign):
        await reporting.hear_all(customer_story)
    reader = {"role": "customer", "customer": story.customer}
    assert [customer["id"] for customer in (await reporting.get("/customers", **reader))["items"]] == [
        str(story.customer)
    ]
    lines = await reporting.get("/scorecards?period=2026-10", **reader)
    assert [UUID(line["customer"]["id"]) for line in lines["items"]] == [story.customer]
    card = await reporting.get(f"/customers/{story.customer}/scorecard?period=2026-10", **reader)
    assert "Mill" not in json.dumps(card)
    for end in ("scorecard", "scorecard.html"):
        answer = await reporting.ask(f"/customers/{foreign.customer}/{end}?period=2026-10", **reader)
        unknown = await reporting.ask(f"/customers/{uuid4()}/{end}?period=2026-10", **reader)
        assert answer.status_code == unknown.status_code == 404


@pytest.mark.parametrize("role", ["admin", "manager", "owner", "viewer"])
async def test_staff_may_read(reporting: Any, story: Any, role: str) -> None:
    await reporting.hear_all(story)
    assert (await reporting.ask(f"/customers/{story.customer}/scorecard?period=2026-10", role)).status_code == 200


async def test_nobody_reads_without_a_token(reporting: Any, story: Any) -> None:
    await reporting.hear_all(story)
    for path in ("/customers", "/scorecards?period=2026-10", f"/customers/{story.customer}/scorecard?period=2026-10"):
        assert (await reporting.ask(path, None)).status_code == 401


@pytest.mark.parametrize(
    "period",
    ["", "2026", "2026-13", "2026-00", "0000-01", "1999-12", "2026-1", "2026-10-01", "\u0662026-10", "2026-10\n"],
)
async def test_a_period_is_a_calendar_month(reporting: Any, story: Any, period: str) -> None:
    await reporting.hear_all(story)
    for path in ("/scorecards", f"/customers/{story.customer}/scorecard"):
        answer = await reporting.ask(path, params={"period": period})
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == ["period"]
    assert (await reporting.ask("/scorecards")).status_code == 422


@pytest.mark.parametrize("period", ["2000-01", "2099-12"])
async def test_the_first_and_the_last_period(reporting: Any, story: Any, period: str) -> None:
    await reporting.hear(story.registered())
    assert (await reporting.card(story, period))["period"] == period


async def test_an_unknown_customer_is_not_found(reporting: Any) -> None:
    assert (await reporting.ask(f"/customers/{uuid4()}/scorecard?period=2026-10")).status_code == 404
    assert (await reporting.ask("/customers/nobody/scorecard?period=2026-10")).status_code == 422
