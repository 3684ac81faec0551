"""Which commands does the playground offer on the command line? Each imports what it runs, so that `--help` is quick."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from playground.bundle import FIRST, bundled
from playground.shop.casefile import TooLarge
from playground.shop.fault import FAULTS, UnknownFault
from playground.shop.recorder import Plan, RecordingFailed, record
from playground.shop.repository import GitFailed
from playground.shop.shop import ShopFailed

app = typer.Typer(help="A local Slack and a breakable Shop to try Clew on.")

Case = Annotated[Path | None, typer.Option(help="A folder with a case of your own, beside the bundled ones.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port of the page; 0 takes a free one.")]


@app.callback(invoke_without_command=True)
def playground(context: typer.Context, case: Case = None, port: Port = 0) -> None:
    """Open the playground: a local Slack with Clew in it, and recorded incidents to break it with."""
    if context.invoked_subcommand is None:
        from playground.demo import serve

        incidents, first = _incidents(FIRST, case)
        asyncio.run(serve(incidents, first, Console(highlight=False), port=port))


@app.command("record")
def record_incident(
    fault: Annotated[str, typer.Option(help=f"One of: {', '.join(FAULTS)}.")],
    out: Annotated[Path, typer.Option(help="A new folder for the case.")],
    seed: Annotated[int, typer.Option(help="Seed of the visitors and of the ordinary changes.")] = 1,
    quiet: Annotated[float, typer.Option(min=10, max=3600, help="Quiet seconds before the fault.")] = Plan.quiet,
    broken: Annotated[float, typer.Option(min=10, max=3600, help="Seconds with the fault.")] = Plan.broken,
) -> None:
    """Run the Shop, break it and write what was seen as a case; exits 1 when that did not work, 2 on wrong use."""
    console = Console(stderr=True)
    plan = Plan(seed=seed, quiet=quiet, broken=broken)
    try:
        size = asyncio.run(record(fault, out, plan, console.print))
    except (UnknownFault, FileExistsError) as error:
        console.print(str(error))
        raise typer.Exit(2) from error
    except (RecordingFailed, ShopFailed, GitFailed, TooLarge) as error:
        console.print(str(error))
        raise typer.Exit(1) from error
    console.print(f"{out}: {size / 1000:.0f} kB")


@app.command()
def demo(
    incident: Annotated[str, typer.Option(help="Which bundled incident to replay.")] = FIRST,
    case: Case = None,
    port: Port = 0,
    once: Annotated[bool, typer.Option(help="End once the verdict is posted.")] = False,
) -> None:
    """Replay an incident through the whole bot, in the terminal and on a page; exits 1 if no verdict came, 2 on wrong use."""
    from playground.demo import demonstrate

    incidents, first = _incidents(incident, case)
    told = asyncio.run(demonstrate(incidents, first, Console(highlight=False), once=once, port=port))
    raise typer.Exit(0 if told else 1)


def _incidents(name: str, case: Path | None) -> tuple[dict[str, Path], str]:
    """The incidents to offer and the one to begin with; a case of the caller's own comes first."""
    known = bundled()
    if case is not None:
        return {case.name: case, **known}, case.name
    if name not in known:
        Console(stderr=True).print(f"There is no bundled incident {name!r}. There are: {', '.join(known)}.")
        raise typer.Exit(2)
    return known, name
