"""What the OpenAPI documents show is what happens: scenarios are played again, and every operation has an example."""

from common.http.documentation.examples import PathTemplates, read_examples, select_examples
from tests.examples.conftest import (
    RECORD,
    Recording,
    StartPlayer,
    every_scenario,
    every_service,
    openapi,
    scenarios,
)


@every_scenario
async def test_the_examples_are_what_happens(
    service: str, name: str, start_player: StartPlayer, recording: Recording
) -> None:
    player = await start_player(service)

    played = await player.play(name, scenarios(service)[name])

    assert player.problems == []
    recording[service][name] = played
    if not RECORD:
        by_name = {example.name: example for example in played}
        recorded = [example for example in read_examples(service) if example.name.rpartition("-")[0] == name]
        assert recorded == [by_name.get(example.name) for example in recorded], "run `make examples`"


STREAM = "text/event-stream"
"""Its example stands beside its route, as a recording would never end."""


@every_service
def test_every_operation_has_an_example(service: str) -> None:
    document = openapi(service)
    paths = PathTemplates(document, f"/{service}/v1")
    answered = [example for example in read_examples(service) if not example.is_refusal]
    exemplified = {(paths.find_template(example.path), example.method) for example in answered}
    operations = {
        (path, method)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if STREAM not in operation["responses"].get("200", {}).get("content", {})
    }
    assert sorted(operations - exemplified) == []


@every_service
def test_an_operation_has_one_answer_and_one_refusal_at_most(service: str) -> None:
    examples = read_examples(service)
    assert list(select_examples(openapi(service), service, examples)) == examples


@every_service
def test_no_example_is_of_an_operation_that_does_not_exist(service: str) -> None:
    document = openapi(service)
    paths = PathTemplates(document, f"/{service}/v1")
    for example in read_examples(service):
        path = paths.find_template(example.path)
        assert path, f"{example.name}: {example.path}"
        assert example.method in document["paths"][path], f"{example.name}: {example.method} {example.path}"
