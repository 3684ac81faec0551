"""Which measurements does the command line offer? Each imports what it runs, so that `--help` is quick."""

import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO, TypeVar

import typer
from rich.console import Console
from rich.progress import track

if TYPE_CHECKING:
    from bench.contest import Contest

WIDE = 120
"""Columns of a table that goes to a file or a pipe."""
SHIFTS = (-120.0, -60.0, 0.0, 60.0, 120.0)

Result = TypeVar("Result")

app = typer.Typer(help="Measure how right and how fast Clew is on recorded cases.")

Cases = Annotated[Path | None, typer.Option(help="A folder of cases, of families of cases, or one case.")]
Family = Annotated[str | None, typer.Option(help="Only the cases of this family.")]
Shift = Annotated[float, typer.Option(min=-86_400, max=86_400, help="Move every alert by this many seconds.")]
Out = Annotated[Path | None, typer.Option(help="Write the predictions here, one JSON object a line.")]
Workers = Annotated[int, typer.Option(min=1, max=16, help="Processes that share the work.")]
Misses = Annotated[bool, typer.Option("--misses", help="Show each miss, one by one, and leave the baselines out.")]


@app.callback(invoke_without_command=True)
def bench(
    context: typer.Context,
    cases: Cases = None,
    family: Family = None,
    shift: Shift = 0.0,
    out: Out = None,
    *,
    misses: Misses = False,
) -> None:
    """Investigate recorded cases and score the answers beside simple and published rankers; exits 2 on wrong use."""
    if context.invoked_subcommand is not None:
        return
    from bench.baseline import Baselines, baselines
    from bench.contest import contests
    from bench.replay import Replay

    console, errors = _consoles()
    folders = _folders(cases, family, errors)
    replay, against = Replay(), Baselines({}) if misses else baselines()
    found: list[Contest] = []
    with ExitStack() as stack:
        lines = None if out is None else stack.enter_context(_opened(out, errors))
        for folder in track(folders, "Investigating", console=errors, transient=True):
            (told,) = contests(folder, replay, against, (shift,))
            found.append(told)
            if lines is not None and told.answer is not None:
                lines.write(told.answer.prediction.model_dump_json() + "\n")
                lines.flush()
    if shift:
        console.print(f"Every alert moved by {shift:+g} s.")
    _show(found, console, misses=misses)
    _complain(found, errors)
    if against.lacking:
        errors.print(against.lacking, soft_wrap=True)


@app.command()
def shifts(cases: Cases = None, family: Family = None) -> None:
    """Move every alert by one and two minutes either way and show what that costs; exits 2 on wrong use."""
    from bench.baseline import Baselines
    from bench.contest import contests
    from bench.replay import Replay
    from bench.scoreboard import shifts_table

    console, errors = _consoles()
    folders = _folders(cases, family, errors)
    replay, nobody = Replay(), Baselines({})
    runs = [
        contests(folder, replay, nobody, SHIFTS)
        for folder in track(folders, "Investigating", console=errors, transient=True)
    ]
    console.print(shifts_table({shift: [run[index] for run in runs] for index, shift in enumerate(SHIFTS)}))
    _complain([contest for run in runs for contest in run], errors)


@app.command()
def fit(cases: Cases = None, workers: Workers = 1) -> None:
    """Fit the weights with each family left out, rank that family, and move one weight at a time; exits 2 on wrong use."""
    from bench import fit as measured
    from bench.heard import families, heard_in

    console, errors = _consoles()
    held = [one for one in _worked(heard_in, _folders(cases, None, errors), workers, errors) if one.scored]
    if len(families(one.family for one in held)) < 2:
        errors.print("Leaving one family out needs scored cases of two families or more: name a folder of families.")
        raise typer.Exit(2)
    found = measured.fits(held, workers)
    console.print(measured.left_out_table(held, found))
    console.print(measured.weights_table(found))
    console.print(measured.sensitivity_table(held))


