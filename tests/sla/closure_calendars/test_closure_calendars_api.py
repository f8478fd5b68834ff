"""Shared calendars over HTTP: imported by one person, approved by another, in effect from the next day on."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from common.ids import new_id
from common.testing.fake_issuer import FakeClock
from common.testing.plugin import ServiceUnderTest
from sla.agreements import store
from sla.closure_calendars.model import ClosureEdition
from sla.hours.spans import Span, to_microseconds
from tests.sla.conftest import SlaClient
from tests.sla.incidents.reporter import SLOW, incident_terms, start_reporter
from tests.sla.incidents.test_statements import close_period
from tests.sla.problems import problem

MOVE = "BEGIN:VEVENT\nUID:1\nDTSTAMP:20260101T000000Z\nSUMMARY:Move\nDTSTART;VALUE=DATE:{}\nEND:VEVENT\n"


def document(*days: str) -> str:
    events = "".join(MOVE.format(day).replace("UID:1", f"UID:{day}") for day in days)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Example//EN\n{events}END:VCALENDAR\n".replace("\n", "\r\n")


@pytest.fixture
async def calendar(sla_client: SlaClient) -> str:
    body = {"name": "Company closures", "timezone": "Europe/Paris"}
    answer = await sla_client.sla.client.post("/closure-calendars", json=body, headers=sla_client.manager)
    assert answer.status_code == 201, answer.text
    calendar_id: str = answer.json()["id"]
    return calendar_id


async def send(sla_client: SlaClient, calendar: str, content: str, query: str = "", **headers: str) -> Any:
    request_headers = sla_client.manager | {"Content-Type": "text/calendar; charset=utf-8"} | headers
    return await sla_client.sla.client.post(
        f"/closure-calendars/{calendar}/imports{query}", content=content.encode(), headers=request_headers
    )


async def decide(sla_client: SlaClient, calendar: str, number: int, how: str = "approval", subject: str = "max") -> Any:
    body = {"reason": "not yet"} if how == "rejection" else None
    headers = sla_client.headers("manager", subject=subject)
    return await sla_client.sla.client.post(
        f"/closure-calendars/{calendar}/editions/{number}/{how}", json=body, headers=headers
    )


async def test_an_import_says_what_it_would_close_and_closes_nothing(
    sla_client: SlaClient, sla: ServiceUnderTest, calendar: str
) -> None:
    drafted = await send(sla_client, calendar, document("20260309", "20260101"))
    assert drafted.status_code == 201, drafted.text
    move = {"from": "2026-03-09T00:00", "to": "2026-03-10T00:00", "name": "Move"}
    assert (drafted.json()["closures"], drafted.json()["closes"], drafted.json()["opens"]) == ([move], [move], [])
    assert (drafted.json()["state"], drafted.json()["known_until"]) == ("draft", "2028-12-31")
    read = (await sla.client.get(f"/closure-calendars/{calendar}", headers=sla_client.customer)).json()
    assert read["closures"] == []


async def test_an_approved_import_is_in_effect_from_the_next_day_on(
    sla_client: SlaClient, sla: ServiceUnderTest, clock: FakeClock, calendar: str
) -> None:
    await send(sla_client, calendar, document("20260309", "20260310"))
    approved = await decide(sla_client, calendar, 1)
    assert (approved.status_code, approved.json()["first_day"]) == (201, "2026-02-04")
    clock.now = datetime(2026, 3, 9, 22, tzinfo=UTC)
    second = await send(sla_client, calendar, document("20260311"))
    assert [closure["from"] for closure in second.json()["opens"]] == ["2026-03-10T00:00"]
    assert [closure["from"] for closure in second.json()["closes"]] == ["2026-03-11T00:00"]
    await decide(sla_client, calendar, 2)
    read = (await sla.client.get(f"/closure-calendars/{calendar}", headers=sla_client.manager)).json()
    assert [closure["from"] for closure in read["closures"]] == ["2026-03-09T00:00", "2026-03-11T00:00"]
    listed = await sla.client.get(f"/closure-calendars/{calendar}/editions", headers=sla_client.headers("viewer"))
    assert [(edition["number"], edition["state"]) for edition in listed.json()["items"]] == [
        (1, "approved"),
        (2, "approved"),
    ]
    first = (await sla.client.get(f"/closure-calendars/{calendar}/editions/1", headers=sla_client.manager)).json()
    assert (len(first["closes"]), first["opens"]) == (2, [])


async def test_nobody_approves_what_they_imported(sla_client: SlaClient, calendar: str) -> None:
    await send(sla_client, calendar, document("20260309"))
    assert problem(await decide(sla_client, calendar, 1, subject="manager")) == (409, "own-import-approved")
    assert (await decide(sla_client, calendar, 1, "rejection")).json()["state"] == "rejected"
    assert problem(await decide(sla_client, calendar, 1)) == (409, "edition-already-decided")
    assert problem(await decide(sla_client, calendar, 1, "rejection")) == (409, "edition-already-decided")
    assert (await send(sla_client, calendar, document("20260309"))).json()["number"] == 2


async def test_imports_that_cannot_be_are_refused(sla_client: SlaClient, calendar: str) -> None:
    assert problem(await send(sla_client, calendar, "nonsense")) == (422, "calendar-unreadable")
    assert problem(await send(sla_client, calendar, document("20269999"))) == (422, "calendar-unreadable")
    for until in ("2026-02-03", "2031-12-31"):
        refused = await send(sla_client, calendar, document(), f"?until={until}")
        assert problem(refused) == (422, "import-too-far")
        assert refused.json()["errors"][0]["field"] == "until"
    wrong_media_type = await send(sla_client, calendar, document(), **{"Content-Type": "application/json"})
    assert problem(wrong_media_type) == (415, "unsupported-media-type")
    assert (await send(sla_client, str(new_id()), document())).status_code == 404
    assert (await send(sla_client, calendar, document())).status_code == 201
    assert problem(await send(sla_client, calendar, document())) == (409, "import-under-way")


async def test_a_file_of_holidays_that_marks_them_as_free_time_is_imported_by_a_switch(
    sla_client: SlaClient, calendar: str
) -> None:
    holidays = document("20260309").replace("END:VEVENT", "TRANSP:TRANSPARENT\r\nEND:VEVENT")

    skipped = (await send(sla_client, calendar, holidays)).json()
    await decide(sla_client, calendar, 1, "rejection")
    closed = (await send(sla_client, calendar, holidays, "?free_time=true")).json()

    assert (skipped["closures"], skipped["skipped"]) == ([], {"Move": "it is marked as free time"})
    assert ([closure["name"] for closure in closed["closures"]], closed["skipped"]) == (["Move"], {})


async def test_calendars_are_defined_and_filled_by_managers(
    sla_client: SlaClient, sla: ServiceUnderTest, calendar: str
) -> None:
    body = {"name": "Mine", "timezone": "Europe/Paris"}
    await send(sla_client, calendar, document("20260309"))
    for headers in (sla_client.customer, sla_client.headers("owner"), sla_client.headers("viewer")):
        assert (await sla.client.post("/closure-calendars", json=body, headers=headers)).status_code == 403
        assert (await send(sla_client, calendar, document(), **headers)).status_code == 403
        path = f"/closure-calendars/{calendar}/editions/1/approval"
        assert (await sla.client.post(path, headers=headers)).status_code == 403
    refused = await sla.client.post("/closure-calendars", json=body | {"timezone": "Mars"}, headers=sla_client.manager)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "timezone")
    assert (await decide(sla_client, calendar, 7)).status_code == 404
    listed = (await sla.client.get("/closure-calendars?limit=1", headers=sla_client.customer)).json()
    assert [item["name"] for item in listed["items"]] == ["Company closures"]


async def test_what_is_approved_is_closed_in_agreements_that_name_the_calendar(
    sla_client: SlaClient, sla: ServiceUnderTest, clock: FakeClock, calendar: str
) -> None:
    agreement = UUID((await sla_client.signed(closure_calendars=[calendar]))["id"])
    await send(sla_client, calendar, document("20260309", "20260310"))
    await decide(sla_client, calendar, 1)
    before = clock()
    clock.now = datetime(2026, 3, 9, 12, tzinfo=UTC)
    await send(sla_client, calendar, document("20260311"))
    await decide(sla_client, calendar, 2)

    async def open_days(known_at: datetime | None = None) -> list[int]:
        async with sla.begin() as work:
            schedule = await store.load_schedule(work, agreement, known_at=known_at)
        binding = schedule.binding_on(date(2026, 3, 9))
        assert binding is not None
        hours = binding.terms.service_hours.to_service_hours()
        start = schedule.midnight(date(2026, 3, 9))
        spans = [
            Span(to_microseconds(start + timedelta(days=n)), to_microseconds(start + timedelta(days=n + 1)))
            for n in range(4)
        ]
        return [9 + number for number, span in enumerate(spans) if hours.in_service_spans(span)]

    assert await open_days() == [10, 12]
    assert await open_days(before) == [11, 12]
    async with sla.begin() as work:
        (binding,) = (await store.load_schedule(work, agreement)).bindings
        promise = await store.find_agreement_in_force(work, agreement, clock.now)
    assert [(str(edition.calendar_id), edition.number) for edition in binding.editions] == [
        (calendar, 1),
        (calendar, 2),
    ]
    assert promise is not None
    assert promise.terms == binding.terms
    customer_view = (await sla.client.get(f"/agreements/{agreement}/terms", headers=sla_client.customer)).json()
    assert [closure["from"] for closure in customer_view["terms"]["service_hours"]["closures"][1:]] == [
        "2026-03-09T00:00",
        "2026-03-11T00:00",
    ]


async def test_a_closure_approved_while_a_clock_runs_counts_for_later_minutes_and_clocks_alone(
    sla_client: SlaClient, sla: ServiceUnderTest, clock: FakeClock, calendar: str
) -> None:
    in_paris = {"timezone": "Europe/Paris", "hours": "24x7"}
    reporter = await start_reporter(
        sla_client, clock, incident_terms(closure_calendars=[calendar], service_hours=in_paris)
    )
    reporter.set_time("20:30")
    running = await reporter.report(reporter.opening("INC1", "20:00", priority=3))
    reporter.set_time("20:40")
    await send(sla_client, calendar, document("20260204"))
    await decide(sla_client, calendar, 1)

    reporter.set_time("21:30")
    reported_late = await reporter.report(reporter.opening("INC2", "20:35", priority=3))
    opened_after = await reporter.report(reporter.opening("INC3", "21:00", priority=3))
    async with sla.begin() as work:
        schedule = await store.load_schedule(work, UUID(reporter.agreement["id"]))
    due = [(await reporter.clocks(incident))[SLOW]["due_at"] for incident in (running, reported_late, opened_after)]

    assert due == ["2026-02-04T04:00:00Z", "2026-02-04T04:35:00Z", "2026-02-05T05:00:00Z"]
    hours = schedule.bindings[0].terms.service_hours.to_service_hours()
    closed_day = Span.between(schedule.midnight(date(2026, 2, 4)), schedule.midnight(date(2026, 2, 5)))
    assert hours.in_service_spans(closed_day) == []


async def test_a_statement_is_computed_again_whatever_is_approved_after_it(
    sla_client: SlaClient, clock: FakeClock, calendar: str
) -> None:
    in_paris = {"timezone": "Europe/Paris", "hours": "24x7"}
    terms = incident_terms(closure_calendars=[calendar], service_hours=in_paris)
    reporter = await start_reporter(sla_client, clock, terms)
    await send(sla_client, calendar, document("20260205"))
    await decide(sla_client, calendar, 1)
    for incident, day in (("INC1", "03"), ("INC2", "04")):
        clock.now = datetime.fromisoformat(f"2026-02-{day}T22:00:00+00:00")
        await reporter.report(reporter.opening(incident, f"2026-02-{day}T21:00:00Z", priority=3))
    clock.now = datetime(2026, 3, 2, tzinfo=UTC)
    await close_period(reporter, "2026-01")
    results = await close_period(reporter, "2026-02")

    await send(sla_client, calendar, document("20260304"))
    await decide(sla_client, calendar, 2)
    (_, statement) = (await reporter.read("/statements", agreement_id=reporter.agreement["id"]))["items"]
    path = f"/statements/{statement['id']}/verification"
    verification = await sla_client.sla.client.post(path, headers=sla_client.manager)

    assert (results[SLOW]["bad"], verification.json()["verified"]) == (2, True)


async def test_terms_name_calendars_that_are_there_and_in_their_zone(sla_client: SlaClient, calendar: str) -> None:
    missing = await sla_client.draft(closure_calendars=[calendar, str(new_id())])
    assert problem(missing) == (422, "calendar-not-defined")
    assert missing.json()["errors"][0]["field"] == "terms.closure_calendars.1"
    elsewhere = await sla_client.draft(
        closure_calendars=[calendar], service_hours={"timezone": "Europe/London", "hours": "24x7"}
    )
    assert problem(elsewhere) == (422, "calendar-time-zone-differs")
    twice = await sla_client.draft(closure_calendars=[calendar, calendar])
    assert (twice.status_code, twice.json()["errors"][0]["field"]) == (422, "terms.closure_calendars")


@pytest.mark.parametrize("change", [update(ClosureEdition).values(closures=[]), delete(ClosureEdition)])
async def test_the_database_itself_keeps_editions_that_were_approved(
    sla_client: SlaClient, sla: ServiceUnderTest, calendar: str, change: Any
) -> None:
    await send(sla_client, calendar, document("20260309"))
    await decide(sla_client, calendar, 1)
    with pytest.raises(IntegrityError):
        async with sla.begin() as work:
            await work.session.execute(change)


async def test_the_agreements_that_a_calendar_closes_are_listed(
    sla_client: SlaClient, sla: ServiceUnderTest, calendar: str
) -> None:
    await sla_client.signed(name="Without")
    naming = await sla_client.signed(name="With", closure_calendars=[calendar])
    await sla_client.draft(name="Gone", closure_calendars=[calendar])

    async def listed() -> list[str]:
        answer = await sla.client.get(f"/agreements?closure_calendar_id={calendar}", headers=sla_client.manager)
        return [item["name"] for item in answer.json()["items"]]

    assert await listed() == ["With", "Gone"]
    draft = (await sla.client.get("/agreements?state=draft", headers=sla_client.manager)).json()["items"][0]
    await sla_client.step(draft, "withdrawal", {"reason": "no"})
    assert await listed() == ["With"]
    await sla_client.step(naming, "amendments", {"terms": sla_client.terms(starts_on="2026-03-01")})
    assert await listed() == ["With"]
