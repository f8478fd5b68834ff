"""HTTP routes of scorecards: canonical JSON, and a page for people."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response
from fastapi.responses import HTMLResponse

from common.canonical_json import hash_canonical_json, to_canonical_json
from common.http.conventions.lists import listing
from common.http.paging import Page, PageRequest, paginate
from common.http.request_scope import AsReader, Router
from common.pages.answers import to_html_answer
from common.views import Written
from reporting.scorecards import actions, page, store
from reporting.scorecards.model import CustomerReplica
from reporting.scorecards.months import Month
from reporting.scorecards.views import ReportedCustomer, ScorecardAnswer, ScorecardLine

router = Router(tags=["scorecards"])


async def _period(
    period: Annotated[
        str,
        Written(r"^20[0-9]{2}-(0[1-9]|1[0-2])$", "must be a month of 2000 to 2099, as 2026-10"),
        Query(description="A calendar month: 2026-10.", examples=["2026-10"]),
    ],
) -> Month:
    return Month.parse(period)


Period = Annotated[Month, Depends(_period)]
CustomerPaging = Annotated[
    PageRequest, listing(CustomerReplica.customer_id, sort=(CustomerReplica.name,), search=(CustomerReplica.name,))
]


@router.get("/customers", summary="List customers, oldest first")
async def list_reported_customers(work: AsReader, paging: CustomerPaging) -> Page[ReportedCustomer]:
    rows = await paginate(work.session, store.select_customers(work), paging, key=CustomerReplica.customer_id)
    return rows.to_page(lambda customer: ReportedCustomer(id=customer.customer_id, name=customer.name))


@router.get("/scorecards", summary="List the scorecards of a month")
async def list_scorecards(work: AsReader, period: Period, paging: CustomerPaging) -> Page[ScorecardLine]:
    """The list has one line per customer, even when there is nothing to report."""
    rows = await paginate(work.session, store.select_customers(work), paging, key=CustomerReplica.customer_id)
    return rows.with_views(await actions.build_scorecard_lines(work, rows.items, period))


@router.get("/customers/{customer_id}/scorecard", summary="Read a scorecard", response_model=ScorecardAnswer)
async def read_scorecard(work: AsReader, customer_id: UUID, period: Period) -> Response:
    """The answer is canonical JSON with its hash."""
    card = await actions.build_scorecard(work, customer_id, period)
    answer = ScorecardAnswer(scorecard=card, sha256=hash_canonical_json(card))
    return Response(to_canonical_json(answer), media_type="application/json")


@router.get(
    "/customers/{customer_id}/scorecard.html", summary="Read a scorecard as a page", response_class=HTMLResponse
)
async def read_scorecard_page(work: AsReader, customer_id: UUID, period: Period) -> HTMLResponse:
    """The page needs no script and nothing from elsewhere."""
    card = await actions.build_scorecard(work, customer_id, period)
    return to_html_answer(page.render_page(card, hash_canonical_json(card), Month.from_date(work.now)))
