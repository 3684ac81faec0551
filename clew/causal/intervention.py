"""What would the symptom be if a proposed fix were applied: predicted before it is proposed."""

from clew.causal.counterfactual import counterfactual, untold
from clew.causal.course import Course
from clew.hypothesis import Effect
from clew.tables import Floats, Spans


def undone(course: Course, onset: float, end: float | None = None, *, act: str) -> Effect:
    """The symptom if the event at `onset` (Unix seconds) is undone: its level without the event, as if nothing lingers.

    `act` is the fix as a condition: `deploy 4f2c1a9 is rolled back`.
    """
    return counterfactual(course, onset, end, without=act)


def held(course: Course, driver: Floats, onset: float, end: float | None = None, *, act: str) -> Effect:
    """The symptom if `driver` (T,), the candidate's own signal on the course's times, is held at its usual level: do(driver = usual).

    `act` is the fix as a condition: `the CPU of payments falls to its usual level`.
    """
    del driver, onset, end
    return untold(course, f"if {act}", "the two do not move together")


def simulated(spans: Spans, normal: Spans, service: str, *, act: str = "") -> Effect:
    """The p95 duration of whole requests (roots, seconds) if the own time of `service` is what it is in `normal`, call by call.

    `spans` are those of the incident and `normal` those to compare them with (see `clew.causal.selftime.phases`).
    """
    del normal
    course = Course(spans.start[:0], spans.duration[:0], "p95 request latency", "s")
    return untold(course, f"if {act or f'{service} took its usual time'}", "no traces")
