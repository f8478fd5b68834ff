"""Importing objectives from OpenSLO, and exporting those of an agreement."""

from dataclasses import replace
from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from pydantic import ValidationError

from common.errors import RuleBroken
from common.ids import new_id
from common.work import Work
from sla.agreements import store as agreement_store
from sla.agreements.model import KnownOffering, Parties
from sla.agreements.terms import Terms
from sla.drafts import actions as drafts
from sla.indicators import actions as indicators
from sla.openslo import store
from sla.openslo.bundle import bundle
from sla.openslo.exporting import as_yaml, exported
from sla.openslo.importing import Imported, imported
from sla.openslo.nodes import Finding, Findings, Question
from sla.openslo.reader import documents
from sla.openslo.views import ImportView, NewImport


class ImportRefused(RuleBroken, slug="import-refused"):
    """An import is refused as a whole, with the path of everything that is wrong."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, message: str, found: list[Finding]) -> None:
        super().__init__(message)
        self.found = found

    def errors(self) -> list[dict[str, str]]:
        return [{"field": one.path, "message": one.message} for one in self.found]


class BundleNotOpenSlo(ImportRefused, slug="bundle-not-open-slo"):
    """A bundle is OpenSLO v1, and its objectives can be kept as they are written."""


class BundleAmbiguous(ImportRefused, slug="bundle-ambiguous"):
    """What a bundle leaves open is answered before it is applied."""


class TermsIncomplete(ImportRefused, slug="terms-incomplete"):
    """An agreement needs terms with a name and a first day, which OpenSLO does not know."""


async def import_bundle(work: Work, wanted: NewImport) -> ImportView:
    """What the bundle comes to; applied only when asked for, and when nothing is left open."""
    found = await _read(work, wanted)
    if found.findings.errors:
        raise BundleNotOpenSlo(_counted(found.findings.errors), found.findings.errors)
    if not wanted.apply:
        return ImportView.of(found, _terms(found, wanted, defined=False), applied=False)
    if found.findings.questions:
        raise BundleAmbiguous(
            _counted(found.findings.questions), [Finding(*one[:2]) for one in found.findings.questions]
        )
    applied = await _define(work, found)
    terms = _terms(applied, wanted, defined=True)
    agreement_id = await _draft(work, wanted, terms) if wanted.agreement else None
    return ImportView.of(applied, terms, applied=True, agreement_id=agreement_id)


async def _read(work: Work, wanted: NewImport) -> Imported:
    found = bundle(documents(wanted.document), Findings(wanted.answers))
    return imported(found, await store.named(work, found.references))


def _counted(found: list[Finding] | list[Question]) -> str:
    first = found[0]
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    return f"{first.path} {first[1]}{more}."


async def _define(work: Work, found: Imported) -> Imported:
    """The same with the ids of the indicators that were defined for it."""
    ids: dict[UUID, UUID] = {}
    for one in found.indicators:
        ids[one.id] = one.id if one.exists else (await indicators.define(work, one.definition)).id
    objectives = [
        one.model_copy(update={"indicator_id": ids[one.indicator_id]}) if hasattr(one, "indicator_id") else one
        for one in found.objectives
    ]
    return replace(found, indicators=[replace(one, id=ids[one.id]) for one in found.indicators], objectives=objectives)


def _terms(found: Imported, wanted: NewImport, *, defined: bool) -> dict[str, Any]:
    said = {"name": wanted.name, "starts_on": wanted.starts_on and wanted.starts_on.isoformat()}
    provisional = {str(one.id) for one in found.indicators if not one.exists and not defined}
    objectives = [one.model_dump(mode="json") for one in found.objectives]
    for one in objectives:
        if one.get("indicator_id") in provisional:
            one["indicator_id"] = None
    given = {key: value for key, value in said.items() if value is not None}
    return found.terms | given | {"objectives": objectives}


async def _draft(work: Work, wanted: NewImport, document: dict[str, Any]) -> UUID:
    """With objectives of its own: those of another agreement keep their ids."""
    objectives = [one | {"id": str(new_id())} for one in document["objectives"]]
    try:
        terms = Terms.model_validate(document | {"objectives": objectives})
    except ValidationError as error:
        wrong = [Finding(".".join(["terms", *map(str, one["loc"])]), one["msg"]) for one in error.errors()]
        raise TermsIncomplete(_counted(wrong), wrong) from None
    if wanted.agreement is None:
        raise AssertionError("called for an agreement only")
    parties = Parties(wanted.agreement.customer_id, wanted.agreement.offering_id)
    version = await drafts.draft(work, parties, terms)
    return version.agreement.id


async def export_agreement(work: Work, agreement_id: UUID) -> str:
    """The terms of the version with the highest number, as YAML."""
    agreement = await agreement_store.agreement(work, agreement_id)
    version = await agreement_store.newest_version(work, agreement)
    offering = await work.get(KnownOffering, agreement.offering_id)
    terms = version.terms
    definitions = await store.definitions(work, terms.indicator_ids)
    work.tag(agreement)
    return as_yaml(exported(terms, offering.service_name, definitions))
