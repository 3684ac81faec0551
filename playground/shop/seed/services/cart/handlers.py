"""Baskets and what they cost."""

from playground.shop.desk import Answer, Ask, Desk


async def add(desk: Desk, ask: Ask) -> Answer:
    """Put a product into a basket."""
    async with desk.connection():
        await desk.query(11)
    desk.log("INFO", f"added {ask.body['sku']} to the basket of visitor {ask.body['visitor']}")
    return Answer({"lines": 1 + int(4 * desk.draw())})


async def price(desk: Desk, ask: Ask) -> Answer:
    """What a basket costs now; products no longer sold are left out."""
    async with desk.connection():
        await desk.query(8)
    cents = 0
    for sku in ask.body["skus"]:
        product = await desk.find("catalog", "GET", "/product", {"sku": sku})
        if product is None:
            desk.log("WARN", f"{sku} is no longer sold, left out of the basket")
            continue
        cents += product["cents"]
    return Answer({"cents": cents})


ROUTES = {"POST /add": add, "POST /price": price}
