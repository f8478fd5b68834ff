"""The page: escapes what it is told, needs nothing from elsewhere, and can be read without eyes or colours."""

import base64
import hashlib
import re
from collections.abc import Callable
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.representations.percentages import MINUS, format_number, format_percent
from reporting.scorecards import charts, wording
from reporting.scorecards.views import TrendPoint, Verdict

HOSTILE = "<script>alert(1)</script>\"'&amp;{{ 7*7 }}</style></title></svg>"
VOID = {"meta", "link", "br", "rect", "line", "circle", "path"}


class Outline(HTMLParser):
    """Tags in order, the ids, and whatever is left open or closed too much."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def find_all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
async def page(reporting: Any, story: Any) -> str:
    await reporting.hear_all(story)
    text: str = await reporting.page(story)
    return text


async def test_the_page_says_what_the_scorecard_says(page: str) -> None:
    for text in ("Harbour Authority", "October 2026", "1 of 2 objectives missed", "98.93\u00a0%", "99.8512\u00a0%"):
        assert text in page
    assert "\u221248.8\u00a0% (overspent)" in page
    assert "45.00\u00a0EUR" in page
    assert "95 % interval 45.2\u00a0% to 95.1\u00a0%, 5 answers" in page
    assert "ab" * 32 in page


async def test_a_miss_says_by_how_much_also_where_it_is_less_than_is_shown(reporting: Any, story: Any) -> None:
    """Attained 99.9 of 99.9, and missed: only the margin says why."""
    narrow = story.result(story.availability, "99.9000", met=False).model_copy(update={"margin": Decimal("-0.000001")})
    untold = story.result(story.latency, "94.9", met=False).model_copy(update={"margin": None})
    await reporting.hear_all(story)
    await reporting.hear(story.stated(revision=2, objectives=(narrow, untold)))
    page = await reporting.page(story)
    assert "by 0.000001 points" in page
    assert page.count(" points") == 1
    assert "99.8999\u00a0%" in page  # an older statement rounded it up to the target


async def test_a_verdict_says_what_it_rests_on(reporting: Any, story: Any) -> None:
    thin = story.result(story.availability, "100.0000", met=True)
    thin = thin.model_copy(update={"coverage": Decimal("0.0092"), "warnings": ("little_evidence",), "verdict": "met"})
    too_little = story.result(story.latency, "100.0000", met=None)
    too_little = too_little.model_copy(update={"verdict": "too_little_measured"})
    await reporting.hear_all(story)
    await reporting.hear(story.stated(revision=2, met=None, objectives=(thin, too_little)))
    page = await reporting.page(story)
    assert "on little evidence" in page
    assert "too little measured" in page
    assert "0\u00a0%" in page


async def test_a_target_is_written_as_agreed(reporting: Any, story: Any) -> None:
    narrow = story.result(story.availability, "99.99994", met=False)
    narrow = narrow.model_copy(update={"target": Decimal("99.99995"), "margin": Decimal("-0.000010")})
    await reporting.hear_all(story)
    await reporting.hear(story.stated(revision=2, objectives=(narrow,)))
    page = await reporting.page(story)
    assert "99.99995\u00a0%" in page
    assert "99.99994\u00a0%" in page


async def test_every_tag_is_closed_and_every_id_unique(page: str) -> None:
    outline = Outline(page)
    assert (outline.wrong, outline.open) == ([], [])
    ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


async def test_nothing_comes_from_elsewhere_and_nothing_runs(reporting: Any, story: Any) -> None:
    await reporting.hear_all(story)
    answer = await reporting.ask(f"/customers/{story.customer}/scorecard.html?period=2026-10")
    outline = Outline(answer.text)
    assert not any(outline.find_all(tag) for tag in ("script", "link", "img", "iframe", "object", "form"))
    assert not any({"style", "src", "srcset", "onload", "onclick"} & set(attributes) for _, attributes in outline.tags)
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    assert "url(" not in style
    assert "@import" not in style
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


async def test_drawings_have_words_and_tables_have_headers(page: str) -> None:
    outline = Outline(page)
    drawings = outline.find_all("svg")
    assert len(drawings) == 4
    ids = {attributes.get("id") for _, attributes in outline.tags}
    for drawing in drawings:
        assert drawing["role"] == "img"
        assert set(str(drawing["aria-labelledby"]).split()) <= ids
    assert all(header.get("scope") in ("col", "row") for header in outline.find_all("th"))
    assert outline.find_all("html")[0]["lang"] == "en"
    assert "October 2026: 98.9312\u00a0%, missed" in page
    for verdict in ("met", "missed"):
        assert re.search(rf'class="pill {verdict}"><span aria-hidden="true">.</span> {verdict}', page)


async def test_hostile_names_stay_text(reporting: Any, another_story: Callable[..., Any]) -> None:
    story = another_story(name=HOSTILE)
    await reporting.hear_all(story)
    result = story.result(story.availability, "99.8512", met=False).model_copy(update={"name": HOSTILE})
    await reporting.hear(story.stated(revision=2, agreement_name=HOSTILE, service_name=HOSTILE, objectives=(result,)))
    await reporting.hear(story.measured(revision=9, survey_name=HOSTILE), story.opened(title=HOSTILE))
    await reporting.hear(story.signed(version=2, name=HOSTILE))
    page = await reporting.page(story)
    outline = Outline(page)
    assert (outline.wrong, outline.open, outline.find_all("script")) == ([], [], [])
    assert "<script" not in page
    assert "49" not in re.findall(r"<h1>(.*?)</h1>", page)[0]
    assert page.count("&lt;script&gt;alert(1)") >= 6


texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40)


@given(texts)
def test_a_drawing_escapes_any_name(name: str) -> None:
    drawing = charts.performance_chart([TrendPoint(period="2026-10", performance=None, verdict=Verdict.AWAITED)])
    assert "no data" in drawing
    outline = Outline(
        str(charts.Drawing("x", 1, 1, title=name, description=name).add_element("text", name, x=1).to_markup())
    )
    assert [tag for tag, _ in outline.tags] == ["svg", "title", "desc", "text"]


@given(st.lists(st.none() | st.decimals(0, 100, places=4), min_size=1, max_size=12))
def test_every_point_lies_within_the_drawing(values: list[Decimal | None]) -> None:
    trend = [
        TrendPoint(period=f"2026-{number:02}", performance=value, verdict=Verdict.MET)
        for number, value in enumerate(values, 1)
    ]
    circles = Outline(str(charts.performance_chart(trend))).find_all("circle")
    assert len(circles) == sum(value is not None for value in values)
    for circle in circles:
        assert charts.LEFT <= float(str(circle["cx"])) <= charts.WIDTH - charts.RIGHT
        assert charts.TOP - 0.01 <= float(str(circle["cy"])) <= charts.TOP + charts.PLOT + 0.01


@given(st.decimals(-100_000, 100_000, places=6))
def test_figures_are_never_rounded_up(value: Decimal) -> None:
    parsed = Decimal(format_number(value).replace(MINUS, "-"))
    assert parsed <= value
    assert value - parsed < Decimal("0.0001")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("99.9996", "99.9996"),
        ("99.99999", "99.9999"),
        ("100.0000", "100"),
        ("0", "0"),
        ("50", "50"),
        ("-0.5", "\u22120.5"),
    ],
)
def test_percentages_as_people_write_them(value: str, written: str) -> None:
    assert format_percent(Decimal(value)) == f"{written}\u00a0%"
    assert format_percent(None) == "\u2013"


@pytest.mark.parametrize(("currency", "written"), [("EUR", "1,234.50"), ("JPY", "1,234"), ("KWD", "1,234.500")])
def test_money_has_the_decimals_of_its_currency(currency: str, written: str) -> None:
    assert wording.format_money(Decimal("1234.5"), currency) == f"{written}\u00a0{currency}"
