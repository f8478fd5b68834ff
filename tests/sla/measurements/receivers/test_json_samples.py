"""Samples as JSON: strict reading, each error named, the others written, never a 500."""

import gzip
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.sla.measurements.conftest import MonitoredService

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
AT = "2026-02-03T11:00:00Z"


def body(*samples: dict[str, Any]) -> str:
    return json.dumps({"samples": samples})


async def test_values_and_counts_pushed_by_id(monitored: MonitoredService) -> None:
    probe = await monitored.define()
    ratio = await monitored.define(kind="ratio")
    samples = [
        {"indicator": probe["id"], "at": AT, "value": 1},
        {"indicator": ratio["id"], "at": AT, "good": 7, "total": 9},
        {"indicator": ratio["id"], "at": "2026-02-03T12:05:00+01:00", "good": 2, "total": 2},
        {"indicator": probe["id"], "at": "2026-02-03T11:05:00Z", "good": 0, "total": 3},
    ]
    for pushed in (samples, samples[::-1]):
        answer = await monitored.push_json(body(*pushed))
        assert (answer.status_code, answer.json()) == (202, {"accepted": 4})
    await monitored.roll_up()
    minutes = await monitored.minutes(ratio, NOON - timedelta(hours=1), 7)
    assert (minutes["good"], minutes["total"]) == ([7, 0, 0, 0, 0, 2, 0], [9, 0, 0, 0, 0, 2, 0])
    assert minutes["state"] == ["bad", "good", "good", "good", "good", "good", "unknown"]
    assert (await monitored.minutes(probe, NOON - timedelta(hours=1), 6))["total"] == [1, 1, 1, 1, 1, 3]


async def test_of_counts_in_conflict_the_smaller_one_stands_whichever_comes_first(monitored: MonitoredService) -> None:
    for counts in ((5, 8), (8, 5)):
        ratio = await monitored.define(kind="ratio")
        for count in counts:
            await monitored.push_json(body({"indicator": ratio["id"], "at": AT, "good": count, "total": count}))
            await monitored.roll_up()
        assert (await monitored.minutes(ratio, NOON - timedelta(hours=1), 1))["total"] == [5]


async def test_series_with_labels(monitored: MonitoredService) -> None:
    probe = await monitored.define(series=[{"selector": "up{job='shop'}"}])
    labels = {"job": "shop", "__name__": "up"}
    assert (await monitored.push_json(body({"series": labels, "at": AT, "value": 0.0}))).status_code == 202
    await monitored.roll_up()
    assert (await monitored.minutes(probe, NOON - timedelta(hours=1), 1))["state"] == ["bad"]


UP = '{"series": {"__name__": "up"}'
AT_ELEVEN = UP + ', "at": "2026-02-03T11:00:00Z"'
GOOD = AT_ELEVEN + ', "value": 1}'


@pytest.mark.parametrize(
    ("second", "field"),
    [
        (AT_ELEVEN + ', "value": NaN}', "samples[1].value"),
        (AT_ELEVEN + ', "value": -Infinity}', "samples[1].value"),
        (AT_ELEVEN + ', "value": 1e400}', "samples[1].value"),
        (
            AT_ELEVEN + ', "value": 1' + 400 * "0" + "}",
            "samples[1].value",
        ),
        (AT_ELEVEN + ', "value": true}', "samples[1].value"),
        (AT_ELEVEN + ', "value": "1"}', "samples[1].value"),
        (UP + ', "at": "2026-02-03T11:00:00", "value": 1}', "samples[1].at"),
        (UP + ', "at": "1770116400", "value": 1}', "samples[1].at"),
        (UP + ', "at": 1770116400000, "value": 1}', "samples[1].at"),
        (UP + ', "at": -1, "value": 1}', "samples[1].at"),
        (UP + ', "at": NaN, "value": 1}', "samples[1].at"),
        (UP + ', "at": true, "value": 1}', "samples[1].at"),
        (UP + ', "at": 1770120601, "value": 1}', "samples[1].at"),
        (UP + ', "at": "2026-02-03T12:10:01Z", "value": 1}', "samples[1].at"),
        (UP + ', "at": "1969-12-31T23:59:59Z", "value": 1}', "samples[1].at"),
        (
            '{"series": {"__name__": "up", "a": "\\u0000"}, "at": "2026-02-03T11:00:00Z", "value": 1}',
            "samples[1].series",
        ),
        ('{"series": {"job": "up"}, "at": "2026-02-03T11:00:00Z", "value": 1}', "samples[1].series"),
        (AT_ELEVEN + ', "good": 1, "total": 1}', "samples[1].value"),
        (AT_ELEVEN + "}", "samples[1].value"),
        ('{"at": "2026-02-03T11:00:00Z", "value": 1}', "samples[1].indicator"),
        ('{"indicator": "7", "at": "2026-02-03T11:00:00Z", "value": 1}', "samples[1].indicator"),
        (
            '{"indicator": "01900000-0000-7000-8000-000000000001", "at": "2026-02-03T11:00:00Z", "value": 1}',
            "samples[1].indicator",
        ),
        (AT_ELEVEN + ', "value": 1, "unit": 2}', "samples[1].unit"),
        ("7", "samples[1]"),
    ],
)
async def test_a_sample_that_breaks_a_rule_is_named_and_the_others_are_written(
    monitored: MonitoredService, second: str, field: str
) -> None:
    answer = await monitored.push_json(f'{{"samples": [{GOOD}, {second}, {GOOD}]}}')
    assert (answer.status_code, answer.json()["type"]) == (400, "/sla/v1/problems/samples-refused")
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    (batch,) = await monitored.rows("SELECT samples FROM sla.push_batches")
    assert batch["samples"] == 2


