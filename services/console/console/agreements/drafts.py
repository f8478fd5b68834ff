"""What a person drafts: an agreement from a template, a copy of one, and the next version of one."""

from collections.abc import Mapping
from typing import Any

from console.agreements.actions import fill_in_terms
from console.calls.service_client import Document
from console.frame.visit import Visit
from console.sessions.form_fields import parse_id
from console.sessions.form_guard import Form

FILLED_IN = "fill-"
"""How the fields begin that a template leaves out."""
OBJECTIVES = "objectives."


async def draft_agreement(visit: Visit, form: Form) -> str:
    body: Document = {
        "customer_id": parse_id(form, "customer_id", "the customer"),
        "offering_id": parse_id(form, "offering_id", "the offering"),
        "template_id": parse_id(form, "template_id", "the template"),
        "fill_in": build_fill_in(form),
    }
    return _to_draft(await visit.services.post("/sla/v1/agreements", body, form.get("form_id", "")))


async def copy_agreement(visit: Visit, form: Form) -> str:
    agreement_id = visit.get_id("agreement_id")
    body: Document = {"customer_id": parse_id(form, "customer_id", "the customer"), "fill_in": build_fill_in(form)}
    path = f"/sla/v1/agreements/{agreement_id}/copies"
    return _to_draft(await visit.services.post(path, body, form.get("form_id", "")))


async def draft_amendment(visit: Visit, form: Form) -> str:
    """Draft the next version: the terms in force with what was filled in."""
    path = f"/sla/v1/agreements/{visit.get_id('agreement_id')}"
    agreement = await visit.services.get(path)
    body: Document = {"terms": fill_in_terms(agreement["version"]["terms"], form)}
    return _to_draft(await visit.services.post(f"{path}/amendments", body, form.get("form_id", "")))


def _to_draft(agreement: Document) -> str:
    return f"/console/agreements/{agreement['id']}?done=drafted"


def build_fill_in(form: Mapping[str, str]) -> Document:
    """Build what is filled into terms from the fields of a form; objectives are named by their names."""
    filled: Document = {}
    objectives: dict[str, dict[str, Any]] = {}
    for field, text in form.items():
        path, value = field.removeprefix(FILLED_IN), text.strip()
        if not field.startswith(FILLED_IN) or not value:
            continue
        if path.startswith(OBJECTIVES):
            name, _, part = path.removeprefix(OBJECTIVES).rpartition(".")
            objectives.setdefault(name, {"name": name})[part] = value
        else:
            filled[path] = value
    return filled | ({"objectives": list(objectives.values())} if objectives else {})
