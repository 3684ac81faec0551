"""Which commands are there? Typer's table; what they do is elsewhere, and imported by the command that
does it: LangGraph alone takes longer to import than `clew --help` may take.

Exit codes: 0 done, 1 something unexpected, 2 wrong usage or settings, 3 a case that cannot be read, 4 the doctor found something broken.
"""

import asyncio
import json
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console
from rich.table import Table

from bot.configuration import rows
from bot.settings import Settings, environment, load
from clew.errors import BadCase, ClewError, Misconfigured

app = typer.Typer(
    help="Clew follows an incident from the symptom back to the cause.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
GROUP = "clew.commands"

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
Config = Annotated[Path | None, typer.Option(help="A YAML file with settings; environment variables win over it.")]


@app.command()
def run(
    case: Annotated[Path | None, typer.Option(help="A recorded case to use as the only source of facts.")] = None,
    config: Config = None,
) -> None:
    """Join Slack and stay: investigate when asked and when incident channels appear."""
    from bot.service import served

    asyncio.run(served(load(environment(), config), case, Console(stderr=True)))


@app.command()
def investigate(
    case: Annotated[Path, typer.Option(help="A folder in the case v1 format.")],
    as_json_: Json = False,
    config: Config = None,
) -> None:
    """Investigate a recorded case and print the report. No chat, no network."""
    from bot.commands import investigated
    from bot.reporting import as_json, show_report

    console = Console()
    settings = load(environment(), config)
    quiet = as_json_ or not sys.stdout.isatty()
    progress, evidence = asyncio.run(investigated(settings, case, None if quiet else console))
    if as_json_:
        _print_json(as_json(progress, evidence))
    else:
        show_report(console, progress, evidence)


@app.command()
def explain(
    case: Annotated[Path, typer.Option(help="A folder in the case v1 format.")],
    top: Annotated[int, typer.Option(min=1, max=20, help="How many candidates.")] = 3,
    as_json_: Json = False,
    picture: Annotated[Path | None, typer.Option(help="Also draw the timeline of first signs into this PNG.")] = None,
    config: Config = None,
) -> None:
    """Show how the ranking of a recorded case came about: every term of every sum, every test, and what could not be judged."""
    from bot.commands import reckoned
    from bot.explaining import drawn_into, explanation_as_json, show_explanation
    from clew.causal.explanation import explained

    made, timeline = asyncio.run(reckoned(load(environment(), config), case))
    told = explained(made, top=top)
    if as_json_:
        _print_json(explanation_as_json(told, timeline))
    else:
        show_explanation(Console(), told, timeline)
    if picture is not None:
        said = asyncio.run(drawn_into(picture, timeline))
        Console(stderr=True).print(said, markup=False, highlight=False, soft_wrap=True)


@app.command()
def doctor(
    case: Annotated[Path | None, typer.Option(help="Also examine a recorded case.")] = None,
    as_json_: Json = False,
    config: Config = None,
) -> None:
    """Check every setting, source and scope: ok, missing or broken, and what to do."""
    from bot.commands import examined
    from bot.doctor import State

    found = asyncio.run(examined(load(environment(), config), case))
    broken = [line for line in found if line.state is State.BROKEN]
    if as_json_:
        _print_json(
            {
                "ok": not broken,
                "checks": [
                    {"what": d.what, "state": d.state.value, "says": d.says, "without": d.without} for d in found
                ],
            }
        )
    else:
        _table(
            ("", "what", "it says"),
            [
                (
                    {"ok": "✓", "missing": "○", "broken": "!"}[d.state.value],
                    d.what,
                    f"{d.says}\nmissing in an investigation: {d.without}" if d.without else d.says,
                )
                for d in found
            ],
        )
    raise typer.Exit(4 if broken else 0)


@app.command("config")
def config_(as_json_: Json = False, config: Config = None) -> None:
    """Show every setting, its value now (secrets masked) and what it means."""
    settings: Settings = load(environment(), config)
    found = rows(settings)
    if as_json_:
        _print_json([{"setting": name, "value": value, "meaning": meaning} for name, value, meaning in found])
    else:
        _table(("setting", "value", "meaning"), found)


@app.command()
def manifest(
    mode: Annotated[str, typer.Option(help="`socket` or `http`.")] = "socket",
    url: Annotated[
        str, typer.Option(help="Public address of /slack/events, for http.")
    ] = "https://clew.example.com/slack/events",
    as_json_: Json = False,
) -> None:
    """Print the manifest to create your Slack app from."""
    from bot.slack.manifest import manifest_yaml

    text = manifest_yaml(_mode(mode), url)
    if as_json_:
        _print_json(yaml.safe_load(text))
    else:
        typer.echo(text, nl=False)


def main() -> None:
    """The `clew` command: ours, and those that other packages bring (entry-point group `clew.commands`)."""
    for entry in sorted(entry_points(group=GROUP), key=lambda e: e.name):
        app.add_typer(entry.load(), name=entry.name)
    try:
        app()
    except BadCase as error:
        _fail(error, 3)
    except (Misconfigured, ClewError) as error:
        _fail(error, 2)
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def _mode(text: str) -> Any:
    if text not in {"socket", "http"}:
        raise typer.BadParameter("must be `socket` or `http`", param_hint="--mode")
    return text


def _fail(error: ClewError, code: int) -> None:
    Console(stderr=True).print(str(error), style="bold", markup=False, highlight=False, soft_wrap=True)
    raise SystemExit(code)


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _table(heads: tuple[str, ...], lines: list[tuple[str, ...]]) -> None:
    table = Table(*heads, box=None, pad_edge=False)
    for line in lines:
        table.add_row(*line)
    Console().print(table, markup=False)
