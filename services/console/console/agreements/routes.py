"""The pages of agreements."""

import asyncio

from starlette.responses import Response
from starlette.routing import Route

from console.agreements import actions, drafts, terms_in_words
from console.agreements.reads import read_agreement, read_agreements
from console.frame.visit import Visit, as_change, as_page
from console.frame.wording import AGREEMENT_STATES

PATH = "/console/agreements"
COPYING = "POST /sla/v1/agreements/{agreement_id}/copies"


async def show_agreements(visit: Visit) -> Response:
    query = visit.query
    filters = {name: query.get(name) for name in ("state", "customer_id", "cursor")}
    agreements, customers, operations = await asyncio.gather(
        read_agreements(visit.services, **filters), visit.list_customers(), visit.services.list_open_operations("sla")
    )
    return visit.render(
        "agreements.html",
        PATH,
        agreements=agreements,
        customers=customers,
        states=AGREEMENT_STATES,
        filters=filters,
        may_draft="POST /sla/v1/agreements" in operations,
    )


async def show_drafting(visit: Visit) -> Response:
    """Show the templates, or the form that one of them leaves to be filled in."""
    template_id = visit.values.get("template_id") or visit.query.get("template_id")
    templates, customers, offerings, indicators = await asyncio.gather(
        visit.services.list_all("/sla/v1/agreement-templates", state="published"),
        visit.list_customers(),
        visit.services.list_all("/catalog/v1/offerings", state="published"),
        visit.services.list_all("/sla/v1/indicators"),
    )
    return visit.render(
        "new_agreement.html",
        PATH,
        templates=templates,
        chosen=next((template for template in templates if template["id"] == template_id), None),
        customers=customers,
        offerings=offerings,
        indicators=indicators,
        describe_gap=terms_in_words.describe_gap,
    )


async def show_agreement(visit: Visit) -> Response:
    file, customers = await asyncio.gather(
        read_agreement(visit.services, visit.get_id("agreement_id"), visit.side), visit.list_customers()
    )
    terms = file.agreement["version"]["terms"]
    to_date = {outcome["objective_id"]: outcome for outcome in (file.compliance or {}).get("objectives", [])}
    return visit.render(
        "agreement.html",
        PATH,
        file=file,
        terms=terms,
        to_date=to_date,
        objectives={objective["id"]: objective["name"] for objective in terms["objectives"]},
        in_words=terms_in_words,
        customers=customers,
        may_copy=COPYING in file.open_operations,
        may_amend="amend" in file.agreement["actions"],
    )


ROUTES = [
    Route(PATH, as_page(show_agreements)),
    Route(PATH + "/new", as_page(show_drafting)),
    Route(PATH + "/new", as_change(drafts.draft_agreement, show_drafting), methods=["POST"]),
    Route(PATH + "/{agreement_id:uuid}", as_page(show_agreement)),
    *(
        Route(PATH + "/{agreement_id:uuid}/" + step, as_change(take_step, show_agreement), methods=["POST"])
        for step, take_step in (
            ("proposal", actions.propose),
            ("counter-proposal", actions.counter),
            ("acceptance", actions.accept),
            ("objection", actions.object_to),
            ("signature", actions.sign),
            ("end", actions.end_negotiation),
            ("copy", drafts.copy_agreement),
            ("amendment", drafts.draft_amendment),
        )
    ),
]
