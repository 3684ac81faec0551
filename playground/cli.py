"""Which commands does the playground offer on the command line? Each imports what it runs, so that `--help` is quick."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bot.settings import environment, variable
from playground.bundle import FIRST, bundled
from playground.live.outcome import Outcome
from playground.shop.casefile import TooLarge
from playground.shop.fault import FAULTS, UnknownFault, fault_named
from playground.shop.recorder import Plan, RecordingFailed, record
from playground.shop.repository import GitFailed
from playground.shop.shop import ShopFailed

app = typer.Typer(help="A local Slack and a breakable Shop to try Clew on.")

Case = Annotated[Path | None, typer.Option(help="A folder with a case of your own, beside the bundled ones.")]
Search = Annotated[
    str | None, typer.Option(help="Address of an OpenSearch to use; else CLEW_OPENSEARCH__URL, else one is started.")
]
SmallSearch = Annotated[bool, typer.Option(help="Start the small search server, not a real OpenSearch.")]
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
def live(
    port: Port = 0,
    search: Search = None,
    small_search: SmallSearch = False,
    first: Annotated[str, typer.Option(help="Break this by itself after some quiet seconds; without it you do.")] = "",
) -> None:
    """Run the Shop with real Prometheus, Alertmanager and search server, and the bot; break it on the page. Exits 1 where it cannot."""
    from playground.live.leash import until_signalled
    from playground.live.page import Show
    from playground.live.page import live as shown
    from playground.live.prometheus import NotStartedError

    console = Console(highlight=False)
    try:
        chosen = fault_named(first).name if first else ""
        asyncio.run(until_signalled(shown(Show(port, _search(search), small_search, first=chosen), console)))
    except UnknownFault as error:
        console.print(str(error), markup=False)
        raise typer.Exit(2) from error
    except (NotStartedError, ShopFailed, GitFailed) as error:
        console.print(str(error), markup=False)
        raise typer.Exit(1) from error
    except asyncio.CancelledError:
        raise typer.Exit(0) from None


@app.command()
def drill(  # noqa: PLR0913, PLR0917 each is an option
    faults: Annotated[str, typer.Option(help=f"`all`, or some of {', '.join(FAULTS)} with commas.")] = "all",
    runs: Annotated[
        int, typer.Option(min=1, max=1000, help="Fault runs in all, spread evenly; each fault at least once.")
    ] = 8,
    controls: Annotated[
        int, typer.Option(min=0, max=1000, help="Runs in which nothing is wrong, but an alarm is raised.")
    ] = 0,
    at_once: Annotated[
        int, typer.Option(min=1, max=16, help="Runs at the same time; each needs about a processor core.")
    ] = 1,
    seconds_quiet: Annotated[float, typer.Option(min=20, max=3600, help="Quiet seconds before each fault.")] = 75.0,
    seed: Annotated[int, typer.Option(help="Seed of the first run's visitors; the next run has the next one.")] = 1,
    search: Search = None,
    small_search: SmallSearch = False,
    keep: Annotated[
        Path | None, typer.Option(help="A folder that gets the report and the evidence of each run.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
) -> None:
    """Break running Shops and measure the answers, about three minutes each; exits 1 if one could not be judged, 2 on wrong use."""
    from playground.live.drill import Plan as DrillPlan
    from playground.live.drill import drilled, named_faults, told
    from playground.live.leash import until_signalled
    from playground.live.prometheus import NotStartedError
    from playground.live.tally import show

    progress = Console(stderr=True, highlight=False)

    def done(made: Outcome) -> None:
        progress.print(f"{made.fault}: {made.failed or made.said}", markup=False)

    try:
        plan = DrillPlan(
            named_faults(faults), runs, controls, at_once, seconds_quiet, seed, _search(search), small_search, keep
        )
        made = asyncio.run(until_signalled(drilled(plan, lambda words: progress.print(words, markup=False), done)))
    except UnknownFault as error:
        progress.print(str(error))
        raise typer.Exit(2) from error
    except NotStartedError as error:
        progress.print(str(error), markup=False)
        raise typer.Exit(1) from error
    except asyncio.CancelledError:
        raise typer.Exit(130) from None
    if as_json:
        typer.echo(json.dumps(told(made), indent=1))
    else:
        show(Console(), made)
    raise typer.Exit(1 if any(one.failed for one in made) else 0)


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


def _search(given: str | None) -> str | None:
    """The search server that was asked for, if any."""
    return given or environment().get(variable("opensearch", "url"))
