"""The pages of statements."""

import asyncio

from starlette.responses import Response
from starlette.routing import Route

from console.calls.agreement_names import load_agreement_names
from console.frame.visit import Visit, as_change, as_page
from console.sessions.form_guard import Form

PATH = "/console/statements"
LISTED = 50


async def show_statements(visit: Visit) -> Response:
    filters = {name: visit.query.get(name) for name in ("customer_id", "period", "cursor")}
    statements, customers = await asyncio.gather(
        visit.services.get("/sla/v1/statements", limit=LISTED, sort="-period_from", **filters), visit.list_customers()
    )
    names = await load_agreement_names(visit.services, {statement["agreement_id"] for statement in statements["items"]})
    return visit.render(
        "statements.html", PATH, statements=statements, customers=customers, filters=filters, agreement_names=names
    )


async def show_statement(visit: Visit) -> Response:
    return await _show(visit, None)


async def verify_statement(visit: Visit, form: Form) -> Response:
    """Have the statement computed again, and say what came of it."""
    path = f"/sla/v1/statements/{visit.get_id('statement_id')}/verification"
    return await _show(visit, await visit.services.post(path, key=form.get("form_id", "")))


async def _show(visit: Visit, verification: dict[str, object] | None) -> Response:
    statement = await visit.services.get(f"/sla/v1/statements/{visit.get_id('statement_id')}")
    agreement, revisions = await asyncio.gather(
        visit.services.get(f"/sla/v1/agreements/{statement['agreement_id']}"),
        visit.services.list_all(
            "/sla/v1/statements", agreement_id=statement["agreement_id"], period=statement["period"]
        ),
    )
    return visit.render(
        "statement.html",
        PATH,
        statement=statement,
        result=statement["document"]["result"],
        agreement=agreement,
        revisions=revisions,
        newest=max(revisions, key=lambda revision: int(revision["revision"])),
        verification=verification,
    )


ROUTES = [
    Route(PATH, as_page(show_statements)),
    Route(PATH + "/{statement_id:uuid}", as_page(show_statement)),
    Route(PATH + "/{statement_id:uuid}/verification", as_change(verify_statement, show_statement), methods=["POST"]),
]
