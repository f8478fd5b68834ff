"""The pages of surveys, for the provider's staff."""

import asyncio

from starlette.responses import Response
from starlette.routing import Route

from console.frame.visit import Visit, as_change, as_page
from console.surveys import actions

PATH = "/console/surveys"
SERVICE_PATH = "/feedback/v1/surveys/{survey_id}"
DRAFTING = "POST /feedback/v1/surveys"
CHANGES = {
    "open": ("draft", f"POST {SERVICE_PATH}/opening"),
    "close": ("open", f"POST {SERVICE_PATH}/closing"),
    "invite": ("open", f"POST {SERVICE_PATH}/invitations"),
}
"""What can be done with a survey: in which state, and by which operation."""


async def show_surveys(visit: Visit) -> Response:
    surveys, operations = await asyncio.gather(
        visit.services.list_all("/feedback/v1/surveys"), visit.services.list_open_operations("feedback")
    )
    return visit.render("surveys.html", PATH, surveys=surveys[::-1], may_draft=DRAFTING in operations)


async def show_survey(visit: Visit) -> Response:
    path = f"/feedback/v1/surveys/{visit.get_id('survey_id')}"
    satisfaction, comments, customers, operations = await asyncio.gather(
        visit.services.get(f"{path}/satisfaction"),
        visit.services.list_all(f"{path}/comments"),
        visit.list_customers(),
        visit.services.list_open_operations("feedback"),
    )
    survey = satisfaction["survey"]
    changes = {
        change for change, (state, operation) in CHANGES.items() if survey["state"] == state and operation in operations
    }
    return visit.render(
        "survey.html",
        PATH,
        survey=survey,
        satisfaction=satisfaction,
        comments=comments,
        customers=customers,
        changes=changes,
    )


ROUTES = [
    Route(PATH, as_page(show_surveys)),
    Route(PATH, as_change(actions.draft_survey, show_surveys), methods=["POST"]),
    Route(PATH + "/{survey_id:uuid}", as_page(show_survey)),
    *(
        Route(PATH + "/{survey_id:uuid}/" + change, as_change(make_change, show_survey), methods=["POST"])
        for change, make_change in (
            ("opening", actions.open_survey),
            ("closing", actions.close_survey),
            ("invitations", actions.invite_people),
        )
    ),
]
