"""Where the sample organisation's people get their access tokens."""

import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import httpx

from common.auth.principal import Role
from rapport.data_dir import RunningInstance
from rapport.errors import CommandError
from rapport.tokens import issue_token_for

LIFETIME = timedelta(hours=1)
TIMEOUT_SECONDS = 30.0


class TokenSource(Protocol):
    def issue(self, role: Role, customer: UUID | None, subject: str) -> str:
        """Return an access token of a person with this role, who speaks for `customer` if there is one."""
        ...


class DevelopmentTokens:
    """Tokens of the development issuer of the Rapport on a directory."""

    def __init__(self, data: Path, running: RunningInstance) -> None:
        self._data, self._running = data, running

    def issue(self, role: Role, customer: UUID | None, subject: str) -> str:
        return issue_token_for(self._data, self._running.port, role, customer, subject, LIFETIME)


class KeycloakTokens:
    """Tokens of a realm of Keycloak whose people are created as they are needed, all with one password."""

    def __init__(self, realm_url: str, client_id: str, client_secret: str, password: str) -> None:
        """Take a client that may manage the realm's users, and get tokens by their password."""
        address, _, self._realm = realm_url.rstrip("/").rpartition("/realms/")
        self._http = httpx.Client(base_url=address, timeout=TIMEOUT_SECONDS)
        self._client = {"client_id": client_id, "client_secret": client_secret}
        self._password = password
        self._tokens: dict[tuple[Role, UUID | None, str], str] = {}

    def issue(self, role: Role, customer: UUID | None, subject: str) -> str:
        key = role, customer, subject
        if key not in self._tokens:
            username = to_username(subject or role)
            self._create_person(username, role, customer)
            self._tokens[key] = self._get_token(grant_type="password", username=username, password=self._password)
        return self._tokens[key]

    def _get_token(self, **grant: str) -> str:
        path = f"/realms/{self._realm}/protocol/openid-connect/token"
        answer = self._http.post(path, data=self._client | grant)
        return str(checked(answer).json()["access_token"])

    def _create_person(self, username: str, role: Role, customer: UUID | None) -> None:
        admin = {"Authorization": f"Bearer {self._get_token(grant_type='client_credentials')}"}
        people = f"/admin/realms/{self._realm}/users"
        query = {"username": username, "exact": "true"}
        if checked(self._http.get(people, params=query, headers=admin)).json():
            return
        person = build_person(username, customer, self._password)
        created = checked(self._http.post(people, json=person, headers=admin))
        entry = checked(self._http.get(f"/admin/realms/{self._realm}/roles/{role}", headers=admin)).json()
        mappings = f"{created.headers['location']}/role-mappings/realm"
        checked(self._http.post(httpx.URL(mappings).path, json=[entry], headers=admin))


def build_person(username: str, customer: UUID | None, password: str) -> dict[str, Any]:
    first, _, last = username.partition(".")
    return {
        "username": username,
        "email": f"{username}@halden.example",
        "firstName": first.title(),
        "lastName": last.title() or "Halden",
        "enabled": True,
        "attributes": {"customer_id": [str(customer)]} if customer else {},
        "credentials": [{"type": "password", "value": password or secrets.token_urlsafe(), "temporary": False}],
    }


def to_username(subject: str) -> str:
    """Turn a name as people write it into one to sign in with: `for Sales North` becomes for.sales.north."""
    return "".join(character if character.isalnum() or character in "-." else "." for character in subject.lower())


def checked(answer: httpx.Response) -> httpx.Response:
    """Return the answer, or raise CommandError if the identity provider refused."""
    if answer.is_error:
        raise CommandError(f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:300]}")
    return answer
