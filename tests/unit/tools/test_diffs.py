"""Is a diff kept whole where it fits, redacted always, and cut where it tells least?"""

from tools.diffs import CUT, DIFF_CHARACTERS, PART_CHARACTERS, composed, cut

SECRET = "pass" + "word=hunter2-hunter2"


def test_small_diffs_stay_whole_with_what_tells_most_in_front() -> None:
    assert composed([]) is None
    assert composed([("a.py", "+x\n")]) == "+x\n"
    assert composed([("README.md", "+r\n"), ("yarn.lock", "+l\n"), ("b.py", "+b")]) == "+b\n+r\n+l\n"


def test_each_file_has_a_share_and_all_have_a_budget() -> None:
    long = "+line\n" * 10_000
    whole = composed([(f"{n}.py", f"+++ {n}\n{long}") for n in range(9)])
    assert whole is not None
    assert len(whole) <= DIFF_CHARACTERS
    assert [n for n in range(9) if f"+++ {n}\n" in whole] == list(range(DIFF_CHARACTERS // PART_CHARACTERS + 1))
    alone = composed([("a.py", long)])
    assert alone is not None
    assert PART_CHARACTERS < len(alone) <= DIFF_CHARACTERS
    assert alone.endswith("+line" + CUT)


def test_secrets_are_gone_even_where_the_text_is_cut() -> None:
    for before in range(90, 110):
        assert "hunter2" not in cut("x" * before + "\n" + SECRET + "\n" + "y\n" * 500, 120)
    assert "hunter2" not in (composed([("a", SECRET), ("b", SECRET * 3_000)]) or "")


def test_no_budget_leaves_nothing_but_the_mark() -> None:
    assert cut("+x\n" * 50, 3) == CUT
