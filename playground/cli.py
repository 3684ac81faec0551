"""Which commands does the playground offer on the command line?"""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from playground.shop.casefile import TooLarge
from playground.shop.fault import FAULTS, UnknownFault
from playground.shop.recorder import Plan, RecordingFailed, record
from playground.shop.repository import GitFailed
from playground.shop.shop import ShopFailed

app = typer.Typer(help="A local Slack and a breakable Shop to try Clew on.", no_args_is_help=True)


@app.callback()
def playground() -> None:
    """A local Slack and a breakable Shop to try Clew on."""


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
