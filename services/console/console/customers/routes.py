"""The pages of one customer."""

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import date
from typing import Any

from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from console.agreements.reads import read_agreements
from console.calls.errors import ServiceRefused
from console.calls.service_client import Document
from console.customers.named_things import link_named_things
from console.frame.months import Month, choose_month
from console.frame.visit import Visit, as_page

PATH = "/console/customers/{customer_id:uuid}"
MONTHS = 12
MAX_STATEMENTS = 12
LINKS = frozenset({"agreement", "statement", "issue"})
"""What a scorecard leads to; the pages of surveys are for staff alone."""
STAFF_LINKS = LINKS | {"survey"}


async def show_customer(visit: Visit) -> Response:
    customer_id, services = visit.get_id("customer_id"), visit.services
    customer, agreements, statements, issues, satisfaction, people = await asyncio.gather(
        services.get(f"/engagement/v1/customers/{customer_id}"),
        read_agreements(services, customer_id=customer_id),
        services.list_all("/sla/v1/statements", customer_id=customer_id, sort="-period_from"),
        services.list_all("/sla/v1/issues", customer_id=customer_id, unsolved="true"),
        services.list_all(f"/feedback/v1/customers/{customer_id}/satisfaction"),
        _unless_refused(services.list_all(f"/engagement/v1/customers/{customer_id}/people")),
    )
    months = choose_month(visit.query.get("month", ""), visit.console.clock())
    return visit.render(
        "customer.html",
        customer=customer,
        agreements=agreements["items"],
        statements=statements[:MAX_STATEMENTS],
        issues=issues,
        satisfaction=satisfaction[::-1],
        people=people,
        months=list_scorecard_months(months.current, [agreement["starts_on"] for agreement in agreements["items"]]),
    )


def list_scorecard_months(current: Month, first_days: Sequence[str]) -> list[Month]:
    """List the months back to the one in which the first agreement began, the newest first, at least the current."""
    first = min((Month.from_date(date.fromisoformat(day)) for day in first_days), default=current)
    months = [current.add_months(-back) for back in range(MONTHS)]
    return [month for month in months if month >= first] or [current]


async def _unless_refused(listing: Coroutine[Any, Any, list[Document]]) -> list[Document] | None:
    """Return the list, or None for who may not see it."""
    try:
        return await listing
    except ServiceRefused:
        return None


async def show_scorecard(visit: Visit) -> Response:
    """Show reporting's own page of the scorecard, with the console's navigation and links where it has room for them.

    The page itself leads to other months, as `period`.
    """
    customer_id = visit.get_id("customer_id")
    months = choose_month(visit.query.get("period", visit.query.get("month", "")), visit.console.clock())
    path = f"/reporting/v1/customers/{customer_id}/scorecard.html"
    page = await visit.services.get_answer(path, period=str(months.shown))
    navigation = visit.render_part("navigation.html")
    html = link_named_things(page.text, STAFF_LINKS if visit.side == "provider" else LINKS)
    html = html.replace("<!-- navigation -->", navigation, 1)
    return HTMLResponse(html, headers=visit.allow_forms(page.headers))


ROUTES = [
    Route(PATH, as_page(show_customer)),
    Route(PATH + "/scorecard", as_page(show_scorecard)),
]
