"""The series seen so far: bound and unbound, page by page, and what a selector would bind."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.sla.measurements.conftest import MonitoredService

AT = int(datetime(2026, 2, 3, 12, tzinfo=UTC).timestamp() * 1000)


@pytest.fixture
async def with_series(monitored: MonitoredService) -> Any:
    """Seven series, of which two are bound."""
    await monitored.define(series=[{"selector": "up{job='shop'}"}])
    labels = [{"__name__": "up", "job": job, "n": n} for job in ("shop", "bank", "mail") for n in "12"]
    await monitored.push(*((series_labels, [(AT, 1.0)]) for series_labels in [*labels, {"__name__": "go_threads"}]))
    return monitored


async def listed(monitored: MonitoredService, **params: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    while True:
        answer = await monitored.client.get("/series", params=params, headers=monitored.headers("viewer"))
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["items"]) <= params.get("limit", 50)
        items += answer.json()["items"]
        if answer.json()["next"] is None:
            return items
        params["cursor"] = answer.json()["next"]


@pytest.mark.parametrize("limit", [1, 2, 7, 50])
async def test_bound_or_not(with_series: Any, limit: int) -> None:
    assert len(await listed(with_series, limit=limit)) == 7
    bound = await listed(with_series, limit=limit, bound=True)
    assert {series["labels"]["job"] for series in bound} == {"shop"}
    assert all(len(series["indicators"]) == 1 for series in bound)
    assert len(await listed(with_series, limit=limit, bound=False)) == 5
    assert len(await listed(with_series, limit=limit, bound=False, metric="up")) == 4


async def test_samples_pushed_by_id_are_no_series_to_be_bound(with_series: Any) -> None:
    probe = await with_series.define()
    await with_series.push_json(
        f'{{"samples": [{{"indicator": "{probe["id"]}", "at": "2026-02-03T12:00:00Z", "value": 1}}]}}'
    )
    assert len(await listed(with_series)) == 7


@pytest.mark.parametrize("cursor", ["-1", "x", "1" * 19, "9" * 60, "²"])
async def test_a_cursor_that_was_not_issued(with_series: Any, cursor: str) -> None:
    answer = await with_series.client.get("/series", params={"cursor": cursor}, headers=with_series.headers("viewer"))
    assert answer.status_code in {200, 400}
    assert answer.status_code == 400 or cursor.isdigit()


async def test_a_dry_run_of_a_selector(with_series: Any) -> None:
    body = {"selector": 'up{job=~"sh.p|mail", n="1"}'}
    answer = await with_series.client.post("/series/selections", json=body, headers=with_series.headers("manager"))
    selection = answer.json()
    assert (selection["examined"], selection["complete"]) == (6, True)
    assert {series["labels"]["job"] for series in selection["matched"]} == {"shop", "mail"}
    refused = await with_series.client.post(
        "/series/selections", json={"selector": "up{"}, headers=with_series.headers("manager")
    )
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "selector")


@pytest.mark.parametrize(
    ("window", "field"),
    [
        ({"from": "2026-02-03T12:00:30Z", "to": "2026-02-03T13:00:00Z"}, "from"),
        ({"from": "2026-02-03T12:00:00Z", "to": "2026-02-03T12:00:00.5Z"}, "to"),
        ({"from": "2026-02-03T12:00:00Z", "to": "2026-02-03T12:00:00Z"}, "to"),
        ({"from": "2026-02-03T12:00:00Z", "to": "2026-03-07T12:00:00Z"}, "to"),
        ({"from": "0001-01-01T00:00:00+01:00", "to": "0001-01-01T01:00:00+01:00"}, "from"),
        ({"from": "9999-12-31T23:00:00-01:00", "to": "9999-12-31T23:59:00-01:00"}, "from"),
        ({"from": "1970-01-01T00:00:00Z", "to": "1970-01-01T00:01:00Z"}, None),
        ({"from": "2026-02-03T12:00:00+05:45", "to": "2026-02-03T13:01:00+05:45"}, None),
    ],
)
async def test_a_window_of_minutes(monitored: MonitoredService, window: dict[str, str], field: str | None) -> None:
    probe = await monitored.define()
    path = f"/indicators/{probe['id']}/minutes"
    answer = await monitored.client.get(path, params=window, headers=monitored.headers("viewer"))
    assert answer.status_code == (422 if field else 200), answer.text
    if field:
        assert answer.json()["errors"][0]["field"] == field
