"""Charging a card through paygate, our payment provider."""

from playground.shop.desk import Answer, Ask, CalleeFailed, Desk


async def charge(desk: Desk, ask: Ask) -> Answer:
    """Charge once; ask the provider again where it failed."""
    wanted = {"cents": ask.body["cents"], "text": desk.setting("paygate.statement_text")}
    try:
        answer = await desk.call("paygate", "POST", "/v1/charges", wanted)
    except CalleeFailed as error:
        desk.log("WARN", f"charge failed, trying once more: {error}")
        answer = await desk.call("paygate", "POST", "/v1/charges", wanted)
    async with desk.connection():
        await desk.query(8)
    if answer["state"] == "declined":
        desk.log("WARN", f"card of visitor {ask.body['visitor']} declined by its bank")
        return Answer({"state": "declined"})
    desk.log("INFO", f"charged {ask.body['cents'] / 100:.2f} for visitor {ask.body['visitor']}")
    return Answer({"state": "paid"})


ROUTES = {"POST /charge": charge}
