"""What tests read from answers."""

import re

import httpx

from common.http.conventions.entity_tags import TAG_PATTERN


def get_tagged_version(answer: httpx.Response) -> int:
    """Return the version in the answer's ETag, which names the body after it."""
    match = re.fullmatch(TAG_PATTERN, answer.headers["etag"])
    if match is None:
        raise AssertionError(answer.headers["etag"])
    return int(match[1])
