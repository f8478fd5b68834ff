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


def test_the_gateway_hands_pages_to_the_console(compose: dict[str, Any]) -> None:
    caddyfile = (DEPLOY / "Caddyfile").read_text()
    assert compose["services"]["console"]["build"]["args"] == {"SERVICE": "console"}
    assert compose["services"]["gateway"]["environment"]["CONSOLE"] == "console:8000"
    assert "import to console {$CONSOLE}" in caddyfile
    assert "@pages path / /openapi.json /docs /docs/*" in caddyfile
    settings = compose["services"]["console"]["environment"]
    assert settings["RAPPORT_CONSOLE__SESSION_KEY"].startswith("${RAPPORT_CONSOLE_SESSION_KEY:?")
    assert not [name for name in settings if "DATABASE" in name or "KAFKA" in name]


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


def test_figures_and_documentation_are_not_public() -> None:
    caddyfile = (DEPLOY / "Caddyfile").read_text()
    assert "@inner path /{args.0}/metrics /{args.0}/docs /{args.0}/docs/*" in caddyfile
    assert 'respond @inner "There is nothing here." 404' in caddyfile


def test_a_stream_of_changes_is_not_cut_off_by_the_gateway() -> None:
    """What is bounded is how long a reader takes nothing, not how long an answer is."""
    timeouts = re.findall(r"^\s+(write\w*) (\w+)$", (DEPLOY / "Caddyfile").read_text(), re.MULTILINE)
    assert timeouts == [("write_idle", "60s")]


def test_every_container_is_bounded_and_without_privileges(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert all(service[limit] for limit in ("mem_limit", "cpus", "pids_limit")), name
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert name == "kafka" or service["read_only"], name


def test_kafka_lets_nobody_in_without_a_password(compose: dict[str, Any]) -> None:
    kafka = compose["services"]["kafka"]["environment"]
    protocols = dict(pair.split(":") for pair in kafka["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(","))
    listeners = dict(listener.split("://") for listener in kafka["KAFKA_LISTENERS"].split(","))
    reachable = [name for name, address in listeners.items() if not address.startswith("localhost:")]

    assert [protocols[name] for name in reachable] == ["SASL_PLAINTEXT"]
    for service in served(compose):
        assert service["environment"]["RAPPORT_KAFKA__SECURITY_PROTOCOL"] == "SASL_PLAINTEXT"
        assert service["environment"]["RAPPORT_KAFKA__PASSWORD"].startswith("${RAPPORT_KAFKA_PASSWORD:?")


def test_images_are_pinned_by_settings_that_take_a_digest(text: str) -> None:
    images = re.findall(r"^    image: (?!rapport/)(.+)$", text, re.MULTILINE)
    assert images
    assert all(re.fullmatch(r"\$\{RAPPORT_\w+_IMAGE:-[^:]+:[\w.]+\}", image) for image in images)


def served(compose: dict[str, Any]) -> list[dict[str, Any]]:
    return [compose["services"][name] for name in ServiceName]


def default(setting: str) -> str:
    match = re.fullmatch(r"\$\{\w+:-(.+)\}", setting)
    assert match, setting
    return match[1]
