"""The pages of agreements."""

import asyncio

from starlette.responses import Response
from starlette.routing import Route

from console.agreements import actions, terms_in_words
from console.agreements.reads import read_agreement, read_agreements
from console.frame.visit import Visit, as_change, as_page
from console.frame.wording import AGREEMENT_STATES

PATH = "/console/agreements"


async def show_agreements(visit: Visit) -> Response:
    query = visit.query
    filters = {name: query.get(name) for name in ("state", "customer_id", "cursor")}
    agreements, customers = await asyncio.gather(read_agreements(visit.services, **filters), visit.list_customers())
    return visit.render(
        "agreements.html", PATH, agreements=agreements, customers=customers, states=AGREEMENT_STATES, filters=filters
    )


async def show_agreement(visit: Visit) -> Response:
    file = await read_agreement(visit.services, visit.get_id("agreement_id"), visit.side)
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
    )


ROUTES = [
    Route(PATH, as_page(show_agreements)),
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
        )
    ),
]
