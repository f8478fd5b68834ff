"""Answers that are the same in many operations stand in a document once."""

from http import HTTPStatus
from typing import Any

Json = dict[str, Any]

PREFIX = "#/components/responses/"


def share_answers(document: Json) -> None:
    """Replace 304 and the refusals that say nothing of their own by references."""
    shared: Json = document["components"].setdefault("responses", {})
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"] = {
                status: _share(shared, status, answer) for status, answer in operation["responses"].items()
            }


def _share(shared: Json, status: str, answer: Json) -> Json:
    has_examples = any("examples" in content for content in answer.get("content", {}).values())
    if not status.isdigit() or int(status) < HTTPStatus.NOT_MODIFIED or has_examples:
        return answer
    name = HTTPStatus(int(status)).phrase.title().replace(" ", "")
    return {"$ref": f"{PREFIX}{name}"} if shared.setdefault(name, answer) == answer else answer


def resolve_answer(document: Json, answer: Json) -> Json:
    """Return the answer that a reference stands for, or the answer itself."""
    if "$ref" not in answer:
        return answer
    resolved: Json = document["components"]["responses"][answer["$ref"].removeprefix(PREFIX)]
    return resolved
