"""Which addresses lead into a room."""

import pytest
from fastapi import FastAPI
from starlette.routing import Match

from common.http.request_scope import Router


async def handler() -> None: ...


@pytest.fixture(scope="module")
def app() -> FastAPI:
    words, anything = Router(prefix="/words"), Router()
    words.get("")(handler)
    words.get("/{word}")(handler)
    anything.get("/{kind}/all")(handler)
    anything.get("/spoken/{word}")(handler)
    app = FastAPI(openapi_url=None)
    for router in (words, anything):
        app.include_router(router, prefix="/house/v1")
    return app


def match(app: FastAPI, path: str, method: str = "GET") -> Match:
    scope = {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}
    return max((route.matches(scope)[0] for route in app.routes), key=lambda kind: kind.value)


@pytest.mark.parametrize("path", ["words", "words/one", "words/words", "spoken/one", "spoken/all", "whatever/all"])
def test_an_address_of_a_room_leads_there(app: FastAPI, path: str) -> None:
    assert match(app, f"/house/v1/{path}") is Match.FULL


@pytest.mark.parametrize("path", ["wordsmith", "word", "spoken/one/more", "written/one", "v1/words/one"])
def test_any_other_address_leads_nowhere(app: FastAPI, path: str) -> None:
    assert match(app, f"/house/v1/{path}") is Match.NONE


def test_another_method_is_told_from_another_address(app: FastAPI) -> None:
    assert match(app, "/house/v1/words", "PATCH") is Match.PARTIAL
