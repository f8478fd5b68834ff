"""What the OpenAPI documents say of requests and answers is true of every example."""

import re
from collections.abc import Iterator
from copy import deepcopy
from http import HTTPStatus
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from pydantic import JsonValue

from common.http.documentation.examples import Example, PathTemplates, read_examples
from common.http.documentation.merged_document import DocumentsDiffer, merge_documents
from common.http.documentation.shared_answers import resolve_answer
from tests.examples.conftest import SERVICES, openapi

Json = dict[str, Any]

REFERENCE = re.compile(r"#/components/schemas/(\w+)")
PYTHON = re.compile(
    r"(?<!-)\bNone\b|\bTrue\b|\bFalse\b|<[\w.]+: |\btuple\b|\bdict\b|\b(?:ge|gt|le|lt)=|decimal_places|pydantic"
)
JSON_SCHEMA_WORDS = {
    *("$ref", "additionalProperties", "allOf", "anyOf", "const", "contentMediaType", "default", "description"),
    *("discriminator", "enum", "examples", "exclusiveMaximum", "exclusiveMinimum", "format", "items", "maxItems"),
    *("maxLength", "maxProperties", "maximum", "minItems", "minLength", "minProperties", "minimum", "oneOf"),
    *("pattern", "prefixItems", "properties", "propertyNames", "readOnly", "required", "title", "type", "uniqueItems"),
}
OPTIONAL_IN_ANSWERS = {"total", "within", "within_business_days", "ladder", "steps", "credits"}
"""What pages say when they are asked to, and what documents that people sign name only where it is used, so that the
hash of older ones stays.
"""


@pytest.fixture(params=SERVICES)
def document(request: pytest.FixtureRequest) -> Json:
    return openapi(request.param)


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def answers_of(document: Json, operation: Json) -> Json:
    return {status: resolve_answer(document, answer) for status, answer in operation["responses"].items()}


def test_examples_have_the_shapes_that_are_documented(document: Json) -> None:
    wrong: list[str] = []
    service = next(iter(document["paths"])).split("/")[1]
    paths = PathTemplates(document, f"/{service}/v1")
    for example in read_examples(service):
        operation = document["paths"][paths.find_template(example.path)][example.method]
        wrong += _differences(document, operation, example)
    assert not wrong, "\n".join(wrong)


def _differences(document: Json, operation: Json, example: Example) -> Iterator[str]:
    answers = answers_of(document, operation)
    answer = answers.get(str(example.status), answers.get("default"))
    if answer is None:
        yield f"{example.name}: {example.status} is not documented"
        return
    if example.answer is not None:
        yield from _misfits(document, answer, example.answer, f"{example.name}, answer")
    if example.body is not None and example.status < HTTPStatus.BAD_REQUEST:
        yield from _misfits(document, operation["requestBody"], example.body, f"{example.name}, body")


def _misfits(document: Json, part: Json, value: JsonValue, where: str) -> Iterator[str]:
    (content,) = [content for kind, content in part["content"].items() if kind.endswith("json")]
    if "schema" not in content:
        yield f"{where}: it has no schema"
        return
    schema = {"$ref": "#/schema", "schema": content["schema"], "components": document["components"]}
    for error in Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(value):
        yield f"{where}: {error.json_path}: {error.message[:200]}"


def test_every_operation_says_how_it_refuses(document: Json) -> None:
    for path, method, operation in operations(document):
        answers = answers_of(document, operation)
        if "default" in answers:
            continue
        statuses = {"503"} | ({"401", "403"} if operation.get("security") else set())
        statuses |= {"404"} if "{" in path else set()
        statuses |= {"400", "413", "415", "422"} if "requestBody" in operation else set()
        assert statuses <= answers.keys(), f"{method} {path}"
        for status, answer in answers.items():
            assert (int(status) < HTTPStatus.BAD_REQUEST) != ("application/problem+json" in answer.get("content", {}))


def test_a_document_says_where_and_how_to_ask(document: Json) -> None:
    assert "rapport token" in document["info"]["description"]
    assert document["servers"][0]["url"] == "/"
    public = [path for path, _, operation in operations(document) if operation["security"] == []]
    assert {path.rpartition("/")[0] for path in public} <= {"/feedback/v1/answers", "/sla/v1"}, public


def test_every_part_of_the_interface_is_described(document: Json) -> None:
    used = {tag for _, _, operation in operations(document) for tag in operation["tags"]}

    assert used <= {tag["name"] for tag in document["tags"] if tag["description"].endswith(".")}


def test_what_is_read_is_not_sent_again_to_those_who_hold_it(document: Json) -> None:
    for path, method, operation in operations(document):
        answers = operation["responses"]
        has_document = "application/json" in answers.get("200", {}).get("content", {})
        assert ("304" in answers) == (method == "get" and has_document), f"{method} {path}"
        if "304" in answers:
            assert "ETag" in answers["200"]["headers"]


def test_schemas_hold_only_the_words_of_json_schema(document: Json) -> None:
    schemas = [
        *document["components"]["schemas"].values(),
        *(parameter["schema"] for _, _, operation in operations(document) for parameter in operation["parameters"]),
    ]
    pythonic = {word for schema in schemas for word in _words_in(schema) if word not in JSON_SCHEMA_WORDS}
    assert not pythonic


