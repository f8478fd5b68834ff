"""A bundle: its documents by kind and name, and what is found while it is read."""

from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import ValidationError

from sla.openslo.errors import BundleFinding, BundleNotOpenSlo, to_findings
from sla.openslo.kinds import MODELS, Document, Sli, Slo

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
            self.refuse("documents", "contain no SLO and no SLI")
        if sum(len(slo.spec.objectives) for slo in self.by_name(Slo).values()) > MAX_OBJECTIVES:
            self.refuse("documents", f"contain more than {MAX_OBJECTIVES} objectives")
        self.raise_errors()

    def _add(self, path: str, fields: Any) -> None:
        kind = fields.get("kind") if isinstance(fields, dict) else None
        model = MODELS.get(str(kind), Document)
        try:
            document = model.model_validate(fields)
        except ValidationError as error:
            self.refuse_invalid(path, error)
            return
        if kind not in MODELS:
            self.warn(path, f"is an {kind}, which is left out, because alerting is set up elsewhere")
        if document.metadata.name in self.by_name(model):
            self.refuse(f"{path}.metadata.name", f"is the name of two {kind}s")
        self.documents.append(document)
        for unread_path in document.locate(path):
            self.warn(unread_path, "is not imported")

    def warn(self, path: str, message: str) -> None:
        """Add a warning once, although several objectives may share what it is about."""
        self._warnings[BundleFinding(path=path, message=message)] = None

    @property
    def warnings(self) -> list[BundleFinding]:
        """Return what is not imported, or not exactly as it is written."""
        return list(self._warnings)

    def refuse(self, path: str, message: str) -> None:
        self.errors.append(BundleFinding(path=path, message=message))

    def refuse_invalid(self, path: str, error: ValidationError) -> None:
        """Add what a model says of a place, unless something there is refused already."""
        if not any(finding.path.startswith(path) for finding in self.errors):
            self.errors += to_findings(path, error)

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
