"""Selectors read and match as Prometheus' do."""

import pytest

from sla.indicators.errors import InvalidSelector
from sla.indicators.selectors import parse_selector

LABELS = {"__name__": "http_requests_total", "code": "503", "job": "shop", "path": 'a"b\nc'}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("http_requests_total", True),
        ("  http_requests_total { } ", True),
        ("http_requests", False),
        ('http_requests_total{code="503"}', True),
        ("http_requests_total{code='503',job='shop',}", True),
        ('http_requests_total{code!="503"}', False),
        ('http_requests_total{code=~"5.."}', True),
        ('http_requests_total{code=~"50"}', False),
        ('http_requests_total{code=~"4..|5.."}', True),
        ('http_requests_total{code!~"2.."}', True),
        ('http_requests_total{absent=""}', True),
        ('http_requests_total{absent!=""}', False),
        ('http_requests_total{absent=~".*"}', True),
        ('http_requests_total{absent=~".+"}', False),
        ("http_requests_total{path=~`a.b.c`}", True),
        (r'http_requests_total{path="a\"b\nc"}', True),
        ('{__name__="http_requests_total", job="shop"}', True),
        ('http_requests_total{job=~"shop|(a+)+$"}', True),
    ],
)
def test_matching(text: str, *, matches: bool) -> None:
    assert parse_selector(text).matches(LABELS) is matches


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "{}",
        '{job="shop"}',
        'up{__name__="down"}',
        "up{",
        "up}",
        "up{}}",
        "up{job}",
        'up{job="a" job="b"}',
        'up{job="a",,}',
        'up{job=~"("}',
        r'up{job=~"(?=a)"}',
        'up{job=~"(a{1000}){1000}"}',
        r'up{job="\q"}',
        'up{job="\x00"}',
        'up{job=~"\ud800"}',
        "1up",
        "up[5m]",
        "sum(up)",
        "up" * 600,
    ],
)
def test_an_invalid_selector_is_refused(text: str) -> None:
    with pytest.raises(InvalidSelector):
        parse_selector(text)
