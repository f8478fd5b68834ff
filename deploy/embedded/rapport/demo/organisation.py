"""The sample organisation: its customers with their people, and the services IT offers them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoCustomer:
    name: str
    unit: str
    headcount: int
    people: tuple[tuple[str, str], ...]
    ratings: tuple[int, ...]
    """What they answer, person by person; who is left over does not answer."""
    comments: tuple[str, ...]


@dataclass(frozen=True)
class DemoOffering:
    service: str
    owner: str
    description: str
    name: str
    tier: str
    price: str


CUSTOMERS = (
    DemoCustomer(
        "Halden Sales",
        "Halden/Sales",
        140,
        (
            ("Ines Marchetti", "head of sales"),
            ("Tomasz Wójcik", "key user"),
            ("Amara Diallo", "account manager"),
            ("Lukas Brandt", "account manager"),
            ("Priya Nair", "campaign manager"),
            ("Joanna Reid", "field sales"),
            ("Emil Søndergaard", "field sales"),
            ("Rosa Lindqvist", "back office"),
        ),
        (4, 5, 3, 4, 2, 4, 5),
        ("The shop was gone on the busiest morning of the quarter.", "Quick answers from the desk, thank you."),
    ),
    DemoCustomer(
        "Halden Logistics",
        "Halden/Logistics",
        320,
        (
            ("Marek Novotny", "head of logistics"),
            ("Yuki Tanaka", "warehouse lead"),
            ("Samuel Okoro", "dispatcher"),
            ("Clara Jensen", "key user"),
            ("Hugo Ferreira", "planner"),
            ("Nadia Petrova", "planner"),
            ("Oskar Lehtinen", "shift lead"),
        ),
        (3, 3, 4, 2, 3, 4),
        ("Orders hang now and then; nobody tells us when it is over.",),
    ),
    DemoCustomer(
        "Halden Finance",
        "Halden/Finance",
        85,
        (
            ("Beatrice Aubert", "controller"),
            ("Anton Keller", "key user"),
            ("Mei-Lin Chua", "accountant"),
            ("David Osei", "accountant"),
            ("Helena Costa", "treasurer"),
            ("Piotr Zielinski", "analyst"),
        ),
        (5, 4, 5, 4, 5, 4),
        ("Month-end went smoothly.",),
    ),
    DemoCustomer(
        "Halden IT",
        "Halden/IT",
        24,
        (("Mira Salonen", "service manager"), ("Jonas Reuter", "operations"), ("Chiara Rossi", "ERP owner")),
        (),
        (),
    ),
)
"""The last one is the provider's own unit, which relies on what its suppliers promise; nobody asks it."""

OFFERINGS = (
    DemoOffering("Web shop", "Ada Lindholm", "Where customers order.", "Web shop, gold", "gold", "4200.00"),
    DemoOffering("Mail and calendar", "Ben Achterberg", "Mail, calendar, rooms.", "Mailbox", "standard", "6.50"),
    DemoOffering("ERP", "Chiara Rossi", "Orders, stock and books.", "ERP, silver", "silver", "9800.00"),
    DemoOffering(
        "Service desk", "Dev Malhotra", "One number for all questions.", "Service desk", "standard", "2100.00"
    ),
    DemoOffering("Data warehouse", "Eva Horvath", "Yesterday by breakfast.", "Reports, daily", "silver", "3400.00"),
)
