"""What the OpenAPI documents show is what happens: every example is told anew, and every operation has one."""

import os
from http import HTTPStatus

import yaml

from common.http.examples import PathTemplates, examples_folder, list_examples
from tests.examples.conftest import Tellers, every_service, every_story, openapi, stories

RECORD = bool(os.environ.get("RAPPORT_RECORD_EXAMPLES"))
"""`make examples` writes down what comes, instead of comparing it."""


@every_story
async def test_the_example_is_what_happens(service: str, name: str, teller: Tellers) -> None:
    story = stories(service)[name]
    differences = await (await teller(service)).play(story, record=RECORD)
    if RECORD:
        document = story.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)
        folder = examples_folder(service)
        assert folder, service
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    assert differences == []


@every_service
def test_every_operation_has_an_example(service: str) -> None:
    document = openapi(service)
    paths = PathTemplates(document, f"/{service}/v1")
    told = [example for name, story in stories(service).items() for example in list_examples(name, story)]
    shown = {(paths.find_template(one.path), one.method) for one in told if one.status < HTTPStatus.BAD_REQUEST}
    operations = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert sorted(operations - shown) == []


@every_service
def test_no_example_is_of_an_operation_that_does_not_exist(service: str) -> None:
    document = openapi(service)
    paths = PathTemplates(document, f"/{service}/v1")
    for name, story in stories(service).items():
        for example in list_examples(name, story):
            path = paths.find_template(example.path)
            assert path, f"{name}: {example.path}"
            assert example.method in document["paths"][path], f"{name}: {example.method} {example.path}"
