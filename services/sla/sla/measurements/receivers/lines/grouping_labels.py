"""Labels that an address gives to all samples: in the path, as a Pushgateway's, or as parameters, as vmagent's."""

import binascii
from base64 import b64decode
from collections.abc import Sequence

from common.errors import Invalid
from sla.indicators.selectors import METRIC_NAME_LABEL

BASE64 = "@base64"
"""Ends the name of a label whose value is not fit for a path."""
MAX_EXTRA_LABELS = 20


def read_grouping(path: str) -> dict[str, str]:
    """Read the labels of a path such as `job/backup/instance/db1`. Raise Invalid."""
    parts = path.strip("/").split("/")
    pairs = list(zip(parts[::2], parts[1::2], strict=False))
    if len(parts) % 2 or pairs[0][0].removesuffix(BASE64) != "job" or len(pairs) > MAX_EXTRA_LABELS:
        message = f"must be job/<job>, with at most {MAX_EXTRA_LABELS - 1} more labels, each as /<name>/<value>"
        raise Invalid(message, field="grouping")
    labels = [(name.removesuffix(BASE64), _decode(value) if name.endswith(BASE64) else value) for name, value in pairs]
    if not labels[0][1]:
        raise Invalid("has an empty job: name the job in the path, as job/backup", field="grouping")
    return _check_names(labels, "grouping")


def _decode(value: str) -> str:
    try:
        padded = value.rstrip("=") + "=" * (-len(value.rstrip("=")) % 4)
        return b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise Invalid("has a value that is not base64 of text in UTF-8", field="grouping") from None


def read_extra_labels(texts: Sequence[str]) -> dict[str, str]:
    """Read labels written as `name=value`. Raise Invalid."""
    pairs = [text.partition("=") for text in texts]
    if not all(name and mark for name, mark, _ in pairs):
        raise Invalid("must be written as name=value", field="extra_label")
    return _check_names([(name, value) for name, _, value in pairs], "extra_label")


def _check_names(labels: Sequence[tuple[str, str]], field: str) -> dict[str, str]:
    names = [name for name, _ in labels]
    if METRIC_NAME_LABEL in names:
        raise Invalid(f"must not name {METRIC_NAME_LABEL}, as it would rename every metric: leave it out", field=field)
    if repeated := next((name for name in names if names.count(name) > 1), None):
        raise Invalid(f'has the label "{repeated[:60]}" twice: give it once', field=field)
    return dict(labels)