def _words_in(schema: Json) -> Iterator[str]:
    yield from schema
    for part in ("items", "additionalProperties", "propertyNames"):
        if isinstance(schema.get(part), dict):
            yield from _words_in(schema[part])
    for part in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for option in schema.get(part, []):
            yield from _words_in(option)
    for property_schema in schema.get("properties", {}).values():
        yield from _words_in(property_schema)


def test_texts_of_a_document_hold_no_python(document: Json) -> None:
    texts = list(_texts_in(document))
    assert len(texts) > 50
    assert not [text for text in texts if PYTHON.search(text)]


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (value[key] for key in ("description", "summary", "title") if isinstance(value.get(key), str))
        for part in value.values():
            yield from _texts_in(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts_in(part)


def test_decimals_are_texts_in_answers_and_texts_or_numbers_in_requests(document: Json) -> None:
    answers, requests = _schemas_of(document, "responses"), _schemas_of(document, "requestBody")
    decimals_in_answers = [option for schema in answers for option in _decimals_in(schema)]
    assert not [options for options in decimals_in_answers if options != ["string"]]
    decimals_in_requests = [option for schema in requests for option in _decimals_in(schema)]
    assert not [options for options in decimals_in_requests if options != ["number", "string"]]
    if document["info"]["title"] == "Rapport: sla":
        assert len(decimals_in_answers) > 50
        assert len(decimals_in_requests) > 10


def _schemas_of(document: Json, part: str) -> list[Json]:
    """Return all schemas that the operations' requests, or their answers, are made of."""
    names: set[str] = set()
    queue = [operation.get(part, {}) for _, _, operation in operations(document)]
    while queue:
        for name in REFERENCE.findall(str(queue.pop())):
            if name not in names:
                names.add(name)
                queue.append(document["components"]["schemas"][name])
    return [document["components"]["schemas"][name] for name in sorted(names)]


def _decimals_in(schema: Json) -> Iterator[list[str]]:
    """Yield the types that each decimal of a schema may have."""
    options = schema.get("anyOf", [schema])
    if any(option.get("format") == "decimal" for option in options):
        yield [option["type"] for option in options if option["type"] in {"number", "string"}]
    parts = [*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")]
    parts += options if "anyOf" in schema else []
    for part in parts:
        if isinstance(part, dict) and part.get("format") != "decimal":
            yield from _decimals_in(part)


def test_a_field_with_a_default_is_optional_in_requests_and_sure_in_answers(document: Json) -> None:
    for schema in _schemas_of(document, "responses"):
        if "required" in schema and schema["title"] not in {"Problem", "FieldProblem"}:
            assert set(schema["properties"]) - set(schema["required"]) <= OPTIONAL_IN_ANSWERS, schema["title"]


def test_all_services_have_one_document_as_well() -> None:
    merged = merge_documents({service: openapi(service) for service in SERVICES})

    assert len(merged["paths"]) == sum(len(openapi(service)["paths"]) for service in SERVICES)
    assert set(REFERENCE.findall(str(merged))) <= set(merged["components"]["schemas"])
    assert merged["servers"][0]["url"] == "/"


def test_what_two_services_call_by_one_name_is_never_lost() -> None:
    catalog, sla = deepcopy(openapi("catalog")), deepcopy(openapi("sla"))
    catalog["components"]["schemas"]["Terms"] = {"type": "string"}

    with pytest.raises(DocumentsDiffer, match="Terms is not the same in catalog and sla"):
        merge_documents({"catalog": catalog, "sla": sla})

    catalog = deepcopy(openapi("catalog"))
    catalog["paths"]["/catalog/v1/services"]["get"]["operationId"] = "listAgreements"
    with pytest.raises(DocumentsDiffer, match="listAgreements is not the same in catalog and sla"):
        merge_documents({"catalog": catalog, "sla": sla})


def test_what_is_created_says_where_it_is_read(document: Json) -> None:
    """What no address shows alone, as a comment in a list of entries, says nothing."""
    reads = {path: methods["get"] for path, methods in document["paths"].items() if "get" in methods}
    single = {_answer_schema(operation, "200") for path, operation in reads.items() if path.endswith("}")} - {""}
    creating = [item for item in operations(document) if "201" in item[2]["responses"]]
    silent = [
        path
        for path, method, operation in creating
        if "Location" not in operation["responses"]["201"].get("headers", {})
        and (_answer_schema(operation, "201") in single or any(is_item_of(path, address) for address in reads))
    ]
    assert silent == []


def is_item_of(collection: str, address: str) -> bool:
    return re.fullmatch(re.escape(collection) + r"/\{\w+\}", address) is not None


def _answer_schema(operation: Json, status: str) -> str:
    """Return the name of the schema of a JSON answer, or nothing if it has none."""
    content = operation["responses"].get(status, {}).get("content", {})
    return str(content.get("application/json", {}).get("schema", {}).get("$ref", ""))


def test_changes_name_the_version_they_change_and_additions_can_be_repeated(document: Json) -> None:
    for path, method, operation in operations(document):
        headers = {
            parameter["name"]: parameter["required"]
            for parameter in operation["parameters"]
            if parameter["in"] == "header"
        }
        assert headers.get("If-Match", True), f"{method} {path}"
        assert ("Idempotency-Key" in headers) == (method == "post"), f"{method} {path}"
