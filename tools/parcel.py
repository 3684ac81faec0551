"""How does an answer about a part of a fleet travel between processes? As numbers and names, to the last bit; nothing in it is run."""

import io
import json
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from clew.causal.roster import Names, Roster
from clew.causal.summary import Flow, Levels, Summary
from clew.tables import Matrix

Answer = Matrix | Summary | str
"""A string is why there is no answer."""
Arrays = dict[str, NDArray[Any]]
_FLOW = tuple(name for name in Flow._fields if name != "services")


def packed(answer: Answer) -> bytes:
    """The answer as bytes."""
    if isinstance(answer, str):
        return _written({"kind": "error", "says": answer}, {})
    if isinstance(answer, Matrix):
        roster = Roster.of(answer.keys)
        told = {"kind": "matrix", "query": answer.query, "names": roster.names}
        return _written(told, {"codes": roster.codes, "times": answer.times, "values": answer.values})
    columns: Arrays = {f"now.{name}": column for name, column in answer.now._asdict().items()}
    columns |= {f"early.{name}": column for name, column in answer.early._asdict().items()}
    flow = answer.flow
    columns |= {"since": answer.since, "typical": answer.typical, "codes": answer.roster.codes}
    columns |= {name: getattr(flow, name) for name in _FLOW}
    return _written({"kind": "summary", "names": answer.roster.names, "services": flow.services}, columns)


def unpacked(parcel: bytes) -> Answer:
    """The answer again. Raises ValueError for bytes that are none."""
    try:
        with np.load(io.BytesIO(parcel), allow_pickle=False) as held:
            arrays: Arrays = {name: held[name] for name in held.files}
        told: dict[str, Any] = json.loads(arrays.pop("told").tobytes())
        return _answer(told, arrays)
    except (OSError, EOFError, KeyError, TypeError, ValueError, BadZipFile) as error:
        raise ValueError(f"this is no answer about a part: {type(error).__name__}") from error


def _answer(told: dict[str, Any], arrays: Arrays) -> Answer:
    if told["kind"] == "error":
        return str(told["says"])
    roster = Roster.made(_names(told["names"]), arrays["codes"])
    if told["kind"] == "matrix":
        keys = tuple(roster.key(row) for row in range(len(roster)))
        return Matrix(arrays["times"], keys, arrays["values"], str(told["query"]))
    return Summary(
        roster,
        _levels("now", arrays),
        _levels("early", arrays),
        arrays["since"],
        arrays["typical"],
        Flow(services=tuple(told["services"]), **{name: arrays[name] for name in _FLOW}),
    )


def _levels(when: str, arrays: Arrays) -> Levels:
    return Levels(*(arrays[f"{when}.{name}"] for name in Levels._fields))


def _names(told: list[Any]) -> Names:
    service, metric, instance, unit, labels = told
    pairs = tuple(tuple((key, value) for key, value in some) for some in labels)
    return Names(tuple(service), tuple(metric), tuple(instance), tuple(unit), pairs)


def _written(told: dict[str, Any], arrays: Arrays) -> bytes:
    text = np.frombuffer(json.dumps(told).encode(), dtype=np.uint8)
    out = io.BytesIO()
    np.savez(out, allow_pickle=False, told=text, **arrays)
    return out.getvalue()
