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
INCIDENT_STATES = {
    "awaited": Word("?", "opening not reported"),
    "open": Word("!", "open", "missed"),
    "acknowledged": Word("…", "answered"),
    "paused": Word("‖", "paused"),
    "resolved": Word("✓", "resolved", "met"),
    "closed": Word("■", "closed", "met"),
    "cancelled": Word("✗", "cancelled"),
}
CLOCKS = {
    "running": Word("…", "running"),
    "paused": Word("‖", "paused"),
    "in_time": Word("✓", "in time", "met"),
    "late": Word("✗", "late", "missed"),
    "released": Word("○", "does not count"),
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
OUTLOOKS = {
    "not_in_force": Word("○", "not in force"),
    "not_measured": Word("?", "not measured yet"),
    "on_track": Word("✓", "on track", "met"),
    "below_target": Word("!", "below target to date", "missed"),
    "lost": Word("✗", "cannot be met any more", "missed"),
}
STEPS = {
    "proposal": "proposed",
    "counter_proposal": "proposed other terms",
    "objection": "objected",
    "acceptance": "accepted",
    "withdrawal": "withdrew the proposal",
    "rejection": "rejected the proposal",
}
SIDES = {"provider": "IT", "customer": "the customer"}
ACTIVITY = {
    "comment": "commented",
    "opened": "opened the issue",
    "breach_added": "added a breach",
    "breach_cleared": "cleared a breach",
    "concern_ended": "ended a concern",
    "cause_set": "set the cause",
    "taken_up": "took the issue up",
    "escalated": "escalated the issue",
    "merged": "merged issues",
    "split": "split the issue",
    "reopened": "reopened the issue",
    "resolved": "resolved the issue",
    "closed": "closed the issue",
}
KINDS = {"sla": "SLA", "ola": "OLA", "underpinning_contract": "Underpinning contract"}
MAINTENANCE_STATES = {
    "announced": Word("…", "to be approved"),
    "approved": Word("✓", "approved", "met"),
    "refused": Word("✗", "refused", "missed"),
    "under_way": Word("→", "under way"),
    "done": Word("■", "done", "met"),
    "cancelled": Word("✗", "cancelled"),
}
WORDS = {
    "maintenance": MAINTENANCE_STATES,
    "outlook": OUTLOOKS,
    "step": STEPS,
    "side": SIDES,
    "activity": ACTIVITY,
    "kind": KINDS,
    "verdict": VERDICTS,
    "agreement": AGREEMENT_STATES,
    "issue": ISSUE_STATES,
    "incident": INCIDENT_STATES,
    "clock": CLOCKS,
    "survey": SURVEY_STATES,
    "offering": OFFERING_STATES,
    "role": ROLES,
}
NOTICES: dict[str, str] = {
    "signed-out": "You are signed out.",
    "drafted": "The draft is here. Look at its terms, then propose it; until then only IT sees it.",
    "proposed": "The terms are proposed. The other side can accept them or object.",
    "counter-proposed": "Your terms are on the table. The other side can accept them, object, or propose others.",
    "accepted": "You have accepted the proposal. Now both sides sign.",
    "objected": "Your objection is recorded. The other side can propose other terms; so can you.",
    "signed": "You have signed for your side.",
    "negotiation-ended": "The negotiation is over.",
    "commented": "Your comment stands at the end of the activity.",
    "assigned": "Owner, plan and due day are saved.",
    "task-added": "The task is planned.",
    "task-done": "The task is done. Resolve the issue when nothing is left to do.",
    "task-dropped": "The task is dropped.",
    "resolved": "The issue is resolved. Close it when the customer agrees.",
    "closed": "The issue is closed.",
    "maintenance-approved": "You have approved the maintenance for your side.",
    "maintenance-refused": "You have refused the maintenance.",
    "maintenance-announced": "The maintenance is announced. Somebody else approves it.",
    "survey-drafted": "The survey is drafted. Open it to invite people.",
    "survey-opened": "The survey is open: invite people now.",
    "survey-closed": "The survey is closed: answers that were held back join the scores where there are enough.",
    "all-invited": "Everybody at this customer was invited before; links are shown once.",
}
"""What a page says at its top after a change; the address names the notice, and never holds its text."""
