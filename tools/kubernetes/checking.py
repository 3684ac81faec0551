"""May we read what an investigation needs of this cluster?"""

import asyncio

from clew.errors import SourceError
from clew.ports import Checked, Health
from tools.kubernetes.cluster import Cluster


async def checked(cluster: Cluster, name: str, kinds: tuple[tuple[str, ...], tuple[str, ...]], without: str) -> Health:
    """One finding for each kind of object. Never raises."""
    needed, useful = kinds
    every = (*needed, *useful)
    tasks = [asyncio.ensure_future(cluster.listed(kind)) for kind in every]
    try:
        async with asyncio.timeout(cluster.outside.seconds):
            found = await asyncio.gather(*tasks, return_exceptions=True)
    except TimeoutError:
        says = f"no answer within {cluster.outside.seconds:g} s"
        reach = Checked(what="reach", ok=False, says=says)
        return Health(source=name, ok=False, says=says, findings=(reach,), without=without)
    finally:
        for task in tasks:
            task.cancel()
    findings: list[Checked] = []
    unread: set[str] = set()
    for kind, answer in zip(every, found, strict=True):
        if isinstance(answer, SourceError):
            unread.add(kind)
            findings.append(Checked(what=kind, ok=False, says=str(answer)))
        elif isinstance(answer, BaseException):
            raise answer
        else:
            says = answer.partial or f"{len(answer.items):,} {kind} read"
            findings.append(Checked(what=kind, ok=not answer.partial, says=says))
    wrong = [finding for finding in findings if not finding.ok]
    spaces = ", ".join(cluster.settings.namespaces)
    failed = next((f for f in wrong if f.what in needed and f.what in unread), None)
    return Health(
        source=name,
        ok=failed is None,
        says=failed.says if failed else f"{spaces}: " + ", ".join(f.says for f in findings),
        findings=tuple(findings),
        without=without if failed else "; ".join(f"{f.what} are not all seen" for f in wrong),
    )
