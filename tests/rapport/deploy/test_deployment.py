"""The files for Compose know every service, and ask for every secret."""

import json
import re
import shutil
import subprocess
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml

from common.auth.principal import Role
from common.auth.settings import AuthSettings
from rapport.service_names import ServiceName

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"


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
    assert [name for name, service in bare(compose).items() if "ports" in service] == ["gateway"]


def test_the_trial_is_started_on_demand_and_reached_from_this_machine_only(compose: dict[str, Any]) -> None:
    trial = {name: service for name, service in compose["services"].items() if "profiles" in service}
    assert set(trial) == {"keycloak", "demo", "prometheus", "mailpit", "grafana"}
    assert all(service["profiles"] == ["try"] for service in trial.values())
    assert all(port.startswith("127.0.0.1:") for service in trial.values() for port in service.get("ports", []))
    needed = {name for service in bare(compose).values() for name in service.get("depends_on", [])}
    assert needed.isdisjoint(trial), "what is started without the profile needs nothing of it"


def test_the_trial_does_not_start_without_passwords(compose: dict[str, Any]) -> None:
    """Grafana would take its own default, so it waits for Keycloak, which refuses."""
    program, option, script, *_ = (word.replace("$$", "$") for word in compose["services"]["keycloak"]["entrypoint"])
    passwords = dict.fromkeys(
        ("RAPPORT_TRY_PASSWORD", "RAPPORT_TRY_DEMO_SECRET", "KC_BOOTSTRAP_ADMIN_PASSWORD"), "given"
    )
    for missing in passwords:
        refused = subprocess.run(
            [program, option, script], env=passwords | {missing: ""}, check=False, capture_output=True, text=True
        )
        assert (refused.returncode, "deploy/prepare-try.sh" in refused.stderr) == (1, True), missing
    assert compose["services"]["grafana"]["depends_on"]["keycloak"] == {"condition": "service_healthy"}


def test_probes_start_no_program_of_their_own_and_name_a_host(compose: dict[str, Any]) -> None:
    """Kafka's own tools start a second JVM within the broker's memory; Keycloak fails at a request without a host."""
    kafka = compose["services"]["kafka"]["healthcheck"]["test"]
    assert kafka == ["CMD", "bash", "-c", "exec 3<>/dev/tcp/localhost/9094"]
    assert "localhost:9094" in compose["services"]["kafka"]["environment"]["KAFKA_LISTENERS"]
    keycloak = compose["services"]["keycloak"]["healthcheck"]["test"][-1]
    assert r"HTTP/1.1\r\nHost: localhost:8081\r\nConnection: close\r\n\r\n" in keycloak


def test_the_key_of_prometheus_outlives_its_containers(compose: dict[str, Any]) -> None:
    """A volume in memory would be empty after a restart; this one begins as the image's directory is."""
    assert compose["volumes"]["keys"] == {}
    assert compose["services"]["prometheus"]["depends_on"] == ["demo"]
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    assert f"--uid {compose['services']['prometheus']['user']} " in dockerfile
    assert "install --directory --owner=rapport --mode=700 /keys" in dockerfile


def test_a_trial_gets_passwords_of_its_own_that_nobody_else_reads(tmp_path: Path) -> None:
    for name in ("prepare-try.sh", ".env.example"):
        shutil.copy(DEPLOY / name, tmp_path)
    for _ in range(2):  # the second time it changes nothing
        subprocess.run([tmp_path / "prepare-try.sh"], check=True, capture_output=True)
    settings = read_settings(tmp_path / ".env")
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0
    secrets = [value for name, value in settings.items() if name.endswith(("_PASSWORD", "_SECRET")) and value]
    assert all(re.fullmatch(r"[0-9a-f]{48}", secret) for secret in secrets)
    assert len(set(secrets)) == len(secrets)
    assert settings["RAPPORT_OIDC_ISSUER"] == "http://localhost:8081/realms/rapport"
    unset = {name for name, value in settings.items() if not value}
    assert unset <= {"RAPPORT_CONSOLE_CLIENT_SECRET", "RAPPORT_CONSOLE_AUTHORIZATION_PARAMETERS"}

    (tmp_path / ".env").write_text("RAPPORT_POSTGRES_PASSWORD=of-an-installation\n")
    refused = subprocess.run([tmp_path / "prepare-try.sh"], check=False, capture_output=True, text=True)
    assert (refused.returncode, "move it away" in refused.stderr) == (1, True)


def test_the_realm_of_the_trial_has_the_roles_and_claims_that_rapport_reads(compose: dict[str, Any]) -> None:
    realm = json.loads((DEPLOY / "try" / "realm.json").read_text())
    assert {role["name"] for role in realm["roles"]["realm"]} == set(Role)
    assert {user["realmRoles"][0] for user in realm["users"] if "realmRoles" in user} == set(Role) - {Role.customer}
    (scope,) = realm["clientScopes"]
    mappers = {mapper["name"]: mapper["config"] for mapper in scope["protocolMappers"]}
    settings = compose["services"]["catalog"]["environment"]
    assert mappers["roles"]["claim.name"] == default(settings["RAPPORT_AUTH__ROLES_CLAIM"])
    assert mappers["customer"]["claim.name"] == default(settings["RAPPORT_AUTH__CUSTOMER_CLAIM"])
    assert mappers["audience"]["included.custom.audience"] == AuthSettings().audience
    clients = {client["clientId"]: client for client in realm["clients"]}
    assert clients["console"]["attributes"]["pkce.code.challenge.method"] == "S256"
    values = [str(user["credentials"][0]["value"]) for user in realm["users"] if "credentials" in user]
    assert set(values) | {clients["demo"]["secret"]} == {"${RAPPORT_TRY_PASSWORD}", "${RAPPORT_TRY_DEMO_SECRET}"}


