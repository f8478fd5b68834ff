"""Back-tests over HTTP: the same results as statements, and what they say to somebody who negotiates."""

from datetime import UTC, datetime

import pytest

from common.testing.fake_issuer import FakeClock
from tests.sla.backtests.conftest import (
    AvailabilityTerms,
    CreateBacktest,
    StoreMinutes,
    issue_statement,
    json_of,
    minutes,
)
from tests.sla.conftest import SlaClient

MONTHS = ("2025-11", "2025-12", "2026-01")


async def test_a_back_test_says_what_the_statements_say(
    sla_client: SlaClient, store_minutes: StoreMinutes, create_backtest: CreateBacktest
) -> None:
    """Terms with office hours, closures, two methods and credits; in December service was bad, in January silent."""
    bad, silent = minutes("2025-12-02T09:00", 400), minutes("2026-01-07T00:00", 4000)
    await store_minutes("2025-11-01", "2026-02-01", bad=bad, silent=silent)
    agreement = await sla_client.signed(starts_on="2025-11-01")
    document = json_of(await create_backtest(agreement_id=agreement["id"]))["document"]
    assert [period["period"] for period in document["periods"]] == list(MONTHS)
    for period in document["periods"]:
        assert period["result"] == await issue_statement(sla_client, agreement, period["period"])
    assert document["periods_missed"] == ["2025-12", "2026-01"]
    assert document["credit"] == "2400.00"
    assert document["sentences"][0] == (
        "The terms would have been missed in 2 of 3 months, from 2025-11 to 2026-01; credits 2400.00 EUR."
    )
    assert document["sentences"][2] == "Availability: too little was measured in 2026-01."


async def test_waivers_of_the_past_count(
    sla_client: SlaClient, store_minutes: StoreMinutes, create_backtest: CreateBacktest
) -> None:
    await store_minutes("2025-11-01", "2026-02-01", bad=minutes("2025-12-02T09:00", 400))
    agreement = await sla_client.signed(starts_on="2025-11-01")
    waiver = {
        "window": {"from": "2025-12-02T08:00:00Z", "to": "2025-12-02T16:00:00Z"},
        "reason": "The power of the customer's own building was off",
        "evidence": ["https://tickets.example.com/4711"],
    }
    path = f"/agreements/{agreement['id']}/waivers"
    requested = json_of(await sla_client.sla.client.post(path, json=waiver, headers=sla_client.manager))
    granted = await sla_client.sla.client.post(f"/waivers/{requested['id']}/approval", headers=sla_client.customer)
    assert granted.status_code in (200, 201), granted.text
    document = json_of(await create_backtest(agreement_id=agreement["id"]))["document"]
    for period in document["periods"]:
        assert period["result"] == await issue_statement(sla_client, agreement, period["period"])
    december = document["periods"][1]["result"]
    assert document["periods_missed"] == []
    assert december["exclusions"][0]["cause"] == "waiver"
    other_backtest = json_of(await create_backtest(terms=sla_client.terms()))["document"]
    assert other_backtest["periods_missed"] == ["2025-12"]
    assert other_backtest["of_an_agreement"] is False


ICALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Example//EN
BEGIN:VEVENT
UID:1@example.com
DTSTAMP:20251001T000000Z
DTSTART;VALUE=DATE:20251202
DTEND;VALUE=DATE:20251203
SUMMARY:Stocktaking
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")


async def test_shared_calendars_close_in_the_trial_what_they_closed_in_the_statements(
    sla_client: SlaClient, store_minutes: StoreMinutes, create_backtest: CreateBacktest, clock: FakeClock
) -> None:
    """The whole outage lies on a day that was closed; the calendar was approved before."""
    now, clock.now = clock.now, datetime(2025, 10, 1, 12, tzinfo=UTC)
    calendar = {"name": "Warehouse", "timezone": "Europe/Paris"}
    created = json_of(await sla_client.sla.client.post("/closure-calendars", json=calendar, headers=sla_client.manager))
    path = f"/closure-calendars/{created['id']}"
    typed = sla_client.manager | {"content-type": "text/calendar"}
    edition = json_of(await sla_client.sla.client.post(f"{path}/imports", content=ICALENDAR, headers=typed))
    second = sla_client.headers("manager", subject="second")
    json_of(await sla_client.sla.client.post(f"{path}/editions/{edition['number']}/approval", headers=second))
    clock.now = now
    await store_minutes("2025-11-01", "2026-02-01", bad=minutes("2025-12-02T09:00", 400))
    closed = {"starts_on": "2025-11-01", "closure_calendars": [created["id"]]}
    agreement = await sla_client.signed(**closed)
    document = json_of(await create_backtest(agreement_id=agreement["id"]))["document"]
    assert document["periods_missed"] == []
    for period in document["periods"]:
        assert period["result"] == await issue_statement(sla_client, agreement, period["period"])
    assert document["periods"][1]["result"]["minutes"]["closed"] == 1200
    open_ = json_of(await create_backtest(terms=sla_client.terms()))["document"]
    assert open_["periods_missed"] == ["2025-12"]


