"""What did we do to the outside, or mean to do; and who may act now?"""

from sqlalchemy import case, or_, select, update

from clew.memory import Effect
from tools.memory.schema import EFFECTS, LEASES
from tools.memory.store import Store


class Effects:
    """The effect ledger and the leases of the Memory port."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def intend(self, key: str, digest: str) -> Effect:
        """Records the intent, or returns what stands under `key`."""
        row = self._store.insert(EFFECTS).values(key=key, done=False, ref="", digest=digest)
        async with self._store.writing() as connection:
            await connection.execute(row.on_conflict_do_nothing())
            stands = (await connection.execute(select(EFFECTS).where(EFFECTS.c.key == key))).one()
            return Effect(key=stands.key, done=stands.done, ref=stands.ref, digest=stands.digest)

    async def done(self, key: str, ref: str, digest: str = "") -> None:
        """An empty digest leaves the one that stands."""
        row = self._store.insert(EFFECTS).values(key=key, done=True, ref=ref, digest=digest)
        changed = {"done": True, "ref": ref, **({"digest": digest} if digest else {})}
        async with self._store.writing() as connection:
            await connection.execute(row.on_conflict_do_update(index_elements=["key"], set_=changed))

    async def effect(self, key: str) -> Effect | None:
        found = await self._effects(EFFECTS.c.key == key)
        return found[0] if found else None

    async def effects(self, prefix: str) -> tuple[Effect, ...]:
        """Effects whose key begins with `prefix`, by key."""
        found = await self._effects(EFFECTS.c.key.startswith(prefix, autoescape=True))
        return tuple(effect for effect in found if effect.key.startswith(prefix))  # SQLite's LIKE ignores case

    async def _effects(self, which: object) -> tuple[Effect, ...]:
        chosen = select(EFFECTS).where(which)  # pyright: ignore[reportArgumentType]
        async with self._store.reading() as connection:
            rows = await connection.execute(chosen)
            found = (Effect(key=row.key, done=row.done, ref=row.ref, digest=row.digest) for row in rows)
            return tuple(sorted(found, key=lambda effect: effect.key))  # databases disagree about the order of text

    async def lease(self, key: str, owner: str, seconds: float, now: float) -> int | None:
        """One statement decides: free, over, or the owner's own. The fencing number grows with every new owner."""
        row = self._store.insert(LEASES).values(key=key, owner=owner, until=now + seconds, fence=1)
        fence = case((LEASES.c.owner == owner, LEASES.c.fence), else_=LEASES.c.fence + 1)
        taken = row.on_conflict_do_update(
            index_elements=["key"],
            set_={"owner": owner, "until": now + seconds, "fence": fence},
            where=or_(LEASES.c.owner.in_((owner, "")), LEASES.c.until <= now),
        )
        async with self._store.writing() as connection:
            return await connection.scalar(taken.returning(LEASES.c.fence))

    async def release(self, key: str, owner: str) -> None:
        """Free at once, if `owner` still holds it; the number is remembered."""
        mine = (LEASES.c.key == key, LEASES.c.owner == owner)
        async with self._store.writing() as connection:
            await connection.execute(update(LEASES).where(*mine).values(owner=""))
