"""Labels that an address gives to all samples: in the path, as a Pushgateway's, or as parameters, as vmagent's."""

import binascii
from base64 import urlsafe_b64decode
from collections.abc import Sequence

from common.errors import Invalid

BASE64 = "@base64"
"""Ends the name of a label whose value is not fit for a path."""
MAX_EXTRA_LABELS = 20


def read_grouping(path: str) -> dict[str, str]:
    """Read the labels of a path such as `job/backup/instance/db1`. Raise Invalid."""
    parts = path.strip("/").split("/")
    pairs = list(zip(parts[::2], parts[1::2], strict=False))
    if len(parts) % 2 or not pairs[0][0].startswith("job") or len(pairs) > MAX_EXTRA_LABELS:
        message = f"must be job/<job>, with at most {MAX_EXTRA_LABELS - 1} more labels, each as /<name>/<value>"
        raise Invalid(message, field="grouping")
    return {name.removesuffix(BASE64): _decode(value) if name.endswith(BASE64) else value for name, value in pairs}


def _decode(value: str) -> str:
    try:
        return urlsafe_b64decode(value.rstrip("=") + "=" * (-len(value.rstrip("=")) % 4)).decode()
    except (binascii.Error, ValueError):
        raise Invalid("has a value that is not base64 of text in UTF-8", field="grouping") from None


def read_extra_labels(texts: Sequence[str]) -> dict[str, str]:
    """Read labels written as `name=value`. Raise Invalid."""
    pairs = [text.partition("=") for text in texts]
    if not all(name and mark for name, mark, _ in pairs):
        raise Invalid("must be written as name=value", field="extra_label")
    return {name: value for name, _, value in pairs}
