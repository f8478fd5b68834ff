"""Answers with a page."""

from collections.abc import Mapping

from starlette.responses import HTMLResponse

from common.pages.page_templates import RenderedPage

PAGE_HEADERS = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}


def to_html_answer(page: RenderedPage, status: int = 200, headers: Mapping[str, str] | None = None) -> HTMLResponse:
    """Return the page as an answer that only this page's own style is loaded for, and that nothing keeps."""
    policy = {"content-security-policy": page.policy}
    return HTMLResponse(page.html, status, {**PAGE_HEADERS, **policy, **(headers or {})})
