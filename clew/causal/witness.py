"""Which series are asked when an incident began: all of the service level and of the symptom's service, and an even draw of the rest.

A thousand witnesses place an onset as well as a million; drawing them by name, not by place, makes the draw the same whoever reads
which part of the fleet.
"""

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from clew.causal.meaning import Meaning
from clew.causal.roster import Roster
from clew.incident import Symptom
from clew.tables import Matrix

MOST = 1000
"""Witnesses at most."""
_MIXER = np.uint64(0x9E3779B97F4A7C15)


def witnesses(matrix: Matrix, symptom: Symptom, most: int = MOST) -> Matrix:
    """At most `most` series of the matrix, by name. The witnesses of all parts' witnesses are the witnesses of the whole."""
    roster = Roster.of(matrix.keys)
    rows = roster.order()
    if len(rows) > most:
        roster = roster.taken(rows)
        near = roster.owned(("", symptom.service))
        mute = roster.means(Meaning.NODE, Meaning.VOLUME)
        rows = rows[np.sort(np.lexsort((_draw(roster), mute, ~near))[:most])]
    return Matrix(matrix.times, tuple(matrix.keys[row] for row in rows), matrix.values[rows], matrix.query)


def gathered(parts: Sequence[Matrix]) -> Matrix:
    """The series of all parts in one matrix, in order of their names. Raises ValueError if the parts differ in their times."""
    parts = [part for part in parts if part.keys]
    if not parts:
        return Matrix.empty()
    if any(not np.array_equal(part.times, parts[0].times) for part in parts):
        raise ValueError("the parts differ in their times: read every part for the same window and step")
    keys = tuple(key for part in parts for key in part.keys)
    rows = Roster.of(keys).order()
    values = np.concatenate([part.values for part in parts])[rows]
    return Matrix(parts[0].times, tuple(keys[row] for row in rows), values, parts[0].query)


def _draw(roster: Roster) -> NDArray[np.uint64]:
    """A number per row that follows from its key alone and is spread evenly."""
    out = np.zeros(len(roster), dtype=np.uint64)
    for names, codes in zip(roster.names, roster.codes, strict=True):
        hashes = np.array([zlib.crc32(repr(name).encode()) for name in names], dtype=np.uint64)
        out = (out ^ hashes[codes]) * _MIXER
        out ^= out >> np.uint64(29)
    return out
