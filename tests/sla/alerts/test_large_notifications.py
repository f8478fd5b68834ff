"""Notifications that would take long to read are refused, or cut, before they are."""

import time
from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from sla.alerts.alert_documents import MAX_LABELS
from sla.alerts.alertmanager_webhook import parse_alerts
from sla.alerts.posted_alerts import parse_posted_alerts
from tests.sla.alerts.conftest import NOON, alert

LABELS = {f"label{place}": "x" for place in range(400_000)}
WRONG_LABELS = dict.fromkeys(LABELS, 0)


@pytest.mark.parametrize("labels", [LABELS, WRONG_LABELS], ids=["labels", "wrong labels"])
def test_labels_beyond_the_most_of_an_alert_are_left_out_before_they_are_read(labels: Mapping[str, Any]) -> None:
    """Compared with reading them as JSON alone, in the same run."""
    content = orjson.dumps([alert(0) | {"labels": labels}])
    began = time.process_time()
    documents = orjson.loads(content)
    plain = time.process_time() - began

    reports, refusals = parse_alerts(documents, NOON)
    posted, refused = parse_posted_alerts(content)

    assert time.process_time() - began < 5 * plain + 0.1
    for alerts in (reports, posted.values()):
        assert [len(report.labels) for report in alerts] == ([MAX_LABELS] if labels is LABELS else [])
    assert (len(refusals), len(refused)) == ((0, 0) if labels is LABELS else (1, 1))


def test_of_many_alerts_with_errors_the_first_is_described() -> None:
    wrong = alert(0) | {"labels": dict.fromkeys(list(LABELS)[:150], 0)}
    began = time.process_time()
    parsed, refusals = parse_alerts([wrong] * 2_000, NOON)
    assert (parsed, len(refusals)) == ([], 2_000)
    assert refusals[0].startswith("alerts[0].labels.label0: must be text")
    assert time.process_time() - began < 1
