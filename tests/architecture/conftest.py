"""The code itself, as the tests of its structure read it."""

import ast
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("catalog", "engagement", "feedback", "reporting", "sla")
PACKAGES = ("published", "common", *SERVICES, "console", "rapport")


def place_of(package: str) -> Path:
    return Path(str(import_module(package).__file__)).parent


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def sources() -> dict[Path, ast.Module]:
    """Every module of the packages written by hand, parsed."""
    paths = (path for package in PACKAGES for path in place_of(package).rglob("*.py"))
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in paths if not path.stem.endswith("_pb2")}


@pytest.fixture(scope="session")
def modules(sources: dict[Path, ast.Module]) -> dict[Path, ast.Module]:
    """The same, and the tests; a migration is a record, and may be as long as it was."""
    tests = {path: ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "tests").rglob("*.py")}
    return sources | tests


@pytest.fixture(scope="session")
def rooms() -> list[Path]:
    """The folders of the services' packages."""
    folders = (folder for service in SERVICES for folder in place_of(service).iterdir())
    return sorted(folder for folder in folders if (folder / "__init__.py").exists())


@pytest.fixture(scope="session")
def descendants() -> Callable[[type], Iterator[type]]:
    """All subclasses of ours, however deep, wherever they are defined."""
    for package in PACKAGES:
        for module in walk_packages([str(place_of(package))], f"{package}."):
            if not module.name.endswith("__main__"):
                import_module(module.name)

    def of(parent: type) -> Iterator[type]:
        for child in parent.__subclasses__():
            if child.__module__.split(".")[0] in PACKAGES:
                yield child
            yield from of(child)

    return of
