"""Summarize a back-test in sentences, as somebody who negotiates wants to read first."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

MAX_PERIODS_LISTED = 6


def build_sentences(document: dict[str, Any]) -> list[str]:
    """Return one sentence on the result, then those on each objective."""
    objective_sentences = chain.from_iterable(map(_summarize_objective, document["objectives"]))
    return [_summarize_result(document), *objective_sentences]


def _summarize_result(document: dict[str, Any]) -> str:
    periods, missed = document["periods"], document["periods_missed"]
    span = f"from {periods[0]['period']} to {periods[-1]['period']}" if len(periods) > 1 else f"{periods[0]['period']}"
    unit = document["review_period"].removeprefix("calendar_") + ("s" if len(periods) > 1 else "")
    result = f"The terms would have been missed in {len(missed)} of {len(periods)} {unit}, {span}"
    credit = "" if document["credit"] is None else f"; credits {document['credit']} {document['currency']}"
    undecided = len(document["periods_undecided"])
    rest = f" In {undecided} of them too little is known to say so." if undecided else ""
    return f"{result}{credit}.{rest}"


def _summarize_objective(objective: dict[str, Any]) -> Iterator[str]:
    name, judged, missed = objective["name"], objective["judged"], objective["missed"]
    if judged:
        result = f"missed in {len(missed)} of {judged} ({_join(missed)})" if missed else f"kept in all {judged}"
        yield (
            f"{name}: {objective['target']} % would have been {result}; the highest target kept in all of them is "
            f"{objective['kept_in_all']} %, in 95 % of them {objective['kept_in_95_percent']} %."
        )
    if objective["not_measured"]:
        yield f"{name}: too little was measured in {_join(objective['not_measured'])}."
    if not judged and not objective["not_measured"]:
        yield f"{name}: nothing happened that it could be judged by."


def _join(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - MAX_PERIODS_LISTED} more" if len(keys) > MAX_PERIODS_LISTED else ""
    return ", ".join(keys[:MAX_PERIODS_LISTED]) + more