async def test_of_many_samples_that_break_a_rule_the_first_are_named(monitored: MonitoredService) -> None:
    wrong = [{"series": {"__name__": "up"}, "value": "x"}] * 9_999
    answer = await monitored.push_json(body(*wrong, {"series": {"__name__": "up"}, "value": 1}))
    problem = answer.json()
    assert (answer.status_code, len(problem["errors"])) == (400, 5)
    assert problem["errors"][1] == {"field": "samples[1].value", "message": "must be a number"}
    assert problem["detail"].endswith("samples[4].value: must be a number; and 9994 more")
    assert len(await monitored.rows("SELECT * FROM sla.push_batches")) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"samples": [}',
        b"[" * 100_000,
        b'{"samples": "\xed\xa0\x80"}',
        "{'samples': []}",
        f'{{"samples": [{AT_ELEVEN}, "value": 1{"0" * 5_000}}}]}}',
        '{"samples": [{"series": {"__name__": "up", "a": "\\ud800"}, "at": "2026-02-03T11:00:00Z", "value": 1}]}',
        '{"samples": [{"series": {"__name__": "up", "\\ud800": "a"}, "at": "2026-02-03T11:00:00Z", "value": 1}]}',
    ],
)
async def test_a_body_that_is_not_json_is_refused_and_says_where(
    monitored: MonitoredService, content: bytes | str
) -> None:
    answer = await monitored.push_json(content)
    assert (answer.status_code, answer.json()["type"]) == (400, "/sla/v1/problems/body-not-json")
    assert " at line 1 column " in answer.json()["detail"]
    assert await monitored.rows("SELECT * FROM sla.push_batches") == []


@pytest.mark.parametrize("content", ["[]", "{}", '{"samples": []}', "null", '{"samples": {}}', '{"samples": NaN}'])
async def test_a_document_without_samples_is_refused(monitored: MonitoredService, content: str) -> None:
    assert (await monitored.push_json(content)).status_code == 422


async def test_ten_thousand_samples_and_no_more(monitored: MonitoredService) -> None:
    samples = ", ".join([GOOD] * 10_000)
    answer = await monitored.push_json(f'{{"samples": [{samples}]}}')
    assert (answer.status_code, answer.json()) == (202, {"accepted": 10_000})
    answer = await monitored.push_json(f'{{"samples": [{samples}, {GOOD}]}}')
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "samples")


async def test_a_retired_indicator_takes_nothing(monitored: MonitoredService) -> None:
    probe = await monitored.define()
    match = monitored.headers("manager") | {"If-Match": probe["etag"]}
    await monitored.client.post(f"/indicators/{probe['id']}/retirement", headers=match)
    answer = await monitored.push_json(body({"indicator": probe["id"], "at": AT, "value": 1}))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "samples[0].indicator")


async def test_a_ratio_takes_no_value(monitored: MonitoredService) -> None:
    ratio = await monitored.define(kind="ratio")
    answer = await monitored.push_json(body({"indicator": ratio["id"], "at": AT, "value": 1}))
    assert (answer.status_code, answer.json()["errors"]) == (
        400,
        [{"field": "samples[0].value", "message": "An indicator of kind ratio takes good and total"}],
    )


async def test_a_series_of_very_many_labels_is_refused_at_once(monitored: MonitoredService) -> None:
    labels = ", ".join(f'"l{number}": ""' for number in range(200_000))
    sample = f'{{"series": {{{labels}}}, "at": "{AT}", "value": 1}}'
    began = time.process_time()
    answer = await monitored.push_json(f'{{"samples": [{sample}]}}')
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "samples[0].series")
    assert time.process_time() - began < 10


