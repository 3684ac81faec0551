"""What does a whole incident look like from the thread?"""

from agents.judge import OPEN
from clew.progress import RunState, StepState
from tests.flows.story import Houses


async def test_an_incident_ends_with_every_step_done(houses: Houses) -> None:
    async with houses.house() as house:
        await house.investigated()
        progress = await house.copilot.progress(house.incident.id)
    assert progress is not None
    assert progress.state is RunState.DONE
    assert {step.state for step in progress.steps} == {StepState.DONE}
    assert progress.report is not None
    for hypothesis in progress.report.hypotheses:
        if hypothesis.confidence in OPEN:
            assert all(claim.evidence for claim in hypothesis.support)
