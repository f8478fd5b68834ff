"""The words in which pages name states, verdicts, roles and what was just done. Pure."""

from typing import NamedTuple


class Word(NamedTuple):
    """The sign, the text and the style of a value: it can be read without colour."""

    sign: str
    text: str
    style: str = ""


VERDICTS = {
    "met": Word("✓", "met", "met"),
    "missed": Word("✗", "missed", "missed"),
    "not_measured": Word("?", "not measured"),
    "too_little_measured": Word("?", "too little measured"),
    "no_cases": Word("○", "nothing to judge"),
    "pending": Word("…", "not final yet"),
    "awaited": Word("…", "no statement yet"),
}
AGREEMENT_STATES = {
    "draft": Word("✎", "draft"),
    "proposed": Word("→", "proposed"),
    "counter_proposed": Word("⇄", "counter-proposed"),
    "accepted": Word("✓", "accepted, to be signed"),
    "withdrawn": Word("✗", "withdrawn", "missed"),
    "rejected": Word("✗", "rejected", "missed"),
    "signed": Word("✓", "signed", "met"),
    "active": Word("✓", "active", "met"),
    "suspended": Word("‖", "suspended"),
    "ended": Word("■", "ended"),
}
ISSUE_STATES = {
    "open": Word("!", "open", "missed"),
    "in_progress": Word("…", "in progress"),
    "resolved": Word("✓", "resolved", "met"),
    "closed": Word("■", "closed", "met"),
    "merged": Word("⇒", "merged"),
    "unfounded": Word("○", "unfounded"),
}
SURVEY_STATES = {
    "draft": Word("✎", "draft"),
    "open": Word("→", "open", "met"),
    "closed": Word("■", "closed"),
}
OFFERING_STATES = {
    "draft": Word("✎", "draft"),
    "published": Word("✓", "published", "met"),
    "retired": Word("■", "retired"),
}
ROLES = {
    "admin": "administrator",
    "manager": "service manager",
    "owner": "owner",
    "customer": "customer",
    "viewer": "viewer",
}
WORDS = {
    "verdict": VERDICTS,
    "agreement": AGREEMENT_STATES,
    "issue": ISSUE_STATES,
    "survey": SURVEY_STATES,
    "offering": OFFERING_STATES,
    "role": ROLES,
}
NOTICES: dict[str, str] = {
    "signed-out": "You are signed out.",
}
"""What a page says at its top after a change; the address names the notice, and never holds its text."""
