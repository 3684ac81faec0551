"""Does the same change told by several sources appear once, with what each of them knows?"""

from itertools import permutations

from agents.retold import NEAR, Told, each_once
from clew.evidence import Change

AT = 1_763_836_600.0
SHA = "4f2c1a9b77de4f2c1a9b77de4f2c1a9b77de4f2c"
OTHER = "9c0ffee9b77de4f2c1a9b77de4f2c1a9b77de4f2"


def commit(ref: str = SHA, **more: object) -> Change:
    return Change.model_validate({"ref": ref, "what": "commit", "at": AT, **more})


def deploy(ref: str, commit: str | None = SHA, after: float = 600.0, **more: object) -> Change:
    return Change.model_validate({"ref": ref, "what": "deploy", "at": AT + after, "commit": commit, **more})


def told(*each: tuple[Change, ...]) -> list[Told]:
    return [(f"source {number}", changes) for number, changes in enumerate(each)]


def test_what_one_source_told_stays_as_it_is() -> None:
    later, earlier = deploy("d1"), commit()
    assert each_once(told((later, earlier), ())) == (earlier, later)
    assert each_once(told()) == ()


def test_a_commit_of_two_sources_is_one_with_the_diff_and_the_service_of_either() -> None:
    local = commit(diff="+x", files=("a.py",))
    remote = commit(service="checkout", title="Lower the pool (#7)", author="mia")
    for order in permutations((local, remote)):
        (only,) = each_once(told(*((change,) for change in order)))
        assert (only.diff, only.service, only.title, only.author, only.files) == (
            "+x",
            "checkout",
            "Lower the pool (#7)",
            "mia",
            ("a.py",),
        )
        assert only.told_by[0] == f"source {order.index(local)}", "the one whose diff was read is cited"


def test_a_deploy_brings_its_commit_a_service_and_gets_its_whole_id() -> None:
    found = each_once(told((commit(diff="+x"),), (deploy("d1", SHA[:9], service="checkout"),)))
    assert [(c.what, c.service, c.commit) for c in found] == [
        ("commit", "checkout", None),
        ("deploy", "checkout", SHA),
    ]


def test_a_deploy_of_nobody_is_of_its_commits_service() -> None:
    found = each_once(told((commit(service="web"),), (deploy("d1"),)))
    assert [c.service for c in found] == ["web", "web"]


def test_a_shortened_id_that_could_be_two_commits_names_none() -> None:
    twin = SHA[:9] + "0" * 31
    found = each_once(told((commit(), commit(twin)), (deploy("d1", SHA[:9], service="web"), commit(SHA[:9]))))
    assert sorted((c.service or "", c.what) for c in found) == [("", "commit")] * 2 + [
        ("web", "commit"),
        ("web", "deploy"),
    ]


def test_one_deploy_told_twice_is_one_and_two_deploys_are_two() -> None:
    one, again = deploy("d1", service="web"), deploy("gh-1", after=600 + NEAR, title="production")
    (only,) = each_once(told((one,), (again,)))
    assert (only.ref, only.at, only.title, only.service) == ("d1", AT + 600, "production", "web")
    assert only.told_by == ("source 0", "source 1")
    for other in (
        deploy("gh-1", after=601 + NEAR, service="web"),
        deploy("gh-1", OTHER, service="web"),
        deploy("gh-1", service="cart"),
        deploy("gh-1", None),
    ):
        assert len(each_once(told((one,), (other,)))) == 2
    assert len(each_once(told((one, deploy("d2", service="web")), (commit(OTHER),)))) == 3, "one source tells no twins"


def test_flags_are_the_same_by_their_id_alone() -> None:
    flag = Change(ref="f1", what="flag", at=AT, service="web", diff="-off\n+on")
    assert len(each_once(told((flag,), (flag,)))) == 1
    assert len(each_once(told((flag,), (flag.model_copy(update={"ref": "f2"}),)))) == 2
    assert len(each_once(told((flag,), (flag.model_copy(update={"what": "config"}),)))) == 2
