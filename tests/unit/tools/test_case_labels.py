"""Do the labels that tell two series of one metric apart come out of a recorded case, and nothing else into them?"""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from clew.evidence import Asked, Call, Series
from clew.incident import Window
from clew.tables import SeriesKey
from tools.answers import series_facts
from tools.case.tables import read_changes, read_metrics


def metrics(folder: Path, text: str) -> Path:
    path = folder / "metrics.csv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    return path


def test_rows_that_differ_in_a_label_are_two_series(tmp_path: Path) -> None:
    text = "time,service,instance,track,version,errors(%)\n1,pay,,stable,v41,0.3\n1,pay,,canary,v42,6\n2,pay,,stable,v41,0.4\n"
    matrix, dropped = read_metrics(metrics(tmp_path, text))
    assert matrix.keys == (
        SeriesKey("pay", "", "errors", "%", (("track", "stable"), ("version", "v41"))),
        SeriesKey("pay", "", "errors", "%", (("track", "canary"), ("version", "v42"))),
    )
    assert dropped == 0
    np.testing.assert_array_equal(matrix.values, [[0.3, 0.4], [6.0, np.nan]])


def test_without_such_columns_nothing_changes(tmp_path: Path) -> None:
    matrix, _ = read_metrics(metrics(tmp_path, "time,service,errors(%),zones\n1,pay,0.3,2\n"))
    assert matrix.keys == (SeriesKey("pay", "", "errors", "%"), SeriesKey("pay", "", "zones"))


def test_an_empty_label_is_none(tmp_path: Path) -> None:
    matrix, _ = read_metrics(metrics(tmp_path, "time,service,Zone,errors\n1,pay,,0.3\n1,pay,b,0.4\n"))
    assert [key.labels for key in matrix.keys] == [(), (("zone", "b"),)]


@pytest.mark.parametrize(
    ("title", "version", "said"),
    [
        ("deploy pay", "v42", "deploy pay v42"),
        ("deploy pay v42", "v42", "deploy pay v42"),
        ("", "v42", "v42"),
        ("deploy", None, "deploy"),
    ],
)
def test_a_deploys_title_says_its_version(tmp_path: Path, title: str, version: str | None, said: str) -> None:
    path = tmp_path / "changes.jsonl"
    extra = {"version": version} if version else {}
    path.write_text(json.dumps({"id": "d1", "kind": "deploy", "time": 5, "title": title, "extra": extra}))
    assert read_changes(path)[0].changes[0].title == said


def test_facts_tell_the_two_series_by_their_labels(tmp_path: Path) -> None:
    text = "time,service,instance,track,errors(%)\n1,pay,pay-1,stable,0.3\n1,pay,pay-2,canary,6\n"
    matrix, _ = read_metrics(metrics(tmp_path, text))
    asked = Asked(source="case", call=Call(method="series"), query="", window=Window(start=0.0, end=2.0))
    found = series_facts(matrix, asked, "pay", "errors", 2.0)
    assert [fact.payload.name for fact in found if isinstance(fact.payload, Series)] == [
        "errors of pay-1 stable",
        "errors of pay-2 canary",
    ]
