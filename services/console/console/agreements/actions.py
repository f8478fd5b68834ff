"""The steps of a negotiation that a person takes on an agreement's page: the same calls that programs make."""

from common.errors import Invalid
from console.calls.service_client import Document
from console.frame.visit import Visit
from console.sessions.form_guard import Form

OBJECTIVE = "objective-"
"""How the fields begin that name an objective."""


async def propose(visit: Visit, form: Form) -> str:
    return await _take_step(visit, form, "proposals", {"comment": form.get("comment", "")}, "proposed")


async def counter(visit: Visit, form: Form) -> str:
    """Answer the terms on the table with others: the targets and the charge that were filled in."""
    agreement = await visit.services.get(f"/sla/v1/agreements/{visit.get_id('agreement_id')}")
    terms = fill_in_terms(agreement["version"]["terms"], form)
    return await _take_step(
        visit, form, "proposals", {"terms": terms, "comment": form.get("comment", "")}, "counter-proposed"
    )


async def accept(visit: Visit, form: Form) -> str:
    return await _take_step(visit, form, "acceptances", {"comment": form.get("comment", "")}, "accepted")


async def object_to(visit: Visit, form: Form) -> str:
    """Object to the objectives that are ticked, all for the same reason."""
    reason = form.get("reason", "").strip()
    objectives = [
        {"objective_id": name.removeprefix(OBJECTIVE), "comment": reason} for name in form if name.startswith(OBJECTIVE)
    ]
    if not objectives:
        raise Invalid("Tick each objective that you object to.")
    return await _take_step(visit, form, "objections", {"objectives": objectives}, "objected")


async def sign(visit: Visit, form: Form) -> str:
    body: Document = {"terms_sha256": form.get("terms_sha256", "")}
    if reason := form.get("acknowledge", "").strip():
        body["acknowledge"] = {"reason": reason}
    return await _take_step(visit, form, "signatures", body, "signed")


async def end_negotiation(visit: Visit, form: Form) -> str:
    return await _take_step(visit, form, "withdrawal", {"reason": form.get("reason", "")}, "negotiation-ended")


def fill_in_terms(terms: Document, form: Form) -> Document:
    """Return the terms with the targets, the charge and the first day of a form."""
    objectives = [
        {**objective, "target": form[field].strip()} if (field := f"target-{objective['id']}") in form else objective
        for objective in terms["objectives"]
    ]
    filled = {**terms, "objectives": objectives}
    if charge := form.get("charge", "").strip():
        filled["monthly_charge"] = {**(terms["monthly_charge"] or {}), "amount": charge}
    if first_day := form.get("starts_on", "").strip():
        filled["starts_on"] = first_day
    return filled


async def _take_step(visit: Visit, form: Form, step: str, body: Document, notice: str) -> str:
    agreement_id = visit.get_id("agreement_id")
    await visit.services.post(f"/sla/v1/agreements/{agreement_id}/{step}", body, form.get("form_id", ""))
    return f"/console/agreements/{agreement_id}?done={notice}"
