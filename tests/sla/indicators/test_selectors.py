"""Selectors read and match as Prometheus' do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.indicators.errors import InvalidSelector
from sla.indicators.selectors import format_series, parse_selector

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
        ('{"http_requests_total", "job"="shop"}', True),
        ('{"http_requests_total", "job"="shop", "größe"!="5"}', True),
        ('http_requests_total{"my.label"="x"}', False),
    ],
)
def test_matching(text: str, *, matches: bool) -> None:
    assert parse_selector(text).matches(LABELS) is matches


any_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
words = st.sampled_from(["on", "NaN", "Inf", "bool", "sum", "or", "by", "a:b", "1a", "resource.cpu.usage", "a{b='c'}"])


@pytest.mark.parametrize("text", ['{"resource.cpu.usage", "my.label"="x"}', "{'resource.cpu.usage','my.label'='x',}"])
def test_names_that_are_any_text_stand_in_quotes(text: str) -> None:
    selector = parse_selector(text)
    assert selector.metric == "resource.cpu.usage"
    assert selector.matches({"__name__": "resource.cpu.usage", "my.label": "x"})
    assert not selector.matches({"__name__": "resource.cpu.usage", "my_label": "x"})


@given(any_text | words, st.dictionaries(any_text | words, any_text, max_size=3))
def test_a_series_is_printed_as_the_selector_of_it(metric: str, labels: dict[str, str]) -> None:
    labels |= {"__name__": metric}
    selector = parse_selector(format_series(labels.items()))
    assert selector.metric == metric
    assert {matcher.label: matcher.value for matcher in selector.matchers} | {"__name__": metric} == labels


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
        "resource.cpu.usage",
        '{"a", "b"}',
        '{"a" or "b"}',
        'a{"b"}',
        '{"a\x00"}',
        "up[5m]",
        "sum(up)",
        "up" * 600,
    ],
)
def test_an_invalid_selector_is_refused(text: str) -> None:
    with pytest.raises(InvalidSelector):
        parse_selector(text)