def test_the_realm_is_made_an_operators_as_the_readme_says(tmp_path: Path) -> None:
    """Keycloak refuses a redirect address that is none, and an installation wants nobody of the trial's."""
    readme = (DEPLOY / "README.md").read_text(encoding="utf-8")
    block = next(block for block in re.findall(r"```sh\n(.+?)```", readme, re.DOTALL) if "rapport-realm.json" in block)
    (tmp_path / "deploy").symlink_to(DEPLOY)
    subprocess.run(["bash", "-c", block], cwd=tmp_path, check=True)
    written = (tmp_path / "rapport-realm.json").read_text()
    realm = json.loads(written)

    assert "${" not in written
    assert ("users" in realm, realm["sslRequired"]) == (False, "external")
    (console,) = realm["clients"]
    assert console["redirectUris"] == ["https://rapport.example.org/*"]
    assert {role["name"] for role in realm["roles"]["realm"]} == set(Role)


def test_prometheus_scrapes_every_service_and_writes_to_rapport() -> None:
    settings = yaml.safe_load((DEPLOY / "try" / "prometheus.yml").read_text())
    (job,) = settings["scrape_configs"]
    scraped = {(*each["targets"], each["labels"]["__metrics_path__"]) for each in job["static_configs"]}
    assert scraped == {(f"{name}:8000", f"/{name}/metrics") for name in (*ServiceName, "console")}
    (remote,) = settings["remote_write"]
    assert remote["url"].endswith("/sla/v1/push/prometheus")
    program = shutil.which("promtool")
    if program:
        checked = [program, "check", "config", "--syntax-only", str(DEPLOY / "try" / "prometheus.yml")]
        subprocess.run(checked, check=True, capture_output=True)


@pytest.mark.parametrize("name", ["operations", "service-levels"])
def test_dashboards_ask_for_figures_that_services_have(name: str) -> None:
    dashboard = json.loads((DEPLOY / "try" / "grafana" / "dashboards" / f"{name}.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    asked_for = {figure for query in queries for figure in re.findall(r"\brapport_\w+", query)}
    sources = [*DEPLOY.parent.glob("libs/common/common/**/*.py"), *DEPLOY.parent.glob("services/*/*/**/*.py")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    for figure in asked_for:
        written = figure.removesuffix("_bucket").replace("rapport_events_", "")
        assert written in code, figure
    assert len({panel["title"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def test_dashboards_pick_routes_that_services_have() -> None:
    """The label holds a route's path within its service, as the recorded examples do."""
    recordings = [path.read_text(encoding="utf-8") for path in DEPLOY.parent.glob("services/*/*/examples.jsonl")]
    paths = {json.loads(line)["path"] for text in recordings for line in text.splitlines()}
    dashboards = [path.read_text() for path in (DEPLOY / "try" / "grafana" / "dashboards").glob("*.json")]
    patterns = [pattern for text in dashboards for pattern in re.findall(r'route=~\\"(.+?)\\"', text)]

    assert patterns
    for pattern in patterns:
        assert any(re.fullmatch(pattern, path) for path in paths), pattern


def test_no_secret_has_a_default_and_the_example_names_all(text: str) -> None:
    example = dict(re.findall(r"^(\w+)=(.*)$", (DEPLOY / ".env.example").read_text(), re.MULTILINE))
    for name, rest in re.findall(r"\$\{(\w+)([^}]*)\}", text):
        assert name in example
        if name.endswith(("_PASSWORD", "_SECRET")):
            # Those of the trial are empty where it is not started, and a public client has none.
            optional = name.startswith("RAPPORT_TRY_") or name == "RAPPORT_CONSOLE_CLIENT_SECRET"
            assert rest in {"-", ":-"} if optional else f"${{{name}:?" in text
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
    """It has no end; and earlier versions of Caddy know no limit but one on the whole of an answer."""
    assert not re.findall(r"^\s+write\w* \w+$", (DEPLOY / "Caddyfile").read_text(), re.MULTILINE)


def test_every_container_is_bounded_and_without_privileges(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert all(service[limit] for limit in ("mem_limit", "cpus", "pids_limit")), name
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert name in {"kafka", "keycloak"} or service["read_only"], name


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


def bare(compose: dict[str, Any]) -> dict[str, Any]:
    return {name: service for name, service in compose["services"].items() if "profiles" not in service}


def read_settings(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^(\w+)=(.*)$", path.read_text(), re.MULTILINE))


def served(compose: dict[str, Any]) -> list[dict[str, Any]]:
    return [compose["services"][name] for name in ServiceName]


def default(setting: str) -> str:
    match = re.fullmatch(r"\$\{\w+:-(.+)\}", setting)
    assert match, setting
    return match[1]
