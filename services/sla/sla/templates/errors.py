"""The rules of agreement templates that a request can break."""

from collections.abc import Sequence

from common.errors import Conflict, Invalid


class TemplateArchived(Conflict, slug="template-archived"):
    """An archived template does not change, and no agreement is drafted from it."""


class TemplateNotPublished(Conflict, slug="template-not-published"):
    """Agreements are drafted from published templates."""


class TermsIncomplete(Invalid, slug="terms-incomplete"):
    """Terms have everything that an agreement needs, and nothing else."""

    def __init__(self, findings: Sequence[tuple[str, str]]) -> None:
        place, message = findings[0]
        more = f", and {len(findings) - 1} more" if len(findings) > 1 else ""
        super().__init__(f"{place} {message}{more}.")
        self.findings = findings

    def field_errors(self) -> list[dict[str, str]]:
        return [{"field": place, "message": message} for place, message in self.findings]
