"""Why there is no document of all services right now."""

from collections.abc import Mapping

from common.errors import Unavailable
from common.http.documentation.merged_document import DocumentsDiffer


class ReferenceIncomplete(Unavailable, slug="documents-differ"):
    """Services of different versions run at the moment, so their interfaces make no one document."""

    headers: Mapping[str, str] = {"Retry-After": "15"}

    def __init__(self, difference: DocumentsDiffer) -> None:
        documents = " and ".join(f"/{service}/openapi.json" for service in difference.services)
        super().__init__(
            f"{difference} An upgrade is probably under way: try again when it is over. "
            f"Until then, each service has its own document: {documents}."
        )