async def test_a_draft_is_tried_before_it_is_signed(
    sla_client: SlaClient,
    store_minutes: StoreMinutes,
    create_backtest: CreateBacktest,
    availability_terms: AvailabilityTerms,
) -> None:
    """Of 44,640 minutes of January 223 may be bad under 99.5 %."""
    await store_minutes("2025-11-01", "2026-02-01", bad=minutes("2026-01-10T00:00", 223))
    draft = json_of(await sla_client.draft(**availability_terms()))
    backtest = json_of(await create_backtest(agreement_id=draft["id"]))
    assert backtest["document"]["periods_missed"] == []
    assert backtest["terms_sha256"] == draft["version"]["terms_sha256"]
    stricter = json_of(
        await create_backtest(agreement_id=draft["id"], terms=sla_client.terms(**availability_terms("99.51")))
    )
    assert stricter["document"]["periods_missed"] == ["2026-01"]
    assert stricter["document"]["objectives"][0]["kept_in_all"] == "99.5004"
    assert stricter["document"]["sentences"][1] == (
        "Availability: 99.51 % would have been missed in 1 of 3 (2026-01); the highest target kept in all of them is "
        "99.5004 %, in 95 % of them 99.5004 %."
    )
    again = json_of(await create_backtest(terms=sla_client.terms(**availability_terms("99.5004"))))
    assert again["document"]["periods_missed"] == []
    assert json_of(await create_backtest(terms=sla_client.terms(**availability_terms("99.5005"))))["document"][
        "periods_missed"
    ] == ["2026-01"]


async def test_the_three_methods_stand_side_by_side(
    sla_client: SlaClient,
    store_minutes: StoreMinutes,
    create_backtest: CreateBacktest,
    availability_terms: AvailabilityTerms,
) -> None:
    await store_minutes("2026-01-01", "2026-02-01", bad=minutes("2026-01-10T00:00", 446))
    worded = availability_terms("99", kind="ratio", method="timeslices", slice_target="90", slice_minutes=60)
    document = json_of(await create_backtest(terms=sla_client.terms(**worded), **{"from": "2026-01-01"}))["document"]
    methods = {method["method"]: method for method in document["objectives"][0]["methods"]}
    assert {name: method["as_worded"] for name, method in methods.items()} == {
        "occurrences": False,
        "timeslices": True,
        "ratio_timeslices": False,
    }
    attained = {name: method["periods"][0]["attained"] for name, method in methods.items()}
    # 446 of 44,640 minutes; 8 of 744 hours with less than 90 % good; a mean over hours of even length
    assert attained == {"occurrences": "99.0008", "timeslices": "98.9247", "ratio_timeslices": "99.0008"}
    assert [method["missed"] for method in methods.values()] == [[], ["2026-01"], []]
    assert methods["occurrences"]["periods"][0]["budget_consumed"] == "99.911"
    assert document["periods_missed"] == ["2026-01"]


async def test_what_was_not_measured_is_said(
    sla_client: SlaClient,
    store_minutes: StoreMinutes,
    create_backtest: CreateBacktest,
    availability_terms: AvailabilityTerms,
) -> None:
    await store_minutes("2025-12-01", "2025-12-10")
    document = json_of(await create_backtest(terms=sla_client.terms(**availability_terms(coverage_floor="90"))))[
        "document"
    ]
    assert document["periods_undecided"] == list(MONTHS)
    assert document["objectives"][0]["not_measured"] == list(MONTHS)
    assert document["objectives"][0]["kept_in_all"] is None
    assert document["credit"] == "0.00"
    assert document["sentences"][1:] == ["Availability: too little was measured in 2025-11, 2025-12, 2026-01."]
    assert [period["result"]["objectives"][0]["coverage"] for period in document["periods"]] == [
        "0.0000",
        "29.0322",
        "0.0000",
    ]


@pytest.mark.parametrize(
    ("unit", "first", "last", "periods"),
    [
        ("calendar_quarter", "2025-10-01", "2026-03-31", ["2025-Q4"]),
        ("calendar_year", "2025-01-01", "2026-12-31", ["2025"]),
        ("calendar_month", "2025-12-15", "2026-01-10", ["2025-12", "2026-01"]),
    ],
)
async def test_periods_are_those_of_the_terms(
    sla_client: SlaClient,
    create_backtest: CreateBacktest,
    availability_terms: AvailabilityTerms,
    unit: str,
    first: str,
    last: str,
    periods: list[str],
) -> None:
    """Cut to the days that were asked for; those that are not over are left out."""
    terms = sla_client.terms(review_period=unit, **availability_terms())
    document = json_of(await create_backtest(terms=terms, **{"from": first, "to": last}))["document"]
    assert [period["period"] for period in document["periods"]] == periods
    if unit == "calendar_month":
        assert [period["from"] for period in document["periods"]] == ["2025-12-15T00:00:00Z", "2026-01-01T00:00:00Z"]
        assert document["periods"][1]["to"] == "2026-01-11T00:00:00Z"
