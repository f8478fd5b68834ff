"""The service's API documentation: Swagger UI, served without any other host."""

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

SWAGGER_OPTIONS = {"persistAuthorization": True, "filter": True, "displayRequestDuration": True, "docExpansion": "none"}


def install(app: FastAPI, root: str) -> None:
    """Serve `{root}/docs` and its assets."""
    assets = f"{root}/docs/assets"
    app.mount(assets, StaticFiles(packages=[("fastapi_swagger", "resources")]))

    @app.get(f"{root}/docs", include_in_schema=False)
    async def documentation() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url=f"{root}/openapi.json",
            title=app.title,
            swagger_js_url=f"{assets}/swagger-ui-bundle.js",
            swagger_css_url=f"{assets}/swagger-ui.css",
            swagger_favicon_url=f"{assets}/favicon-32x32.png",
            swagger_ui_parameters=SWAGGER_OPTIONS,
        )
