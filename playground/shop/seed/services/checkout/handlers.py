"""From a basket to an order."""

from playground.shop.desk import Answer, Ask, Desk


async def order(desk: Desk, ask: Ask) -> Answer:
    """Price, reserve, charge and write one order, in one transaction."""
    visitor, skus = ask.body["visitor"], ask.body["skus"]
    async with desk.connection():
        await desk.query(22)
        priced = await desk.call("cart", "POST", "/price", {"skus": skus})
        await desk.call("inventory", "POST", "/reserve", {"skus": skus, "visitor": visitor})
        charged = await desk.call("payments", "POST", "/charge", {"cents": priced["cents"], "visitor": visitor})
        await desk.query(30)
    if charged["state"] == "declined":
        return Answer({"state": "declined"})
    desk.later("receipt", 25)
    desk.log(
        "INFO", f"order placed for visitor {visitor}, {priced['cents'] / 100:.2f} {desk.setting('order.currency')}"
    )
    return Answer({"state": "placed", "cents": priced["cents"]})


ROUTES = {"POST /order": order}
