"""The HTTP interface of OpenSLO: importing and exporting objectives."""

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
    """Return the terms and indicators that the bundle gives, with warnings for all that is not imported as it is
    written. With `apply`, define the indicators and, for a customer and an offering, draft an agreement.
    """
    return await actions.import_bundle(work, body)


@router.get(
    "/agreements/{agreement_id}/openslo",
    summary="Export the objectives of an agreement to OpenSLO",
    response_class=Response,
    responses=_BUNDLE,
)
async def export_openslo(work: AsReader, agreement_id: UUID) -> Response:
    """Return a bundle of YAML documents. Annotations hold what OpenSLO cannot express, for a lossless import."""
    return Response(await actions.export_agreement(work, agreement_id), media_type=YAML)
