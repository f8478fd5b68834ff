"""A small SVG writer: text is escaped by construction, and every drawing has a title and a description. Pure."""

from typing import Self
from xml.etree.ElementTree import Element, SubElement, tostring

from markupsafe import Markup


class Drawing:
    """A scalable image of `width` by `height` units; `name` must be unique on the page."""

    def __init__(self, name: str, width: float, height: float, *, title: str, description: str) -> None:
        labels = f"{name}-title {name}-desc"
        box = f"0 0 {_number(width)} {_number(height)}"
        self.root = Element("svg", {"viewBox": box, "role": "img", "aria-labelledby": labels, "class": "drawing"})
        SubElement(self.root, "title", {"id": f"{name}-title"}).text = title
        SubElement(self.root, "desc", {"id": f"{name}-desc"}).text = description

    def add_element(self, tag: str, text: str | None = None, **attributes: str | float) -> Self:
        """Add one element; `stroke_width=2` is written stroke-width="2", and `class_` class."""
        written = {name.rstrip("_").replace("_", "-"): _number(value) for name, value in attributes.items()}
        SubElement(self.root, tag, written).text = text
        return self

    def to_markup(self) -> Markup:
        return Markup(tostring(self.root, encoding="unicode"))  # noqa: S704 - ElementTree has escaped every text


def _number(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
