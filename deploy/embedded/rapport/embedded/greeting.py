"""What a person reads once Rapport is up: where to go, and a first request that works as it stands."""

import asyncio
import os
import sys
import time
import webbrowser
from pathlib import Path

import psutil
from rich.panel import Panel
from rich.table import Table

from rapport.console import console
from rapport.data_dir import RunningInstance

SERVICE_TITLES = {
    "catalog": "services and offerings",
    "engagement": "customers and people",
    "sla": "agreements and statements",
    "feedback": "surveys and satisfaction",
    "reporting": "scorecards",
}


class Greeter:
    """Called once with where everything runs."""

    def __init__(self, data: Path, *, browser: bool = False) -> None:
        self._data = data
        self._browser = browser

    async def __call__(self, running: RunningInstance) -> None:
        console.print(build_panel(running, self._data, time.time() - psutil.Process().create_time()))
        console.print(
            f"Ask it something:\n  {build_first_request(running, self._data)}\n", markup=False, soft_wrap=True
        )
        if self._browser:
            await asyncio.to_thread(webbrowser.open, running.url)


def build_panel(running: RunningInstance, data: Path, seconds: float) -> Panel:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column()
    table.add_row("[bold]Start page[/bold]", f"{running.url}/")
    for name, title in SERVICE_TITLES.items():
        table.add_row(f"[bold]{name}[/bold]", f"{running.url}/{name}/docs", f"[dim]{title}[/dim]")
    table.add_row("PostgreSQL", f"127.0.0.1:{running.postgres_port}", "[dim]database rapport[/dim]")
    table.add_row("Kafka", f"127.0.0.1:{running.broker_port}", "[dim]a topic per service[/dim]")
    table.add_row("Data, logs", str(data))
    return Panel(table, title=f"Rapport is up ({seconds:.1f} s)", subtitle="Ctrl-C stops it", expand=False)


def build_first_request(running: RunningInstance, data: Path) -> str:
    command = os.path.relpath(sys.argv[0])
    where = "" if data == Path(".rapport") else f" --data {data}"
    token = f"$({command} token --role manager{where})"
    return f'curl -H "Authorization: Bearer {token}" {running.url}/catalog/v1/offerings'
