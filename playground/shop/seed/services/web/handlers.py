"""What the front door answers: pages, baskets, orders."""

from playground.shop.desk import Answer, Ask, Desk


async def home(desk: Desk, ask: Ask) -> Answer:
    """The start page with today's products."""
    page = await desk.call("catalog", "GET", "/products", {"limit": str(desk.setting("page.products"))})
    desk.log("INFO", f"home page shown with {len(page['products'])} products")
    return Answer({"banner": desk.setting("page.banner"), "products": page["products"]})


async def product(desk: Desk, ask: Ask) -> Answer:
    """One product page with what is left in stock."""
    sku = ask.query["sku"]
    item = await desk.find("catalog", "GET", "/product", {"sku": sku})
    if item is None:
        desk.log("INFO", f"product page asked for unknown {sku}")
        return Answer({"error": "no such product"}, 404)
    stock = await desk.call("inventory", "GET", "/stock", {"sku": sku})
    return Answer({"product": item, "left": stock["left"]})


async def add(desk: Desk, ask: Ask) -> Answer:
    """Put one product into the visitor's basket."""
    return Answer(await desk.call("cart", "POST", "/add", ask.body))


async def order(desk: Desk, ask: Ask) -> Answer:
    """Order the basket."""
    placed = await desk.call("checkout", "POST", "/order", ask.body)
    desk.log("INFO", f"order {placed['state']} for visitor {ask.body['visitor']}")
    return Answer(placed, 402 if placed["state"] == "declined" else 200)


ROUTES = {"GET /": home, "GET /product": product, "POST /basket": add, "POST /order": order}
