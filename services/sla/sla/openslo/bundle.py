"""A bundle: its documents by kind and name, and what is found while it is read."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from sla.openslo.errors import BundleFinding, BundleNotOpenSlo, to_findings
from sla.openslo.kinds import API_VERSION, MODELS, Document, Sli, Slo

MAX_OBJECTIVES = 200
AnyDocument = TypeVar("AnyDocument", bound=Document)


class Bundle:
    def __init__(self, documents: list[Any]) -> None:
        """Parse all documents. Raise BundleNotOpenSlo with everything that is wrong."""
        self.documents: list[Document] = []
        self._warnings: dict[BundleFinding, None] = {}
        self.errors: list[BundleFinding] = []
        for place, fields in enumerate(documents):
            self._add(f"documents.{place}", fields)
        if not self.errors and not self.by_name(Slo) and not self.by_name(Sli):
            self.refuse("documents", "contain no SLO and no SLI: add at least one of them")
        if sum(len(slo.spec.objectives) for slo in self.by_name(Slo).values()) > MAX_OBJECTIVES:
            self.refuse("documents", f"contain more than {MAX_OBJECTIVES} objectives")
        self.raise_errors()

    def _add(self, path: str, fields: Any) -> None:
        if not self._is_version_1(f"{path}.apiVersion" if isinstance(fields, dict) else path, fields):
            return
        kind = fields.get("kind")
        model = MODELS.get(str(kind), Document)
        try:
            document = model.model_validate(fields)
        except ValidationError as error:
            self.refuse_invalid(path, error)
            return
        if kind not in MODELS:
            self.warn(path, f"is an {kind}, which is left out, because alerting is not part of an agreement")
        if document.metadata.name in self.by_name(model):
            self.refuse(f"{path}.metadata.name", f"is the name of two documents of the kind {kind}: rename one")
        self.documents.append(document)
        for unread_path in document.locate(path):
            self.warn(unread_path, "is not imported")

    def _is_version_1(self, path: str, fields: Any) -> bool:
        """Say whether a document can be read at all; documents of another version are refused once."""
        version = fields.get("apiVersion") if isinstance(fields, dict) else None
        if version == API_VERSION:
            return True
        message = f"is {str(version)[:60]}, and only {API_VERSION} is read: convert the bundle to it first"
        if version is None:
            message = f"is no OpenSLO document: give its apiVersion, {API_VERSION}"
        if not any(refused.message == message for refused in self.errors):
            self.refuse(path, message)
        return False

    def warn(self, path: str, message: str) -> None:
        """Add a warning once, although several objectives may share what it is about."""
        self._warnings[BundleFinding(path=path, message=message)] = None

    @property
    def warnings(self) -> list[BundleFinding]:
        """Return what is not imported, or not exactly as it is written."""
        return list(self._warnings)

    def refuse(self, path: str, message: str) -> None:
        self.errors.append(BundleFinding(path=path, message=message))

    def refuse_invalid(self, path: str, error: ValidationError, names: Mapping[str, str] | None = None) -> None:
        """Add what a model says of a place, unless something there is refused already.

        `names` are what the fields of a model of ours are called in OpenSLO.
        """
        if not any(finding.path.startswith(path) for finding in self.errors):
            self.errors += to_findings(path, error, names)

    def raise_errors(self) -> None:
        if self.errors:
            raise BundleNotOpenSlo(self.errors)

    def by_name(self, model: type[AnyDocument]) -> dict[str, AnyDocument]:
        return {document.metadata.name: document for document in self.documents if isinstance(document, model)}

    def indicator_names(self) -> Iterator[str]:
        """List the names by which the bundle may refer to an existing indicator."""
        yield from (sli.metadata.title for sli in self.by_name(Sli).values())
        for slo in self.by_name(Slo).values():
            for user in (slo.spec, *slo.spec.objectives):
                yield user.indicator.metadata.title if user.indicator else user.indicator_ref or ""
