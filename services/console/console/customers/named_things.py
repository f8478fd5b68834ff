"""Leads from what a service's page names to the console's own pages. Pure."""

import re
from collections.abc import Collection

NAMED = re.compile(r"<!-- (agreement|statement|issue|survey) ([0-9a-f-]{36}) -->(.*?)<!-- end -->")
"""A name as reporting's page writes it; what people have written is escaped, and cannot hold a comment."""
PLURALS = {"agreement": "agreements", "statement": "statements", "issue": "issues", "survey": "surveys"}


def link_named_things(html: str, kinds: Collection[str]) -> str:
    """Make links of the names of these kinds; the other names stay as they are."""

    def link(match: re.Match[str]) -> str:
        kind, thing_id, name = match.groups()
        return f'<a href="/console/{PLURALS[kind]}/{thing_id}">{name}</a>' if kind in kinds else name

    return NAMED.sub(link, html)