@app.command()
def calibration(cases: Cases = None, workers: Workers = 1) -> None:
    """Compare the number behind each answer's word with what was right, with moved alerts too; exits 2 on wrong use."""
    from bench import calibration as measured
    from bench.heard import families

    console, errors = _consoles()
    rows = [row for rows in _worked(measured.said, _folders(cases, None, errors), workers, errors) for row in rows]
    if len(families(row.family for row in rows if row.number is not None)) < 2:
        errors.print("Calibration needs answers on scored cases of two families or more: name a folder of families.")
        raise typer.Exit(2)
    console.print(measured.reliability_table(rows))
    console.print(measured.brier_table(rows))


@app.command()
def quiet(cases: Cases = None, family: Family = None, workers: Workers = 1) -> None:
    """Put alerts into quiet stretches of the histories and count the causes that are named there; exits 2 on wrong use."""
    from bench import quiet as measured

    console, errors = _consoles()
    found = _worked(measured.told, _folders(cases, family, errors), workers, errors)
    rows = measured.once([row for told in found for row in told])
    if not rows:
        errors.print("No history is long enough: a window needs 20 samples, 15 minutes before the alert.")
        raise typer.Exit(2)
    console.print(measured.quiet_table(rows))
    console.print(measured.dropped(rows), soft_wrap=True)
    console.print(measured.causes_table(rows))


@app.command()
def loss(cases: Cases = None, family: Family = None, workers: Workers = 1) -> None:
    """Take away a share of the sources, or of every answer, and show what that costs; exits 2 on wrong use."""
    from bench import loss as measured

    console, errors = _consoles()
    found = _worked(measured.losses, _folders(cases, family, errors), workers, errors)
    rows = [row for told in found for row in told]
    console.print(measured.loss_table(rows))
    console.print(measured.health_table(rows))


def _worked(work: Callable[[Path], Result], folders: Sequence[Path], workers: int, errors: Console) -> Sequence[Result]:
    """What comes of every case; leaves with 2 where one cannot be read: shares over the rest would be of other cases."""
    from bench.heard import each
    from clew.errors import BadCase

    try:
        return list(track(each(work, folders, workers), "Working", len(folders), console=errors, transient=True))
    except (BadCase, TimeoutError) as error:
        errors.print(
            str(error) or "An investigation did not end in time. Try again on an idle machine.", soft_wrap=True
        )
        raise typer.Exit(2) from error


def _consoles() -> tuple[Console, Console]:
    """Where the tables go, and where the complaints go."""
    wide = None if sys.stdout.isatty() else WIDE
    return Console(highlight=False, width=wide), Console(stderr=True, highlight=False, markup=False)


def _folders(root: Path | None, family: str | None, errors: Console) -> Sequence[Path]:
    """The cases to run; leaves with 2 and says what to do where there are none."""
    from bench.case import family as family_of
    from bench.case import folders

    if root is None or not root.is_dir():
        errors.print("Name a folder of recorded cases that exists: clew bench --cases DIR")
        raise typer.Exit(2)
    found = folders(root)
    if not found:
        errors.print(
            f"{root} holds no case. A case is a folder with incident.json (or inject_time.txt, in the RCAEval layout).",
            soft_wrap=True,
        )
        raise typer.Exit(2)
    chosen = [folder for folder in found if family in (None, family_of(folder))]
    if not chosen:
        names = ", ".join(sorted({family_of(folder) for folder in found}))
        errors.print(f"There is no family {family!r} in {root}. There are: {names}.", soft_wrap=True)
        raise typer.Exit(2)
    return chosen


def _opened(out: Path, errors: Console) -> TextIO:
    try:
        return out.open("w", encoding="utf-8")
    except OSError as error:
        errors.print(f"{out}: {error.strerror}. Name a file that can be written.", soft_wrap=True)
        raise typer.Exit(2) from error


def _show(found: "Sequence[Contest]", console: Console, *, misses: bool) -> None:
    from bench.scoreboard import by_family, changes_table, cost_table, misses_table, services_table

    families = by_family(found)
    shown = [services_table(families), changes_table(families), cost_table(families)]
    for table in (misses_table(families), *shown) if misses else shown:
        if table is not None and table.row_count:
            console.print(table)


def _complain(found: "Sequence[Contest]", errors: Console) -> None:
    for line in dict.fromkeys(f"{told.family}/{told.name}: {told.problem}" for told in found if told.problem):
        errors.print(line, soft_wrap=True)
