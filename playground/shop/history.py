"""Which changes does the Shop's team make: long ago, on an ordinary day, and by mistake?"""

from playground.shop.repository import Edit

PAST: tuple[tuple[float, Edit], ...] = (
    (
        52.0,
        Edit(
            "Ines Moreau",
            "web: mention the free delivery limit in the banner",
            "services/web/settings.yaml",
            "Free delivery from 40 euros",
            "Free delivery from 45 euros",
        ),
    ),
    (
        29.5,
        Edit(
            "Tomasz Wilk",
            "inventory: warn a little earlier about low stock",
            "services/inventory/settings.yaml",
            "low_mark: 3",
            "low_mark: 4",
        ),
    ),
    (
        26.0,
        Edit(
            "Noor Haddad",
            "payments: name the shop on card statements",
            "services/payments/settings.yaml",
            "statement_text: SHOP ORDER",
            "statement_text: CORNER SHOP ORDER",
        ),
    ),
    (
        5.2,
        Edit(
            "Jonas Lind",
            "catalog: refresh the product cache half as often",
            "services/catalog/settings.yaml",
            "refresh_seconds: 30",
            "refresh_seconds: 60",
        ),
    ),
    (
        3.1,
        Edit(
            "Ada Okafor",
            "README: say which commits are deployed where",
            "README.md",
            "is deployed to that service.",
            "is deployed to that service, usually within a minute.",
        ),
    ),
)
"""Edits made before the Shop opened, with their age in hours."""

ORDINARY: tuple[Edit, ...] = (
    Edit(
        "Ines Moreau",
        "web: show eight more products on the start page",
        "services/web/settings.yaml",
        "products: 24",
        "products: 32",
    ),
    Edit(
        "Jonas Lind",
        "catalog: say which product was looked up in a clearer way",
        "services/catalog/handlers.py",
        'f"product {sku} read"',
        'f"product {sku} looked up"',
    ),
    Edit(
        "Tomasz Wilk",
        "inventory: shorten the reservation message",
        "services/inventory/handlers.py",
        'f"reserved {len(skus)} products for visitor',
        'f"reserved {len(skus)} for visitor',
    ),
    Edit(
        "Ada Okafor",
        "README: name who answers for payments",
        "README.md",
        "charging a card through paygate |",
        "charging a card through paygate (team Till) |",
    ),
    Edit(
        "Noor Haddad",
        "cart: allow longer baskets",
        "services/cart/settings.yaml",
        "max_lines: 20",
        "max_lines: 30",
    ),
    Edit(
        "Lena Fischer",
        "payments: tidy the wording of a declined card",
        "services/payments/handlers.py",
        "declined by its bank",
        "declined by the bank",
    ),
)
"""Edits that do no harm."""

SMALLER_POOL = Edit(
    "Lena Fischer",
    "checkout: give back unused database connections\n\nThe cost review found most of them idle.",
    "services/checkout/settings.yaml",
    "size: 12",
    "size: 2",
)

LOST_GUARD = Edit(
    "Jonas Lind",
    "cart: simplify pricing of a basket",
    "services/cart/handlers.py",
    """        if product is None:
            desk.log("WARN", f"{sku} is no longer sold, left out of the basket")
            continue
""",
    "",
)

KEPT_ANSWERS = Edit(
    "Tomasz Wilk",
    "inventory: keep stock answers for the nightly reconciliation",
    "services/inventory/handlers.py",
    '''async def stock(desk: Desk, ask: Ask) -> Answer:
    """How many of one product are left."""
    async with desk.connection():
        await desk.query(6)
    left = int(60 * desk.draw())
''',
    '''KEPT: list[list[dict[str, float]]] = []


async def stock(desk: Desk, ask: Ask) -> Answer:
    """How many of one product are left."""
    async with desk.connection():
        await desk.query(6)
    left = int(60 * desk.draw())
    KEPT.append([{"shelf": shelf, "left": left + desk.draw()} for shelf in range(3000)])
    total = sum(answer["left"] for kept in KEPT for answer in kept)
    most = max(answer["left"] for kept in KEPT for answer in kept)
    desk.log("INFO", f"stock answers add up to {total:.0f}, the largest is {most:.0f}")
''',
)

REWORDED_RECEIPT = Edit(
    "Ines Moreau",
    "checkout: shorter line for a placed order",
    "services/checkout/handlers.py",
    'f"order placed for visitor {visitor}, ',
    'f"order placed: visitor {visitor}, ',
)
