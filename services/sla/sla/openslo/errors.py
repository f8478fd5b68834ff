"""The reasons for which an OpenSLO bundle is refused, and findings about places in it."""

from collections.abc import Mapping

from pydantic import ValidationError

from common.errors import Invalid
from common.http.validation_messages import describe_field_error, without_effects
from common.views import View, error_field


class BundleFinding(View, frozen=True):
    path: str
    """From the bundle to the field, as `documents.0.spec.timeWindow.0.duration`."""
    message: str


class BundleUnreadable(Invalid, slug="bundle-unreadable"):
    """A bundle has at most 200 YAML documents, without anchors, own tags or repeated keys."""


class ImportRefused(Invalid, slug="import-refused"):
    """An import is refused as a whole, with the path of everything that is wrong."""

    def __init__(self, findings: list[BundleFinding]) -> None:
        more = f", and {len(findings) - 1} more" if len(findings) > 1 else ""
        super().__init__(f"{findings[0].path}: {findings[0].message}{more}.")
        self.findings = findings

    def field_errors(self) -> list[dict[str, str]]:
        return [{"field": finding.path, "message": finding.message} for finding in self.findings]


class BundleNotOpenSlo(ImportRefused, slug="bundle-not-openslo"):
    """A bundle must be valid OpenSLO v1 with objectives that an agreement can hold."""


def to_findings(path: str, error: ValidationError, names: Mapping[str, str] | None = None) -> list[BundleFinding]:
    """Return what a model refuses; with `names` of its fields, the place of one is its name alone."""
    return [
        BundleFinding(
            path=".".join([path, *_parts((*detail["loc"], *error_field(detail)), names)]),
            message=describe_field_error(detail),
        )
        for detail in without_effects(error.errors())
    ]


def _parts(place: tuple[int | str, ...], names: Mapping[str, str] | None) -> list[str]:
    if names is None:
        return list(map(str, place))
    return [names.get(str(part), str(part)) for part in place[1:]]  # the first is the kind of objective
