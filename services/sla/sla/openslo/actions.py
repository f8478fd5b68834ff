"""Importing a bundle of objectives and indicators, and exporting the objectives of an agreement."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from common.ids import new_id
from common.unit_of_work import UnitOfWork
from sla.agreements import store as agreement_store
from sla.agreements.model import Agreement, OfferingReplica
from sla.agreements.terms import Terms
from sla.drafts import actions as drafts
from sla.indicators import actions as indicators
from sla.openslo import store
from sla.openslo.bundle import parse_bundle
from sla.openslo.errors import BundleAmbiguous, BundleNotOpenSlo, TermsIncomplete
from sla.openslo.exporter import build_documents, to_yaml
from sla.openslo.importer import BundleImport, build_import
from sla.openslo.views import ImportTarget, ImportView, NewImport
from sla.openslo.yaml_loader import load_documents
from sla.openslo.yaml_nodes import BundleFinding, BundleFindings


async def import_bundle(work: UnitOfWork, request: NewImport) -> ImportView:
    """Read the bundle, and apply it if the request says so and no question is open."""
    bundle_import = await _read(work, request)
    findings = bundle_import.findings
    if findings.errors:
        raise BundleNotOpenSlo(findings.errors)
    if not request.apply:
        return ImportView.from_import(bundle_import, _build_terms(bundle_import, request), applied=False)
    if findings.questions:
        raise BundleAmbiguous([BundleFinding(question.path, question.question) for question in findings.questions])
    applied = await _define_indicators(work, bundle_import)
    terms = _build_terms(applied, request)
    agreement_id = await _draft(work, request.agreement, terms) if request.agreement else None
    return ImportView.from_import(applied, terms, applied=True, agreement_id=agreement_id)


async def _read(work: UnitOfWork, request: NewImport) -> BundleImport:
    bundle = parse_bundle(load_documents(request.document), BundleFindings(request.answers))
    return build_import(bundle, await store.list_indicators_by_name(work, bundle.indicator_names))


async def _define_indicators(work: UnitOfWork, bundle_import: BundleImport) -> BundleImport:
    """Define the indicators that do not exist, and put their ids into the objectives."""
    ids: dict[UUID, UUID] = {}
    for required in bundle_import.indicators:
        ids[required.id] = required.id if required.exists else (await indicators.define(work, required.definition)).id
    objectives = [
        objective.model_copy(update={"indicator_id": ids[objective.indicator_id]})
        if hasattr(objective, "indicator_id")
        else objective
        for objective in bundle_import.objectives
    ]
    defined = [replace(required, id=ids[required.id], exists=True) for required in bundle_import.indicators]
    return replace(bundle_import, indicators=defined, objectives=objectives)


def _build_terms(bundle_import: BundleImport, request: NewImport) -> dict[str, Any]:
    """Build the terms document; an indicator that does not exist yet is null."""
    undefined = {str(required.id) for required in bundle_import.indicators if not required.exists}
    objectives = [objective.model_dump(mode="json") for objective in bundle_import.objectives]
    for objective in objectives:
        if objective.get("indicator_id") in undefined:
            objective["indicator_id"] = None
    head = request.model_dump(mode="json", include={"name", "starts_on"}, exclude_none=True)
    return bundle_import.terms | head | {"objectives": objectives}


async def _draft(work: UnitOfWork, target: ImportTarget, document: dict[str, Any]) -> UUID:
    """Draft an agreement with objectives under new ids, since those of another agreement keep theirs."""
    objectives = [objective | {"id": str(new_id())} for objective in document["objectives"]]
    try:
        terms = Terms.model_validate(document | {"objectives": objectives})
    except ValidationError as error:
        findings = [
            BundleFinding(".".join(["terms", *map(str, detail["loc"])]), detail["msg"]) for detail in error.errors()
        ]
        raise TermsIncomplete(findings) from None
    agreement = Agreement(customer_id=target.customer_id, offering_id=target.offering_id)
    version = await drafts.draft_agreement(work, agreement, terms)
    return version.agreement.id


async def export_agreement(work: UnitOfWork, agreement_id: UUID) -> str:
    """Export the terms of the newest version as YAML."""
    agreement = await agreement_store.get_agreement(work, agreement_id)
    version = await agreement_store.get_version(work, agreement.id)
    offering = await work.get(OfferingReplica, agreement.offering_id)
    terms = version.terms
    definitions = await store.list_definitions_by_id(work, terms.indicator_ids)
    work.set_etag(agreement)
    return to_yaml(build_documents(terms, offering.service_name, definitions))
