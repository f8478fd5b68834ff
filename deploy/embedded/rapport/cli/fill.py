"""Fill a Rapport that runs elsewhere, whose identity provider is a Keycloak, with the sample organisation."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from rapport.console import print_progress


def fill(
    url: Annotated[str, typer.Option(help="Where the Rapport answers.")],
    realm: Annotated[str, typer.Option(help="The realm of its Keycloak: https://…/realms/rapport.")],
    secret: Annotated[str, typer.Option(envvar="RAPPORT_TRY_DEMO_SECRET", help="The secret of the realm's client.")],
    password: Annotated[str, typer.Option(envvar="RAPPORT_TRY_PASSWORD", help="The password of the realm's people.")],
    client: Annotated[str, typer.Option(help="The realm's client that may manage people and sign them in.")] = "demo",
    key_file: Annotated[Path | None, typer.Option(help="Where to write a new key for a Prometheus.")] = None,
) -> None:
    """Fill a running Rapport with a sample organisation and three months of its history. Again, it only goes on."""
    from rapport.demo.filling import fill_installation
    from rapport.demo.token_sources import KeycloakTokens

    new_file = None if key_file is None or key_file.exists() else key_file
    asyncio.run(fill_installation(url, KeycloakTokens(realm, client, secret, password), new_file))
    print_progress(f"The sample organisation is at {url}")
