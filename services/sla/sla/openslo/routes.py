"""HTTP: objectives in and out of OpenSLO v1."""

from typing import Any
from uuid import UUID

from fastapi import Response

from common.http.request_scope import AsManager, AsReader, Router
from sla.openslo import actions
from sla.openslo.views import ImportView, NewImport

YAML = "application/yaml"
_BUNDLE: dict[int | str, dict[str, Any]] = {200: {"content": {YAML: {"schema": {"type": "string"}}}}}

router = Router(tags=["openslo"])


@router.post("/openslo/imports", summary="Import objectives and indicators from OpenSLO")
async def import_openslo(work: AsManager, body: NewImport) -> ImportView:
    """First what it comes to: terms, indicators, and what in the bundle is ambiguous. With `apply` the indicators are
    defined and, for a customer and an offering, an agreement is drafted.
    """
    return await actions.import_bundle(work, body)


@router.get(
    "/agreements/{agreement_id}/openslo",
    summary="Export the objectives of an agreement to OpenSLO",
    response_class=Response,
    responses=_BUNDLE,
)
async def export_openslo(work: AsReader, agreement_id: UUID) -> Response:
    """A bundle of YAML documents. What OpenSLO cannot say stands in annotations, so that an import gives the same."""
    return Response(await actions.export_agreement(work, agreement_id), media_type=YAML)
