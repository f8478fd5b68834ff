"""HTTP routes of scorecards: canonical JSON, or a page for people."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from common.canonical_json import hash_canonical_json, to_canonical_json
from common.http.paging import Page, Paging, paginate
from common.http.request_scope import AsReader, Router
from common.unit_of_work import UnitOfWork
from reporting.scorecards import actions, page, store
from reporting.scorecards.errors import NotAcceptable
from reporting.scorecards.model import CustomerReplica
from reporting.scorecards.months import Month
from reporting.scorecards.negotiation import choose_media_type
from reporting.scorecards.views import CustomerView, Scorecard, ScorecardAnswer, ScorecardLine

router = Router(tags=["scorecards"])

JSON, HTML = "application/json", "text/html"


async def _period(
    period: Annotated[
        str,
        Query(pattern="^20[0-9]{2}-(0[1-9]|1[0-2])$", description="A calendar month: 2026-10.", examples=["2026-10"]),
    ],
) -> Month:
    return Month.parse(period)


Period = Annotated[Month, Depends(_period)]


@router.get("/customers", summary="List customers, oldest first")
async def list_customers(work: AsReader, paging: Paging) -> Page[CustomerView]:
    query = work.select_visible(store.select_customers(), CustomerReplica.customer_id)
    rows = await paginate(work.session, query, paging, key=CustomerReplica.customer_id)
    return rows.to_page(lambda customer: CustomerView(id=customer.customer_id, name=customer.name))


@router.get("/scorecards", summary="List the scorecards of a month")
async def list_scorecards(work: AsReader, period: Period, paging: Paging) -> Page[ScorecardLine]:
    """The list has one line per customer, even when there is nothing to report."""
    query = work.select_visible(store.select_customers(), CustomerReplica.customer_id)
    rows = await paginate(work.session, query, paging, key=CustomerReplica.customer_id)
    return Page(items=await actions.build_scorecard_lines(work, rows.items, period), next=rows.next)


def _documented(*kinds: str) -> dict[str, Any]:
    """Describe for OpenAPI the media types of an answer that is written by hand."""
    schema = {JSON: {"schema": {"$ref": "#/components/schemas/ScorecardAnswer"}}, HTML: {"schema": {"type": "string"}}}
    return {"content": {kind: schema[kind] for kind in kinds}}


@router.get(
    "/customers/{customer_id}/scorecard",
    summary="Read a scorecard",
    response_model=ScorecardAnswer,
    responses={200: _documented(JSON, HTML)},
)
async def read_scorecard(work: AsReader, customer_id: UUID, period: Period, request: Request) -> Response:
    """The answer is JSON, or a page with `Accept: text/html`."""
    kind = choose_media_type(request.headers.get("accept"), (JSON, HTML))
    if kind is None:
        raise NotAcceptable(f"Accept {JSON} or {HTML}.")
    answer = await (_as_page if kind == HTML else _as_json)(work, customer_id, period)
    answer.headers["vary"] = "Accept"
    return answer


@router.get(
    "/customers/{customer_id}/scorecard.html",
    summary="Read a scorecard as a page",
    response_class=Response,
    responses={200: _documented(HTML)},
)
async def read_scorecard_page(work: AsReader, customer_id: UUID, period: Period) -> Response:
    return await _as_page(work, customer_id, period)


async def _as_json(work: UnitOfWork, customer_id: UUID, period: Month) -> Response:
    card = await actions.build_scorecard(work, customer_id, period)
    return Response(
        to_canonical_json(ScorecardAnswer(scorecard=card, sha256=hash_canonical_json(card))), media_type=JSON
    )


async def _as_page(work: UnitOfWork, customer_id: UUID, period: Month) -> Response:
    card: Scorecard = await actions.build_scorecard(work, customer_id, period)
    headers = {"content-security-policy": page.content_security_policy()}
    return Response(page.render_page(card, hash_canonical_json(card)), media_type=HTML, headers=headers)
