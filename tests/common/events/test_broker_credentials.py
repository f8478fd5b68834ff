"""How every client of the broker is told where it is and how to authenticate."""

from pydantic import SecretStr

from common.settings import KafkaSettings


def test_without_settings_nothing_is_authenticated() -> None:
    assert KafkaSettings().client_options() == {"bootstrap_servers": "localhost:9092", "security_protocol": "PLAINTEXT"}


def test_sasl_sends_name_and_password_which_no_log_shows() -> None:
    settings = KafkaSettings(security_protocol="SASL_SSL", username="sla", password=SecretStr("only-for-tests"))
    options = settings.client_options()

    assert options.pop("ssl_context").check_hostname
    assert options == {
        "bootstrap_servers": "localhost:9092",
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "sla",
        "sasl_plain_password": "only-for-tests",
    }
    assert "only-for-tests" not in repr(settings)
