"""Request and response shapes of OpenSLO imports."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import StringConstraints

from common.views import Day, Name, View
from sla.indicators.views import NewIndicator
from sla.openslo.errors import BundleFinding
from sla.openslo.yaml_loader import MAX_BUNDLE_CHARACTERS


class ImportTarget(View):
    customer_id: UUID
    offering_id: UUID


class NewImport(View):
    document: Annotated[str, StringConstraints(min_length=1, max_length=MAX_BUNDLE_CHARACTERS)]
    """One or more YAML documents."""
    apply: bool = False
    """Whether to define the indicators. Otherwise nothing changes, and the response says what would."""
    agreement: ImportTarget | None = None
    """Draft an agreement on the terms when the import is applied."""
    name: Name | None = None
    """The name of the terms if the bundle does not contain it; likewise `starts_on`."""
    starts_on: Day | None = None


class ImportedIndicator(View):
    indicator_id: UUID | None
    """Null until it is defined."""
    definition: NewIndicator


class ImportView(View):
    applied: bool
    warnings: list[BundleFinding]
    """Everything that is not imported, or not exactly as it is written. To have it otherwise, edit the bundle."""
    indicators: list[ImportedIndicator]
    terms: dict[str, Any]
    """The terms in the form in which they are drafted; an indicator is null until it is defined."""
    agreement_id: UUID | None = None
