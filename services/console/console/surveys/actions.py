"""The changes that a person makes on the pages of surveys: the same calls that programs make."""

import asyncio

from starlette.responses import Response

from common.representations.csv_tables import to_csv
from console.calls.service_client import Document
from console.frame.visit import Visit
from console.sessions.form_fields import parse_id, parse_number
from console.sessions.form_guard import Form

COLUMNS = ("name", "email", "customer", "link")
CSV_HEADERS = {"content-disposition": 'attachment; filename="invitations.csv"', "cache-control": "no-store"}


async def draft_survey(visit: Visit, form: Form) -> str:
    body: Document = {name: form.get(name, "").strip() for name in ("name", "question")}
    body["smallest_n"] = parse_number(form, "smallest_n", "how many people must have answered")
    survey = await visit.services.post("/feedback/v1/surveys", body, form.get("form_id", ""))
    return f"/console/surveys/{survey['id']}?done=survey-drafted"


async def open_survey(visit: Visit, form: Form) -> str:
    return await _change_state(visit, form, "opening", "survey-opened")


async def close_survey(visit: Visit, form: Form) -> str:
    return await _change_state(visit, form, "closing", "survey-closed")


async def _change_state(visit: Visit, form: Form, change: str, notice: str) -> str:
    survey_id = visit.get_id("survey_id")
    await visit.services.post(f"/feedback/v1/surveys/{survey_id}/{change}", key=form.get("form_id", ""))
    return f"/console/surveys/{survey_id}?done={notice}"


async def invite_people(visit: Visit, form: Form) -> Response | str:
    """Invite a customer's people, and hand out their links with names and addresses for a mail merge.

    The names come from engagement and go to the browser; the service of the survey never gets them. They are read
    first: the links are shown only once.
    """
    survey_id, customer_id = (
        visit.get_id("survey_id"),
        parse_id(form, "customer_id", "the customer whose people you invite"),
    )
    customer, people = await asyncio.gather(
        visit.services.get(f"/engagement/v1/customers/{customer_id}"),
        visit.services.list_all(f"/engagement/v1/customers/{customer_id}/people"),
    )
    path = f"/feedback/v1/surveys/{survey_id}/invitations"
    invited = await visit.services.post(path, {"customer_id": customer_id}, form.get("form_id", ""))
    if not invited["links"]:
        return f"/console/surveys/{survey_id}?done=all-invited"
    by_id = {person["id"]: person for person in people}
    rows = []
    for link in invited["links"]:
        person = by_id.get(link["person_id"], {})
        rows.append((person.get("name") or "", person.get("email") or "", customer["name"], link["link"]))
    return Response(to_csv(COLUMNS, rows), 200, CSV_HEADERS, "text/csv")
