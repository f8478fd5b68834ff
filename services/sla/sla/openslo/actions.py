"""Importing objectives from OpenSLO, and exporting those of an agreement."""

from dataclasses import replace
from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from pydantic import ValidationError

from common.errors import DomainError
from common.ids import new_id
from common.unit_of_work import UnitOfWork
from sla.agreements import store as agreement_store
from sla.agreements.model import AgreementParties, OfferingReplica
from sla.agreements.terms import Terms
from sla.drafts import actions as drafts
from sla.indicators import actions as indicators
from sla.openslo import store
from sla.openslo.bundle import parse_bundle
from sla.openslo.exporter import build_documents, to_yaml
from sla.openslo.importer import BundleImport, build_import
from sla.openslo.views import ImportView, NewImport
from sla.openslo.yaml_loader import load_documents
from sla.openslo.yaml_nodes import BundleFinding, BundleFindings, BundleQuestion


class ImportRefused(DomainError, slug="import-refused"):
    """An import is refused as a whole, with the path of everything that is wrong."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, message: str, found: list[BundleFinding]) -> None:
        super().__init__(message)
        self.found = found

    def field_errors(self) -> list[dict[str, str]]:
        return [{"field": one.path, "message": one.message} for one in self.found]


class BundleNotOpenSlo(ImportRefused, slug="bundle-not-open-slo"):
    """A bundle is OpenSLO v1, and its objectives can be kept as they are written."""


class BundleAmbiguous(ImportRefused, slug="bundle-ambiguous"):
    """What a bundle leaves open is answered before it is applied."""


class TermsIncomplete(ImportRefused, slug="terms-incomplete"):
    """An agreement needs terms with a name and a first day, which OpenSLO does not know."""


async def import_bundle(work: UnitOfWork, wanted: NewImport) -> ImportView:
    """What the bundle comes to; applied only when asked for, and when nothing is left open."""
    found = await _read(work, wanted)
    if found.findings.errors:
        raise BundleNotOpenSlo(_counted(found.findings.errors), found.findings.errors)
    if not wanted.apply:
        return ImportView.from_import(found, _terms(found, wanted, defined=False), applied=False)
    if found.findings.questions:
        raise BundleAmbiguous(
            _counted(found.findings.questions), [BundleFinding(*one[:2]) for one in found.findings.questions]
        )
    applied = await _define(work, found)
    terms = _terms(applied, wanted, defined=True)
    agreement_id = await _draft(work, wanted, terms) if wanted.agreement else None
    return ImportView.from_import(applied, terms, applied=True, agreement_id=agreement_id)


async def _read(work: UnitOfWork, wanted: NewImport) -> BundleImport:
    found = parse_bundle(load_documents(wanted.document), BundleFindings(wanted.answers))
    return build_import(found, await store.list_indicators_by_name(work, found.indicator_names))


def _counted(found: list[BundleFinding] | list[BundleQuestion]) -> str:
    first = found[0]
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    return f"{first.path} {first[1]}{more}."


async def _define(work: UnitOfWork, found: BundleImport) -> BundleImport:
    """The same with the ids of the indicators that were defined for it."""
    ids: dict[UUID, UUID] = {}
    for one in found.indicators:
        ids[one.id] = one.id if one.exists else (await indicators.define(work, one.definition)).id
    objectives = [
        one.model_copy(update={"indicator_id": ids[one.indicator_id]}) if hasattr(one, "indicator_id") else one
        for one in found.objectives
    ]
    return replace(found, indicators=[replace(one, id=ids[one.id]) for one in found.indicators], objectives=objectives)


def _terms(found: BundleImport, wanted: NewImport, *, defined: bool) -> dict[str, Any]:
    said = {"name": wanted.name, "starts_on": wanted.starts_on and wanted.starts_on.isoformat()}
    provisional = {str(one.id) for one in found.indicators if not one.exists and not defined}
    objectives = [one.model_dump(mode="json") for one in found.objectives]
    for one in objectives:
        if one.get("indicator_id") in provisional:
            one["indicator_id"] = None
    given = {key: value for key, value in said.items() if value is not None}
    return found.terms | given | {"objectives": objectives}


async def _draft(work: UnitOfWork, wanted: NewImport, document: dict[str, Any]) -> UUID:
    """With objectives of its own: those of another agreement keep their ids."""
    objectives = [one | {"id": str(new_id())} for one in document["objectives"]]
    try:
        terms = Terms.model_validate(document | {"objectives": objectives})
    except ValidationError as error:
        wrong = [BundleFinding(".".join(["terms", *map(str, one["loc"])]), one["msg"]) for one in error.errors()]
        raise TermsIncomplete(_counted(wrong), wrong) from None
    if wanted.agreement is None:
        raise AssertionError("called for an agreement only")
    parties = AgreementParties(wanted.agreement.customer_id, wanted.agreement.offering_id)
    version = await drafts.draft_agreement(work, parties, terms)
    return version.agreement.id


async def export_agreement(work: UnitOfWork, agreement_id: UUID) -> str:
    """The terms of the version with the highest number, as YAML."""
    agreement = await agreement_store.get_agreement(work, agreement_id)
    version = await agreement_store.get_newest_version(work, agreement)
    offering = await work.get(OfferingReplica, agreement.offering_id)
    terms = version.terms
    definitions = await store.list_definitions_by_id(work, terms.indicator_ids)
    work.set_etag(agreement)
    return to_yaml(build_documents(terms, offering.service_name, definitions))
