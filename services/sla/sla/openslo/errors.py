"""The reasons for which an OpenSLO bundle is refused."""

from common.errors import Invalid
from sla.openslo.yaml_nodes import BundleFinding


class BundleUnreadable(Invalid, slug="bundle-unreadable"):
    """A bundle has at most 200 YAML documents, without anchors, own tags or repeated keys."""


class ImportRefused(Invalid, slug="import-refused"):
    """An import is refused as a whole, with the path of everything that is wrong."""

    def __init__(self, findings: list[BundleFinding]) -> None:
        super().__init__(_summary(findings))
        self.findings = findings

    def field_errors(self) -> list[dict[str, str]]:
        return [{"field": finding.path, "message": finding.message} for finding in self.findings]


class BundleNotOpenSlo(ImportRefused, slug="bundle-not-openslo"):
    """A bundle must be valid OpenSLO v1 with objectives that an agreement can hold."""


class BundleAmbiguous(ImportRefused, slug="bundle-ambiguous"):
    """All questions about a bundle must be answered before it is applied."""


class TermsIncomplete(ImportRefused, slug="terms-incomplete"):
    """An agreement needs a name and a first day, which OpenSLO does not have."""


def _summary(findings: list[BundleFinding]) -> str:
    first = findings[0]
    more = f", and {len(findings) - 1} more" if len(findings) > 1 else ""
    return f"{first.path} {first.message}{more}."
