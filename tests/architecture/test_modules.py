"""What every module keeps to: its size, its docstring, its place, and what it leaves to the door."""

import ast
import configparser
from pathlib import Path

import grimp
import pytest

LONGEST = 300
LAYERS = {"routes", "reactions", "actions", "views", "store", "model"}


@pytest.fixture
def contracts(root: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(root / ".importlinter")
    return parser


@pytest.fixture
def packages(rooms: list[Path]) -> dict[str, Path]:
    """The rooms and their sub-packages, by dotted name."""
    return {
        ".".join((room.parent.name, *init.parent.relative_to(room.parent).parts)): init.parent
        for room in rooms
        for init in room.rglob("__init__.py")
    }


def test_no_module_is_longer_than_300_lines(modules: dict[Path, ast.Module]) -> None:
    long = {str(path): length for path in modules if (length := len(path.read_text().splitlines())) > LONGEST}
    assert not long


def test_every_module_says_in_one_to_three_lines_what_it_is_for(modules: dict[Path, ast.Module]) -> None:
    documented = {path: (ast.get_docstring(tree) or "").splitlines() for path, tree in modules.items()}
    silent = [
        str(path)
        for path, lines in documented.items()
        if not 1 <= len(lines) <= 3 and (path.name != "__init__.py" or path.read_text().strip())
    ]
    assert not silent


def test_every_package_of_a_service_stands_in_the_import_contracts(
    contracts: configparser.ConfigParser, packages: dict[str, Path]
) -> None:
    listed = {name for section in contracts.sections() for name in contracts[section].get("containers", "").split()}
    assert listed == set(packages)


def test_modules_outside_of_the_layers_are_excepted_only_while_they_exist(
    contracts: configparser.ConfigParser, packages: dict[str, Path]
) -> None:
    for section in contracts.sections():
        exceptions = set(contracts[section].get("exhaustive_ignores", "").split())
        for package in contracts[section].get("containers", "").split() if exceptions else ():
            modules = {path.stem for path in packages[package].iterdir() if path.stem not in LAYERS}
            assert exceptions <= modules, package


def test_every_module_that_is_pure_is_kept_so_by_name(
    contracts: configparser.ConfigParser, packages: dict[str, Path]
) -> None:
    contract = contracts["importlinter:contract:mathematics-is-pure"]
    services = {package.partition(".")[0] for package in packages}
    graph = grimp.build_graph(*services, "common", "published", include_external_packages=True)
    impure = contract["forbidden_modules"].split()
    modules = {
        f"{package}.{path.stem}"
        for package, folder in packages.items()
        for path in folder.glob("*.py")
        if path.stem not in LAYERS | {"__init__"}
    }
    pure = {module for module in modules if not any(graph.chain_exists(module, name) for name in impure)}
    assert pure == set(contract["source_modules"].split())


def test_every_model_is_known_to_the_migrations(sources: dict[Path, ast.Module], rooms: list[Path]) -> None:
    for service in {room.parent for room in rooms}:
        nodes = list(ast.walk(sources[service / "tables.py"]))
        imported = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
        imported |= {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
        models = {
            ".".join((service.name, *path.relative_to(service).with_suffix("").parts))
            for path in service.rglob("model.py")
        }
        assert models <= imported


def test_nothing_inside_a_service_commits_or_opens_a_session_of_its_own(sources: dict[Path, ast.Module]) -> None:
    places = [
        f"{path}:{node.lineno}"
        for path, tree in sources.items()
        if "services" in path.parts
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"commit", "rollback"}
    ]
    assert not places


def test_nobody_but_the_machinery_raises_http_exceptions(sources: dict[Path, ast.Module]) -> None:
    places = [
        f"{path}:{node.lineno}"
        for path, tree in sources.items()
        if "services" in path.parts
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id == "HTTPException"
    ]
    assert not places


def test_no_module_holds_a_note_for_later(modules: dict[Path, ast.Module]) -> None:
    marks = ("TO" + "DO", "FIX" + "ME", "X" * 3)
    assert not [str(path) for path in modules if any(mark in path.read_text() for mark in marks)]
