"""What is in stock, and what is set aside for an order."""

from playground.shop.desk import Answer, Ask, Desk


async def stock(desk: Desk, ask: Ask) -> Answer:
    """How many of one product are left."""
    async with desk.connection():
        await desk.query(6)
    left = int(60 * desk.draw())
    if left < desk.setting("stock.low_mark") and desk.chance(0.2):
        desk.log("WARN", f"stock of {ask.query['sku']} is low: {left} left")
    return Answer({"sku": ask.query["sku"], "left": left})


async def reserve(desk: Desk, ask: Ask) -> Answer:
    """Set products aside for an order."""
    skus = ask.body["skus"]
    async with desk.connection():
        await desk.query(9 + 2 * len(skus))
    desk.log("INFO", f"reserved {len(skus)} products for visitor {ask.body['visitor']}")
    return Answer({"reserved": len(skus)})


ROUTES = {"GET /stock": stock, "POST /reserve": reserve}
