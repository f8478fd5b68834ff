"""Importing incidents: a service manager brings what the service desk has exported."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from published.sla import IncidentOpened
from sla.agreements.model import CustomerReplica, OfferingReplica
from tests.journeys import incident_log
from tests.sla.conftest import register
from tests.sla.incidents.reporter import IncidentReporter

CSV = {"Content-Type": "text/csv"}
EXPORT = """\
Number,Short description,Priority,Company,Service offering,Opened,Resolved,Closed,Assigned to
INC1,Mail does not arrive,2 - High,acme,"{offering}",2026-02-03 09:15,2026-02-03 11:40,,Olga
INC2,Mailbox is full,4 - Low,Acme,"{offering}",2026-02-03 10:02,,,
"""


class Importer:
    def __init__(self, reporter: IncidentReporter, offering: str) -> None:
        self.reporter, self.offering = reporter, offering

    async def post(self, text: str, headers: dict[str, str] | None = None, **options: Any) -> httpx.Response:
        sla_client = self.reporter.sla_client
        content = text.replace("{offering}", self.offering).encode()
        answer: httpx.Response = await sla_client.sla.client.post(
            "/incidents/imports",
            content=content,
            params={"source": "desk", "zone": "UTC"} | options,
            headers=sla_client.manager | CSV | (headers or {}),
        )
        return answer

    async def run(self, text: str, **options: Any) -> dict[str, Any]:
        answer = await self.post(text, **options)
        assert answer.status_code == 200, answer.text
        report: dict[str, Any] = answer.json()
        return report

    async def incidents(self) -> dict[str, dict[str, Any]]:
        page = await self.reporter.read("/incidents", limit="200")
        return {incident["external_id"]: incident for incident in page["items"]}

    async def list_of_source(self, source: str) -> dict[str, dict[str, Any]]:
        """List what follows from all that was reported, but for the ids."""
        fields = ("state", "priority", "opened_at", "acknowledged_at", "resolved_at", "closed_at", "reopen_count")
        incidents: dict[str, dict[str, Any]] = {}
        page: dict[str, Any] = {"next": ""}
        while page["next"] is not None:
            cursor = {"cursor": page["next"]} if page["next"] else {}
            page = await self.reporter.read("/incidents", source=source, limit="200", **cursor)
            incidents |= {item["external_id"]: {name: item[name] for name in fields} for item in page["items"]}
        return incidents

    async def report_log(self, log: dict[str, list[dict[str, str]]], source: str) -> None:
        sla_client = self.reporter.sla_client
        concerns = {"customer_id": str(sla_client.customer_id), "offering_id": str(sla_client.offering_id)}
        events = [event for rows in log.values() for event in incident_log.events_of(rows, concerns)]
        for start in range(0, len(events), 1000):
            answer = await self.reporter.post(*events[start : start + 1000], source=source)
            assert answer.status_code == 202, answer.text


@pytest.fixture
async def importer(reporter: IncidentReporter) -> Importer:
    async with reporter.sla_client.sla.begin() as work:
        customer = await work.get(CustomerReplica, reporter.sla_client.customer_id)
        offering = await work.get(OfferingReplica, reporter.sla_client.offering_id)
        customer.name = "Acme"
        return Importer(reporter, offering.offering_name)


async def test_an_export_becomes_incidents_by_names(importer: Importer) -> None:
    report = await importer.run(EXPORT)

    assert (report["is_stored"], report["lines"], report["good_lines"], report["incidents"]) == (True, 2, 2, 2)
    assert report["columns"]["incident"] == "Number"
    assert report["problems"] == []
    incidents = await importer.incidents()
    assert incidents["INC1"]["state"] == "resolved"
    assert incidents["INC1"]["resolved_at"] == "2026-02-03T11:40:00Z"
    assert incidents["INC1"]["assignee"] == "Olga"
    assert incidents["INC1"]["customer_id"] == str(importer.reporter.sla_client.customer_id)
    assert (incidents["INC2"]["state"], incidents["INC2"]["priority"]) == ("open", 4)
    clocks = await importer.reporter.clocks(incidents["INC1"]["id"])
    assert clocks, "an imported incident has the clocks of its agreement"


async def test_an_import_that_is_repeated_changes_nothing(importer: Importer) -> None:
    first = await importer.run(EXPORT)
    again = await importer.run(EXPORT)

    assert (first["accepted"], first["repeated"]) == (4, 0)
    assert (again["accepted"], again["repeated"]) == (0, 4)
    assert len(await importer.reporter.emitted(IncidentOpened)) == 2


async def test_a_dry_run_reports_and_stores_nothing(importer: Importer) -> None:
    report = await importer.run(EXPORT.replace("4 - Low", "soon"), dry_run=True)

    assert (report["is_stored"], report["good_lines"], report["accepted"]) == (False, 1, 3)
    assert report["problems"] == [
        {
            "line": 3,
            "column": "Priority",
            "message": '"soon" is no priority that is known: say what it means with `priorities`',
        }
    ]
    assert await importer.incidents() == {}
    assert await importer.reporter.emitted(IncidentOpened) == []


async def test_one_bad_line_has_the_whole_file_refused(importer: Importer) -> None:
    answer = await importer.post(EXPORT.replace("2026-02-03 10:02", "2026-02-31 10:02"))

    assert answer.status_code == 422
    assert answer.json()["type"] == "/sla/v1/problems/incident-file-refused"
    assert [error["field"] for error in answer.json()["errors"]] == ["lines.3"]
    assert await importer.incidents() == {}


async def test_the_good_lines_can_be_imported_alone(importer: Importer) -> None:
    report = await importer.run(EXPORT.replace("2026-02-03 10:02", "2027-02-03 10:02"), mode="good_lines")

    assert (report["is_stored"], report["good_lines"]) == (True, 1)
    assert "in the future" in report["problems"][0]["message"]
    assert list(await importer.incidents()) == ["INC1"]


async def test_a_name_of_two_customers_is_refused_and_an_id_is_not(importer: Importer) -> None:
    await register(importer.reporter.sla_client.sla, "ACME")
    report = await importer.run(EXPORT, dry_run=True)
    assert {problem["message"] for problem in report["problems"]} == {
        '"acme" is the name of 2 customers: write the id instead',
        '"Acme" is the name of 2 customers: write the id instead',
    }
    by_id = str(importer.reporter.sla_client.customer_id)
    assert (await importer.run(EXPORT.replace("acme", by_id).replace("Acme", by_id)))["good_lines"] == 2


async def test_a_name_that_nobody_has_is_refused(importer: Importer) -> None:
    report = await importer.run(EXPORT.replace("acme", "Nobody"), dry_run=True)
    assert report["problems"][0] == {
        "line": 2,
        "column": "Company",
        "message": '"Nobody" is the name of no customer that is known here',
    }


async def test_columns_of_any_name_are_mapped_and_the_rest_is_the_same_for_all_lines(importer: Importer) -> None:
    text = "Ref\tBegan\nA-1\t3.2.2026 10:00\n"
    options = {
        "columns": ["incident=Ref", "opened_at=began"],
        "dates": "day_first",
        "zone": "Europe/Paris",
        "customer": "Acme",
        "offering": importer.offering,
        "priority": "3",
    }
    report = await importer.run(text, **options)

    assert report["separator"] == "tab"
    incident = (await importer.incidents())["A-1"]
    assert (incident["opened_at"], incident["title"]) == ("2026-02-03T09:00:00Z", "A-1")


async def test_a_column_that_is_not_there_is_named(importer: Importer) -> None:
    answer = await importer.post("Ref\nA-1\n", columns=["incident=Reference"])
    assert answer.status_code == 422
    assert "The file has no column Reference; it has Ref." in answer.text
    missing = await importer.post("Number\nA-1\n")
    assert "No column says opened_at" in missing.text


async def test_an_incident_on_two_lines_is_a_log_of_updates(importer: Importer) -> None:
    lines = EXPORT.splitlines()
    text = "\n".join([lines[0], lines[1], lines[1]])
    report = await importer.run(text, dry_run=True)
    messages = {problem["line"]: problem["message"] for problem in report["problems"]}
    assert "rows=updates" in messages[3]
    assert report["good_lines"] == 0, "nobody knows which of the lines is right"


async def test_a_file_comes_in_a_form_as_well(importer: Importer) -> None:
    sla_client = importer.reporter.sla_client
    answer = await sla_client.sla.client.post(
        "/incidents/imports",
        files={"file": ("incidents.csv", EXPORT.replace("{offering}", importer.offering).encode(), "text/csv")},
        params={"source": "desk", "zone": "UTC"},
        headers=sla_client.manager,
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["incidents"] == 2


async def test_a_form_without_a_file_and_other_types_are_refused(importer: Importer) -> None:
    assert (await importer.post("{}", headers={"Content-Type": "application/json"})).status_code == 415
    boundary = {"Content-Type": "multipart/form-data; boundary=x"}
    empty = await importer.post("--x--\r\n", headers=boundary)
    assert empty.status_code in (400, 415)
    broken = await importer.post("no form", headers=boundary)
    assert broken.status_code in (400, 415)


async def test_only_staff_that_answers_for_services_imports(importer: Importer) -> None:
    answer = await importer.post(EXPORT, headers=importer.reporter.sla_client.customer)
    assert answer.status_code == 403


def log_text(rows: Sequence[dict[str, str]]) -> str:
    columns = list(rows[0])
    return "\r\n".join([";".join(columns), *(";".join(row[name] for name in columns) for row in rows)])


@pytest.fixture
def real_log(shared: Path) -> dict[str, list[dict[str, str]]]:
    return incident_log.incidents(shared / "data" / "incidents" / "incident_event_log.csv")


async def test_the_real_log_of_a_service_desk_is_imported_update_by_update(
    importer: Importer, real_log: dict[str, list[dict[str, str]]]
) -> None:
    """3,000 updates of 447 incidents, against what an independent reading reports of them event by event."""
    rows = [row for group in real_log.values() for row in group]
    options = {"rows": "updates", "dates": "day_first", "customer": "Acme", "offering": importer.offering}
    report = await importer.run(log_text(rows), **options)

    assert (report["lines"], report["good_lines"], report["incidents"]) == (3000, 3000, len(real_log))
    imported = await importer.list_of_source("desk")
    await importer.report_log(real_log, "reported")
    reported = await importer.list_of_source("reported")
    assert imported == reported

    again = await importer.run(log_text(rows), **options)
    assert (again["accepted"], again["repeated"]) == (0, report["accepted"])


@pytest.mark.parametrize("source", [" ", "\x01", "x" * 201])
async def test_a_source_without_a_name_is_refused(importer: Importer, source: str) -> None:
    answer = await importer.post(EXPORT, source=source)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["source"]


async def test_column_names_with_characters_that_nobody_sees_are_read(importer: Importer) -> None:
    report = await importer.run(EXPORT.replace("Number,", "Num\x00ber,").replace("Closed", "\x01"))

    assert report["good_lines"] == 2
    assert report["columns"]["incident"] == "Num\x00ber"


@pytest.mark.parametrize("time", ["0001-01-01 00:00+14:00", "9999-12-31 23:59-10:00", "2026-02-03 09:15+99:99"])
async def test_times_outside_of_the_calendar_are_problems_of_their_lines(importer: Importer, time: str) -> None:
    report = await importer.run(EXPORT.replace("2026-02-03 09:15", time), dry_run=True)

    assert [(problem["line"], problem["column"]) for problem in report["problems"]] == [(2, "Opened")]


async def test_an_end_before_the_beginning_is_a_problem_of_its_line(importer: Importer) -> None:
    report = await importer.run(EXPORT.replace("2026-02-03 11:40", "2026-02-03 09:14"), dry_run=True)

    assert report["problems"] == [
        {"line": 2, "column": "Resolved", "message": "is before the incident was opened: see `dates`"}
    ]
