"""What did people say, and what stands now?"""

from sqlalchemy import select

from clew.feedback import Ballot, Vote
from tools.memory.facts import locked
from tools.memory.schema import VOTE_HISTORY, VOTES
from tools.memory.store import Store


class Votes:
    """The people's part of the Memory port."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def vote(self, vote: Vote) -> bool:
        """One voice a person and hypothesis; a late delivery of an older word changes nothing."""
        key = {"hypothesis": vote.hypothesis, "by": vote.by}
        async with self._store.writing() as connection:
            await locked(connection, vote.incident)
            mine = (VOTES.c.hypothesis == vote.hypothesis, VOTES.c.by == vote.by)
            stands = await connection.scalar(select(VOTES.c.body).where(*mine))
            if stands is not None and not _says_more(vote, Vote.model_validate_json(stands)):
                return False
            values = {"incident": vote.incident, "body": vote.model_dump_json()}
            await connection.execute(VOTE_HISTORY.insert().values(**key, **values))
            row = self._store.insert(VOTES).values(**key, at=vote.at, **values)
            await connection.execute(
                row.on_conflict_do_update(index_elements=list(key), set_={"at": vote.at, **values})
            )
            return True

    async def ballot(self, hypothesis_id: str) -> Ballot:
        """The votes that stand, newest last."""
        mine = select(VOTES.c.body).where(VOTES.c.hypothesis == hypothesis_id).order_by(VOTES.c.at, VOTES.c.by)
        async with self._store.reading() as connection:
            return Ballot(votes=tuple(Vote.model_validate_json(body) for body in await connection.scalars(mine)))


def _says_more(vote: Vote, stands: Vote) -> bool:
    same = (vote.agree, vote.reason, vote.text) == (stands.agree, stands.reason, stands.text)
    return not same and vote.at >= stands.at
