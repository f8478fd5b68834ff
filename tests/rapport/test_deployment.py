"""The files for Compose know every service, and ask for every secret."""

import re
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml

from rapport.service_names import ServiceName

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


@pytest.fixture(scope="module")
def text() -> str:
    return (DEPLOY / "docker-compose.yml").read_text()


@pytest.fixture(scope="module")
def compose(text: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(text)
    return document


def test_every_service_has_a_container_and_a_way_through_the_gateway(compose: dict[str, Any]) -> None:
    caddyfile = (DEPLOY / "Caddyfile").read_text()
    for name in ServiceName:
        assert compose["services"][name]["build"]["args"] == {"SERVICE": name}
        assert compose["services"]["gateway"]["environment"][name.upper()] == f"{name}:8000"
        assert f"import to {name} {{${name.upper()}}}" in caddyfile
        assert f"uri /{name}/readyz" in caddyfile


def test_only_the_gateway_can_be_reached(compose: dict[str, Any]) -> None:
    assert [name for name, service in compose["services"].items() if "ports" in service] == ["gateway"]


def test_no_secret_has_a_default_and_the_example_names_all(text: str) -> None:
    example = dict(re.findall(r"^(\w+)=(.*)$", (DEPLOY / ".env.example").read_text(), re.MULTILINE))
    for name, rest in re.findall(r"\$\{(\w+)([^}]*)\}", text):
        assert name in example
        if name.endswith("_PASSWORD"):
            assert ":-" not in rest
            assert f"${{{name}:?" in text
            assert example[name] == ""


def test_the_gateways_address_is_handed_out_to_nobody_else(compose: dict[str, Any]) -> None:
    (pool,) = compose["networks"]["inner"]["ipam"]["config"]
    address = compose["services"]["gateway"]["networks"]["inner"]["ipv4_address"]
    subnet, handed_out = ip_network(default(pool["subnet"])), ip_network(default(pool["ip_range"]))
    assert handed_out.subnet_of(subnet)
    assert ip_address(default(address)) in subnet
    assert ip_address(default(address)) not in handed_out
    assert all(service["environment"]["FORWARDED_ALLOW_IPS"] == address for service in served(compose))


def served(compose: dict[str, Any]) -> list[dict[str, Any]]:
    return [compose["services"][name] for name in ServiceName]


def default(setting: str) -> str:
    match = re.fullmatch(r"\$\{\w+:-(.+)\}", setting)
    assert match, setting
    return match[1]
