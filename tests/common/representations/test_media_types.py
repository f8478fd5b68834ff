"""What is answered is what the client accepts most; who says nothing gets the document."""

import pytest

from common.representations.media_types import HTML, JSON, choose_media_type

CHROMIUM = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (CHROMIUM, HTML),
        ("text/html", HTML),
        ("TEXT/HTML ; Q=0.5, application/json;q=0.1", HTML),
        ("text/*", HTML),
        ("text/*, text/html;q=0, application/json;q=0.1", JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/json", JSON),
        ("application/json, text/html", JSON),
        ("text/html;q=0.9, application/json", JSON),
        ("image/png", JSON),
        ("text/html;q=x, ;;, ,", JSON),
    ],
)
def test_the_type_that_is_accepted_most_is_chosen(accept: str, media_type: str) -> None:
    assert choose_media_type(accept, (JSON, HTML)) == media_type
