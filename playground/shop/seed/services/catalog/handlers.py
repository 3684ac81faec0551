"""Products and prices."""

from playground.shop.desk import Answer, Ask, Desk

WITHDRAWN = frozenset({"sku-4", "sku-13", "sku-22", "sku-27", "sku-38"})


async def products(desk: Desk, ask: Ask) -> Answer:
    """The first products of the catalogue."""
    async with desk.connection():
        await desk.query(14)
    if desk.chance(0.004):
        took = desk.setting("cache.slow_ms") + int(60 * desk.draw())
        desk.log("WARN", f"product cache refresh took {took} ms")
    return Answer({"products": [f"sku-{number}" for number in range(1, int(ask.query["limit"]) + 1)]})


async def product(desk: Desk, ask: Ask) -> Answer:
    """One product, 404 where it is no longer sold."""
    sku = ask.query["sku"]
    async with desk.connection():
        await desk.query(7)
    if sku in WITHDRAWN:
        return Answer({"error": "withdrawn"}, 404)
    number = int(sku.removeprefix("sku-"))
    desk.log("INFO", f"product {sku} read")
    return Answer({"sku": sku, "cents": 500 + 137 * number % 4200})


ROUTES = {"GET /products": products, "GET /product": product}
