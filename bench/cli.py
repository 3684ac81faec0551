"""Which measurements does the command line offer? Each imports what it runs, so that `--help` is quick."""

import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import track

if TYPE_CHECKING:
    from bench.contest import Contest

WIDE = 120
"""Columns of a table that goes to a file or a pipe."""

app = typer.Typer(help="Measure how right and how fast Clew is on recorded cases.")

Cases = Annotated[Path | None, typer.Option(help="A folder of cases, of families of cases, or one case.")]
Family = Annotated[str | None, typer.Option(help="Only the cases of this family.")]
Shift = Annotated[float, typer.Option(min=-86_400, max=86_400, help="Move every alert by this many seconds.")]
Out = Annotated[Path | None, typer.Option(help="Write the predictions here, one JSON object a line.")]


@app.callback(invoke_without_command=True)
def bench(
    context: typer.Context, cases: Cases = None, family: Family = None, shift: Shift = 0.0, out: Out = None
) -> None:
    """Investigate recorded cases and score the answers beside simple and published rankers; exits 2 on wrong use."""
    if context.invoked_subcommand is not None:
        return
    from bench.baseline import baselines
    from bench.contest import contest
    from bench.replay import Replay

    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
    errors = Console(stderr=True, highlight=False, markup=False)
    found = _folders(cases, family, errors)
    replay, against = Replay(), baselines()
    with ExitStack() as stack:
        lines = None
        if out is not None:
            try:
                lines = stack.enter_context(out.open("w", encoding="utf-8"))
            except OSError as error:
                errors.print(f"{out}: {error.strerror}. Name a file that can be written.")
                raise typer.Exit(2) from error
        contests: list[Contest] = []
        for folder in track(found, "Investigating", console=errors, transient=True):
            told = contest(folder, replay, against, shift)
            contests.append(told)
            if lines is not None and told.answer is not None:
                lines.write(told.answer.prediction.model_dump_json() + "\n")
                lines.flush()
    _show(contests, shift, console)
    for contest_ in contests:
        if contest_.problem:
            errors.print(f"{contest_.family}/{contest_.name}: {contest_.problem}", soft_wrap=True)
    if against.lacking:
        errors.print(against.lacking, soft_wrap=True)


def _folders(root: Path | None, family: str | None, errors: Console) -> Sequence[Path]:
    """The cases to run; leaves with 2 and says what to do where there are none."""
    from bench.case import family as family_of
    from bench.case import folders

    if root is None or not root.is_dir():
        errors.print("Name a folder of recorded cases that exists: clew bench --cases DIR")
        raise typer.Exit(2)
    found = folders(root)
    chosen = [folder for folder in found if family in (None, family_of(folder))]
    if not found:
        errors.print(
            f"{root} holds no case. A case is a folder with incident.json (or inject_time.txt, in the RCAEval layout).",
            soft_wrap=True,
        )
        raise typer.Exit(2)
    if not chosen:
        names = ", ".join(sorted({family_of(folder) for folder in found}))
        errors.print(f"There is no family {family!r} in {root}. There are: {names}.", soft_wrap=True)
        raise typer.Exit(2)
    return chosen


def _show(contests: Iterable["Contest"], shift: float, console: Console) -> None:
    from bench.scoreboard import by_family, changes_table, cost_table, services_table

    families = by_family(tuple(contests))
    if shift:
        console.print(f"Every alert moved by {shift:+g} s.")
    for table in (services_table(families), changes_table(families), cost_table(families)):
        if table is not None and table.row_count:
            console.print(table)
