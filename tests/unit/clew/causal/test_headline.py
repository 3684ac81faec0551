"""Does the headline say the symptom first, in the alert's own metric, and how far it reaches?"""

import numpy as np

from clew.causal.headline import LIMIT, headline
from clew.causal.moment import Moment
from clew.causal.shift import resource_clues
from clew.hypothesis import Clue
from clew.incident import Signal, Symptom, Window
from clew.tables import Matrix, SeriesKey

SYMPTOM = Symptom(service="web", signal=Signal.LATENCY, metric="latency-p99(s)")
START = 1_795_385_000.0
ONSET = START + 600.0


def clues(symptom: Symptom = SYMPTOM, *, sick: bool = True) -> tuple[Clue, ...]:
    """Web's p50 moves far more than the p99 that the alert speaks of, cart stays calm."""
    times = np.arange(START, START + 900.0, 5.0, dtype=np.float64)
    wave = 1.0 + 0.01 * np.sin(np.arange(180))
    late = (times >= ONSET) & sick
    levels = {
        SeriesKey("web", "", "latency-p99", "s"): wave * np.where(late, 1.12, 0.32),
        SeriesKey("web", "", "latency-p50", "s"): wave * np.where(late, 0.9, 0.01),
        SeriesKey("web", "", "call-latency[cart]-p90", "s"): wave * np.where(late, 0.9, 0.01),
        SeriesKey("cart", "", "latency-p99", "s"): wave * 0.05,
    }
    matrix = Matrix(times, tuple(levels), np.array(list(levels.values())))
    when = Moment(onset=ONSET, alerted_at=ONSET + 20, window=Window(start=START, end=START + 900))
    return tuple(found.clue for found in resource_clues(matrix, Matrix.empty(), when, symptom))


def test_the_alerts_own_series_comes_first_with_its_numbers_and_its_reach() -> None:
    assert (
        headline(clues(), SYMPTOM, ())
        == "web p99 latency 0.32 → 1.12 s since 22:13:20 UTC; web affected, cart as usual"
    )


def test_an_alert_that_names_no_metric_is_told_by_what_moved_most_there() -> None:
    said = headline(clues(Symptom(service="web", signal=Signal.LATENCY)), SYMPTOM, ())
    assert said.startswith("web p50 latency 10 → ")


def test_a_series_that_was_not_read_falls_back_to_what_was() -> None:
    only = Clue(channel="errors", service="cart", amount=0.9, says="cart error ratio 0 → 9 %", detail="error-ratio")
    assert headline((only,), SYMPTOM, ()) == "cart error ratio 0 → 9 %; cart affected"
    assert "could not be seen" in headline((), SYMPTOM, ())


def test_the_all_clear_speaks_of_the_alerts_own_series() -> None:
    calm = [c for c in clues(sick=False) if c.channel == "quiet" and c.service == "web"]
    assert calm
    assert headline((), SYMPTOM, calm).startswith("web p99 latency stayed usual: ")


def test_a_headline_fits_whatever_the_names_are() -> None:
    names = [f"a-service-with-quite-a-long-name-{place}" for place in range(40)]
    loud = tuple(
        Clue(channel="latency", service=n, amount=0.9, says=f"{n} is slow", detail="latency-p99") for n in names
    )
    said = headline((*clues(), *loud), SYMPTOM, ())
    assert len(said) <= LIMIT
    assert "affected" in said
