"""Operators see of the console what they see of every service: that it is alive and ready, and how it answers."""

import re

import pytest

from tests.console.conftest import Browsing

ABSENT = "01900000-0000-7000-8000-000000000001"


@pytest.mark.parametrize(("probe", "word"), [("healthz", "alive"), ("readyz", "ready")])
def test_the_console_says_how_it_is(visitor: Browsing, probe: str, word: str) -> None:
    assert visitor.client.get(f"/console/{probe}").json() == {"status": word, "service": "console"}


def test_the_consoles_figures_count_its_pages_by_their_patterns(manager: Browsing) -> None:
    manager.open(f"/console/agreements/{ABSENT}", 404)

    answer = manager.client.get("/console/metrics")

    assert answer.headers["content-type"].startswith("text/plain")
    assert 'rapport_ready{service="console"} 1.0' in answer.text
    counted = re.findall(r"^rapport_http_requests_total\{(.*service=\"console\".*)\} ", answer.text, re.MULTILINE)
    assert any("/console/agreements/{agreement_id" in labels and 'status="404"' in labels for labels in counted)
    assert ABSENT not in answer.text
