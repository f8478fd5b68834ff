"""The start page."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.calls.errors import SignInNeeded
from console.frame.console import get_console
from console.frame.months import choose_month
from console.frame.visit import Visit, keep_session, open_visit
from console.frame.wording import NOTICES
from console.overview.reads import read_attention, read_lines

SERVICE_TITLES = {
    "catalog": "Services and offerings, with prices and contacts",
    "engagement": "Customers and their people",
    "sla": "Agreements, measurements, statements, breaches and issues",
    "feedback": "Surveys, responses and satisfaction",
    "reporting": "Scorecards for customers and for IT",
}


async def start(request: Request) -> Response:
    """Show what Rapport is, or the customers and what needs attention to who is signed in."""
    try:
        visit = await open_visit(request)
        return keep_session(visit, await show_overview(visit))
    except SignInNeeded:
        return await show_welcome(request)


async def show_welcome(request: Request) -> Response:
    console = get_console(request)
    ready = await console.client.probe()
    answer = console.render(
        "welcome.html",
        current="/",
        services=[(name, title, ready[name]) for name, title in SERVICE_TITLES.items()],
        notice=NOTICES.get(request.query_params.get("done", "")),
        is_for_trying=console.sign_in.is_for_trying,
        origin=console.sign_in.get_origin(request),
    )
    console.cookies.delete(request, answer)
    return answer


async def show_overview(visit: Visit) -> Response:
    now = visit.console.clock()
    months = choose_month(visit.query.get("month", ""), now)
    lines, attention = await asyncio.gather(
        read_lines(visit.services, months.shown),
        read_attention(visit.services, now),
    )
    return visit.render("overview.html", "/", months=months, lines=lines, attention=attention)


ROUTES = [Route("/", start)]
