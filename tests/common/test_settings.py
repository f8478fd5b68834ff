"""A setting that cannot be read is named, without its value: it may be a password or the seed of a key."""

import pytest
from pydantic import ValidationError
from pydantic_settings import BaseSettings

from common.settings import Settings
from sla.compliance.statements.settings import StatementSettings


@pytest.mark.parametrize(
    ("settings", "variable"),
    [
        (Settings, "RAPPORT_DATABASE__POOL_SIZE"),
        (Settings, "RAPPORT_AUTH__LEEWAY"),
        (Settings, "RAPPORT_HTTP__PUBLIC_URL"),
        (Settings, "RAPPORT_LOG_FORMAT"),
        (StatementSettings, "RAPPORT_STATEMENT_GRACE"),
    ],
)
def test_an_invalid_setting_is_named_without_its_value(
    monkeypatch: pytest.MonkeyPatch, settings: type[BaseSettings], variable: str
) -> None:
    monkeypatch.setenv(variable, "marlene-marker")
    with pytest.raises(ValidationError) as refusal:
        settings()

    assert variable.rpartition("_")[2].lower() in str(refusal.value)
    assert "marlene-marker" not in str(refusal.value)


@pytest.mark.parametrize(
    ("written", "address"),
    [("", None), ("https://rapport.example/", "https://rapport.example"), ("http://a:1", "http://a:1")],
)
def test_the_public_address_is_that_of_the_installation_without_a_path(
    monkeypatch: pytest.MonkeyPatch, written: str, address: str | None
) -> None:
    monkeypatch.setenv("RAPPORT_HTTP__PUBLIC_URL", written)
    assert Settings().http.public_url == address
