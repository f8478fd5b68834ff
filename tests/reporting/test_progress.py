"""A month under way: figures to date, marked provisional, until the statement takes their place."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from common.testing.fake_issuer import FakeClock
from tests.reporting.conftest import october


async def begin(reporting: Any, story: Any) -> None:
    await reporting.hear(story.registered(), story.published(), story.signed(), story.activated(), story.progressed())


async def test_a_month_under_way_shows_figures_to_date(reporting: Any, story: Any) -> None:
    await begin(reporting, story)

    card = await reporting.card(story)

    assert card["performance"] == {
        "percent": "99.0001",
        "provisional": True,
        "until": "2026-10-14T08:00:00Z",
        "agreements": 1,
        "stated": 0,
        "objectives": 1,
        "objectives_met": 0,
        "objectives_missed": 1,
        "objectives_undecided": 1,
        "verdict": "awaited",
    }
    assert (card["statements"], card["awaited"]) == ([], [])
    (progress,) = card["under_way"]
    assert card["trend"] == [{"period": "2026-10", "performance": "99.0001", "provisional": True, "verdict": "awaited"}]
    assert (progress["until"], progress["timezone"]) == ("2026-10-14T08:00:00Z", "Europe/Amsterdam")
    assert [objective["verdict"] for objective in progress["objectives"]] == ["missed", "not_measured"]


async def test_the_list_of_scorecards_counts_figures_to_date_too(reporting: Any, story: Any) -> None:
    await begin(reporting, story)
    (line,) = (await reporting.get("/scorecards?period=2026-10"))["items"]
    assert (line["performance"]["percent"], line["performance"]["provisional"]) == ("99.0001", True)


async def test_the_page_says_that_figures_to_date_are_provisional_and_in_which_zone(reporting: Any, story: Any) -> None:
    await begin(reporting, story)

    page = await reporting.page(story)

    assert "Provisional figures" in page
    assert "0 of 2" in page
    assert "1 missed, 1 undecided" in page
    assert "14\u00a0Oct\u00a02026, 10:00\u00a0Europe/Amsterdam" in page
    assert "1\u00a0Oct\u00a02026 to 31\u00a0Oct\u00a02026, Europe/Amsterdam" in page
    assert "missed to date" in page
    assert page.count("measured until 14\u00a0Oct\u00a02026, 10:00\u00a0Europe/Amsterdam") == 2, (
        "of the whole, and of the agreement"
    )


async def test_later_figures_replace_earlier_ones_in_whatever_order_they_come(reporting: Any, story: Any) -> None:
    await begin(reporting, story)
    later = story.progressed(until=october(20), performance=Decimal("99.5000"))

    await reporting.hear(later, story.progressed(), later)

    (progress,) = (await reporting.card(story))["under_way"]
    assert (progress["until"], progress["performance"]) == ("2026-10-20T00:00:00Z", "99.5000")


async def test_the_statement_takes_the_place_of_the_figures_to_date(reporting: Any, story: Any) -> None:
    await begin(reporting, story)

    await reporting.hear(story.stated(), story.progressed(until=october(31)))

    card = await reporting.card(story)
    assert card["under_way"] == []
    assert (card["performance"]["percent"], card["performance"]["provisional"]) == ("98.9312", False)


async def test_a_stated_period_is_shown_in_the_zone_of_its_agreement(reporting: Any, story: Any) -> None:
    await reporting.hear(story.registered(), story.signed(), story.activated())
    await reporting.hear(story.stated(timezone="Europe/Amsterdam"))
    assert "1\u00a0Oct\u00a02026 to 31\u00a0Oct\u00a02026, Europe/Amsterdam" in await reporting.page(story)

    await reporting.hear(story.stated(revision=2))
    assert "30\u00a0Sep\u00a02026, 22:00\u00a0UTC to 31\u00a0Oct\u00a02026, 23:00\u00a0UTC" in await reporting.page(
        story
    )


async def test_the_page_leads_to_the_months_before_and_after_up_to_the_current_one(
    reporting: Any, story: Any, clock: FakeClock
) -> None:
    await reporting.hear_all(story)

    clock.now = october(31, 23)
    assert '<a href="?period=2026-09" rel="prev">' in await reporting.page(story)
    assert 'rel="next"' not in await reporting.page(story)
    clock.now += timedelta(hours=2)
    assert '<a href="?period=2026-11" rel="next">' in await reporting.page(story)


async def test_a_score_that_is_withheld_says_why(reporting: Any, story: Any) -> None:
    unscored: dict[str, Any] = {"n": 0, "score": None, "low": None, "high": None}
    await reporting.hear(story.registered(), story.measured(answered=3, **unscored))

    (survey,) = (await reporting.card(story))["satisfaction"]
    assert survey["withheld"] == {"answered": 3, "needed": 5}
    assert "withheld: 3 of 5 answers needed" in await reporting.page(story)

    await reporting.hear(story.measured(revision=8, answered=6, **unscored))
    assert "shown when it closes" in await reporting.page(story)

    await reporting.hear(story.measured(revision=9))
    assert (await reporting.card(story))["satisfaction"][0]["withheld"] is None