@pytest.mark.parametrize("depth", [100, 500, 800, 900, 950, 980, 2000])
@pytest.mark.parametrize("padding", [0, 300 * 1024])
async def test_however_deep_it_is(monitored: MonitoredService, depth: int, padding: int) -> None:
    """Also in a thread, where larger bodies are read."""
    body = '{"samples": ' + "[" * depth + "]" * depth + "}" + " " * padding
    assert (await monitored.push_json(body)).status_code in (400, 422)


async def test_long_ago_and_the_edge_of_what_may_lie_ahead(monitored: MonitoredService) -> None:
    sample = {"series": {"__name__": "up"}, "value": 1}
    for at, status in (
        ("2000-01-01T00:00:00Z", 202),
        ("1999-12-31T23:59:59.999Z", 400),
        ("2026-02-03T12:10:00Z", 202),
        ("2026-02-03T12:10:00.001Z", 400),
        ("9999-12-31T23:59:59Z", 400),
        ("0001-01-01T00:00:00+14:00", 400),
        ("2026-02-30T00:00:00Z", 400),
    ):
        answer = await monitored.push_json(json.dumps({"samples": [sample | {"at": at}]}))
        assert answer.status_code == status, at
    await monitored.define(series=[{"selector": "up"}])
    await monitored.roll_up()
    assert await monitored.rows("SELECT * FROM sla.push_pending") == []


@pytest.mark.parametrize("at", ['"2026-02-03T11:00:00Z"', "1770116400", "1770116400.0", "1.7701164e9"])
async def test_an_instant_is_text_or_seconds_since_1970(monitored: MonitoredService, at: str) -> None:
    probe = await monitored.define(series=[{"selector": "up"}])
    answer = await monitored.push_json(f'{{"samples": [{UP}, "at": {at}, "value": 1}}]}}')
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1})
    await monitored.roll_up()
    assert (await monitored.minutes(probe, NOON - timedelta(hours=1), 1))["state"] == ["good"]


@pytest.mark.parametrize("at", ["", ', "at": null'])
async def test_an_instant_that_is_left_out_is_now(monitored: MonitoredService, at: str) -> None:
    probe = await monitored.define(series=[{"selector": "up"}])
    assert (await monitored.push_json(f'{{"samples": [{UP}{at}, "value": 1}}]}}')).status_code == 202
    await monitored.roll_up()
    assert (await monitored.minutes(probe, NOON, 1))["state"] == ["good"]


async def push_encoded(monitored: MonitoredService, content: bytes, encoding: str) -> Any:
    headers = monitored.headers("admin") | {"content-encoding": encoding}
    return await monitored.client.post("/push/samples", content=content, headers=headers)


async def test_samples_may_come_with_gzip(monitored: MonitoredService) -> None:
    document = f'{{"samples": [{GOOD}]}}'.encode()
    for content, encoding in ((gzip.compress(document), " GZip "), (document, "identity")):
        answer = await push_encoded(monitored, content, encoding)
        assert (answer.status_code, answer.json()) == (202, {"accepted": 1})


@pytest.mark.parametrize(
    ("content", "encoding", "status", "slug"),
    [
        (b"{}", "gzip", 400, "body-not-compressed"),
        (gzip.compress(b"{}")[:-1], "gzip", 400, "body-not-compressed"),
        (b"", "gzip", 400, "body-not-compressed"),
        (b"{}", "br", 415, "body-encoding-not-supported"),
        (b"{}", "zstd", 415, "body-encoding-not-supported"),
        (gzip.compress(gzip.compress(b"{}")), "gzip, gzip", 415, "body-encoding-not-supported"),
        (gzip.compress(bytes((32 << 20) + 1), 1), "gzip", 413, "too-large"),
        (gzip.compress(b"{"), "gzip", 400, "body-not-json"),
        (gzip.compress(b"[" + b"0," * 2_000_001 + b"0]"), "gzip", 413, "too-large"),
    ],
)
async def test_a_body_that_is_not_as_it_is_said_to_be_is_refused(
    monitored: MonitoredService, content: bytes, encoding: str, status: int, slug: str
) -> None:
    answer = await push_encoded(monitored, content, encoding)
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (status, slug)
    assert answer.headers.get("accept-encoding") == ("gzip" if status == 415 else None)


@pytest.mark.parametrize("value", [-2, -0.5, 2**62])
async def test_a_volume_takes_no_value_that_counts_nothing(monitored: MonitoredService, value: float) -> None:
    volume = await monitored.define(kind="volume")
    answer = await monitored.push_json(body({"indicator": volume["id"], "at": AT, "value": value}))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "samples[0].value")
