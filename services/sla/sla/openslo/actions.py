"""Importing a bundle of objectives and indicators, and exporting the objectives of an agreement."""

from typing import Any
from uuid import UUID

from common.ids import new_id
from common.unit_of_work import UnitOfWork
from sla.agreements import store as agreement_store
from sla.agreements.model import OfferingReplica
from sla.drafts import actions as drafts
from sla.drafts.views import NewAgreement
from sla.indicators import actions as indicators
from sla.openslo import store
from sla.openslo.bundle import Bundle
from sla.openslo.exporter import build_documents, to_yaml
from sla.openslo.importer import BundleImport
from sla.openslo.views import ImportedIndicator, ImportTarget, ImportView, NewImport
from sla.openslo.yaml_loader import load_documents
from sla.templates.open_terms import complete_terms


async def import_bundle(work: UnitOfWork, request: NewImport) -> ImportView:
    """Read the bundle, and apply it if the request says so."""
    bundle = Bundle(load_documents(request.document))
    existing = await store.load_definitions(work, names_in_use=set(bundle.indicator_names()))
    imported = BundleImport(bundle, existing)
    undefined = imported.indicators.keys() - existing.keys()
    if request.apply:
        for indicator_id in sorted(undefined):
            await indicators.define(work, imported.indicators[indicator_id], indicator_id=indicator_id)
        undefined = set()
    objectives = [objective.model_dump(mode="json") for objective in imported.objectives]
    for objective in objectives:
        if objective.get("indicator_id") in {str(indicator_id) for indicator_id in undefined}:
            objective["indicator_id"] = None
    head = request.model_dump(mode="json", include={"name", "starts_on"}, exclude_none=True)
    terms = imported.terms | head | {"objectives": objectives}
    return ImportView(
        applied=request.apply,
        warnings=bundle.warnings,
        indicators=[
            ImportedIndicator(indicator_id=None if indicator_id in undefined else indicator_id, definition=definition)
            for indicator_id, definition in imported.indicators.items()
        ],
        terms=terms,
        agreement_id=await _draft(work, request.agreement, terms) if request.apply and request.agreement else None,
    )


async def _draft(work: UnitOfWork, target: ImportTarget, document: dict[str, Any]) -> UUID:
    """Draft an agreement with objectives under new ids, since those of another agreement keep theirs."""
    objectives = [objective | {"id": str(new_id())} for objective in document["objectives"]]
    terms = complete_terms(document | {"objectives": objectives}, {}, "terms")
    agreement = NewAgreement(**target.model_dump(), terms=terms).to_agreement()
    version = await drafts.draft_agreement(work, agreement, terms)
    return version.agreement.id


async def export_agreement(work: UnitOfWork, agreement_id: UUID) -> str:
    """Export the terms of the newest version as YAML."""
    agreement = await agreement_store.get_agreement(work, agreement_id)
    version = await agreement_store.get_version(work, agreement.id)
    offering = await work.get(OfferingReplica, agreement.offering_id)
    definitions = await store.load_definitions(work, ids=version.terms.indicator_ids)
    work.set_etag(agreement)
    return to_yaml(build_documents(version.terms, offering.service_name, definitions))
