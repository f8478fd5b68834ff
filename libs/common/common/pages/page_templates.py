"""Renders the pages of a package: its templates stand on the shared base, its style on the shared one. Pure."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any

from jinja2 import ChoiceLoader, Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class RenderedPage:
    html: str
    policy: str
    """Its Content-Security-Policy, which allows the page's own style and nothing else."""


class PageTemplates:
    """The templates of one package, under its folder `templates`; they extend `base.html` of this one."""

    def __init__(
        self,
        package: str,
        style: str | None = None,
        *,
        filters: Mapping[str, Callable[..., Any]] | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        """Take the package's name, the file of its own style, and the filters and values that its templates use."""
        self._package = package
        self._own_style = style
        self._filters = dict(filters or {})
        self._values = dict(values or {})

    def render(self, template: str, *, form_target: str = "'none'", **values: Any) -> RenderedPage:
        """Render a template; a page with a form names what its forms may be sent and redirected to, mostly `'self'`."""
        style = Markup(self._style)  # noqa: S704 - our own files, and their hash stands in the policy
        html = self._environment.get_template(template).render(style=style, **values)
        return RenderedPage(html, self._policy(form_target))

    def _policy(self, form_target: str) -> str:
        digest = base64.b64encode(hashlib.sha256(self._style.encode()).digest()).decode()
        return (
            f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; "
            f"form-action {form_target}; frame-ancestors 'none'"
        )

    @cached_property
    def _style(self) -> str:
        shared = _read("common.pages", "base.css")
        return shared + _read(self._package, self._own_style) if self._own_style else shared

    @cached_property
    def _environment(self) -> Environment:
        environment = Environment(
            loader=ChoiceLoader(
                [FunctionLoader(lambda name: _find(self._package, name)), FunctionLoader(_find_shared)]
            ),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters |= self._filters
        environment.globals |= self._values
        return environment


def _find_shared(name: str) -> str | None:
    return _find("common.pages", name)


def _find(package: str, name: str) -> str | None:
    place = files(package).joinpath("templates", name)
    return place.read_text("utf-8") if place.is_file() else None


def _read(package: str, name: str) -> str:
    return files(package).joinpath("templates", name).read_text("utf-8")
