"""Indicators over HTTP: defined, changed while nothing is measured, retired, and watched."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from common.testing.fake_issuer import FakeClock
from common.testing.plugin import ServiceUnderTest
from published.sla import IndicatorResumed, IndicatorWentSilent
from sla.indicators.model import IndicatorActivity
from sla.indicators.silence_job import emit_silence_changes
from sla.indicators.store import list_ids_with_changed_silence

Headers = Callable[..., dict[str, str]]


async def define(sla: ServiceUnderTest, headers: Headers, **fields: Any) -> Any:
    body = {"name": "Shop answers", "kind": "availability", "series": [{"selector": "up{job='shop'}"}]} | fields
    return await sla.client.post("/indicators", json=body, headers=headers("manager"))


async def test_a_probe_needs_no_more_than_a_name(sla: ServiceUnderTest, headers: Headers) -> None:
    answer = await define(sla, headers, series=[])
    assert answer.status_code == 201
    indicator = answer.json()
    assert (indicator["good_when"], indicator["threshold"], indicator["holds_for"]) == ("at_least", 1.0, 300)
    again = await sla.client.get(f"/indicators/{indicator['id']}", headers=headers("viewer"))
    assert again.json() == indicator
    assert again.headers["etag"] == answer.headers["etag"]


@pytest.mark.parametrize(
    ("fields", "type_", "field"),
    [
        ({"kind": "latency"}, "threshold-mismatch", "threshold"),
        ({"kind": "gauge", "threshold": 3}, "threshold-mismatch", "threshold"),
        ({"kind": "ratio", "threshold": 3, "good_when": "above", "series": []}, "threshold-mismatch", "threshold"),
        ({"kind": "ratio"}, "series-parts-mismatch", "series"),
        ({"series": [{"selector": "up"}, {"selector": "up{"}]}, "invalid-selector", "series[1].selector"),
        ({"series": [{"selector": "up", "part": "good"}]}, "series-parts-mismatch", "series"),
    ],
)
async def test_contradictory_definitions_are_refused(
    sla: ServiceUnderTest, headers: Headers, fields: dict[str, Any], type_: str, field: str
) -> None:
    answer = await define(sla, headers, **fields)
    assert (answer.status_code, answer.json()["type"]) == (422, f"/sla/v1/problems/{type_}")
    assert answer.json()["errors"][0]["field"] == field


async def test_whoever_names_no_parts_is_told_which_a_kind_has(sla: ServiceUnderTest, headers: Headers) -> None:
    details = [(await define(sla, headers, kind=kind)).json()["detail"] for kind in ("ratio", "volume")]
    assert details == [
        'The kind ratio takes series of two of the parts good, bad and total, as {"part": "…", "selector": "…"}.',
        'The kind volume takes series of the part total only, as {"part": "…", "selector": "…"}.',
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"holds_for": 0},
        {"holds_for": 3601},
        {"holds_for": True},
        {"kind": "other"},
        {"threshold": "1"},
        {"silent_after": 1},
        {"series": [{"selector": "up"}] * 21},
        {"id": "01900000-0000-7000-8000-000000000001"},
    ],
)
async def test_fields_out_of_range(sla: ServiceUnderTest, headers: Headers, fields: dict[str, Any]) -> None:
    assert (await define(sla, headers, **fields)).status_code == 422


async def test_numbers_that_json_does_not_have(sla: ServiceUnderTest, headers: Headers) -> None:
    for number in ("NaN", "Infinity", "1e400"):
        body = f'{{"name": "x", "kind": "latency", "threshold": {number}}}'
        answer = await sla.client.post(
            "/indicators", content=body, headers=headers("manager") | {"content-type": "application/json"}
        )
        assert answer.status_code in {400, 422}


async def test_change_names_the_version_it_changes(sla: ServiceUnderTest, headers: Headers) -> None:
    defined = await define(sla, headers)
    path, manager = f"/indicators/{defined.json()['id']}", headers("manager")
    assert (await sla.client.patch(path, json={"name": "Other"}, headers=manager)).status_code == 428
    match = manager | {"If-Match": defined.headers["etag"]}
    changed = await sla.client.patch(path, json={"name": "Other", "holds_for": 60}, headers=match)
    assert (changed.status_code, changed.json()["name"], changed.json()["holds_for"]) == (200, "Other", 60)
    assert (await sla.client.patch(path, json={"name": "Third"}, headers=match)).status_code == 412


async def test_null_clears_a_threshold_and_is_refused_where_a_value_is_needed(
    sla: ServiceUnderTest, headers: Headers
) -> None:
    body = {"name": "Answer time", "kind": "histogram", "threshold": 0.3}
    defined = await sla.client.post("/indicators", json=body, headers=headers("manager"))
    path, match = f"/indicators/{defined.json()['id']}", headers("manager") | {"If-Match": defined.headers["etag"]}

    for field in ("name", "unit", "holds_for", "series"):
        refused = await sla.client.patch(path, json={field: None}, headers=match)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    cleared = await sla.client.patch(path, json={"threshold": None, "good_when": None}, headers=match)

    assert (cleared.status_code, cleared.json()["threshold"], cleared.json()["good_when"]) == (200, None, None)


async def test_fields_that_measure_stay_once_there_are_samples(
    sla: ServiceUnderTest, headers: Headers, clock: FakeClock
) -> None:
    defined = await define(sla, headers)
    async with sla.begin() as work:
        work.add(
            IndicatorActivity(indicator_id=UUID(defined.json()["id"]), last_sample_at=clock(), last_received_at=clock())
        )
    path, match = f"/indicators/{defined.json()['id']}", headers("manager") | {"If-Match": defined.headers["etag"]}
    refused = await sla.client.patch(path, json={"holds_for": 60}, headers=match)
    assert (refused.status_code, refused.json()["type"]) == (409, "/sla/v1/problems/indicator-already-measured")
    renamed = await sla.client.patch(path, json={"name": "Other", "holds_for": 300}, headers=match)
    assert renamed.status_code == 200


async def test_a_retired_indicator_is_kept_and_does_not_change(sla: ServiceUnderTest, headers: Headers) -> None:
    defined = await define(sla, headers)
    path = f"/indicators/{defined.json()['id']}"
    match = headers("manager") | {"If-Match": defined.headers["etag"]}
    retired = await sla.client.post(f"{path}/retirement", headers=match)
    assert retired.status_code == 200
    assert retired.json()["retired_at"]
    match["If-Match"] = retired.headers["etag"]
    assert (await sla.client.post(f"{path}/retirement", headers=match)).status_code == 409
    assert (await sla.client.patch(path, json={"name": "x"}, headers=match)).status_code == 409
    listed = await sla.client.get("/indicators", params={"retired": True}, headers=headers("viewer"))
    assert [item["id"] for item in listed.json()["items"]] == [defined.json()["id"]]


async def test_a_list_costs_as_many_statements_with_one_as_with_many(sla: ServiceUnderTest, headers: Headers) -> None:
    counts = []
    for _ in range(2):
        await define(sla, headers)
        with sla.record_queries() as queries:
            await sla.client.get("/indicators", headers=headers("viewer"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


async def test_customers_and_viewers_may_not_define_indicators(sla: ServiceUnderTest, headers: Headers) -> None:
    for role in ("viewer", "customer"):
        role_headers = headers(role, UUID(int=1)) if role == "customer" else headers(role)
        assert (await sla.client.post("/indicators", json={}, headers=role_headers)).status_code == 403


async def test_an_indicator_goes_silent_once_and_resumes(
    sla: ServiceUnderTest, headers: Headers, clock: FakeClock
) -> None:
    clock.advance(timedelta(seconds=5))
    definition = (await define(sla, headers, silent_after=600)).json()
    indicator = UUID(definition["id"])

    async def watched() -> list[Any]:
        before = len(await sla.list_emitted_events())
        async with sla.begin() as work:
            await emit_silence_changes(work, await list_ids_with_changed_silence(work))
        return (await sla.list_emitted_events())[before:]

    assert await watched() == []
    clock.advance(timedelta(seconds=700))
    silent = IndicatorWentSilent(indicator_id=indicator, name="Shop answers", last_seen=None, noticed_at=clock())
    assert await watched() == [silent]
    assert await watched() == []
    clock.advance(timedelta(seconds=60))
    heard_at = clock()
    async with sla.begin() as work:
        entry = await work.get(IndicatorActivity, indicator)
        entry.last_received_at = heard_at
    assert await watched() == [IndicatorResumed(indicator_id=indicator, resumed_at=heard_at)]
    assert await watched() == []
