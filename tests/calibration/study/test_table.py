"""Reading a table of scores: what fits, and one line with the row for what does not."""

import numpy as np
import pytest

from examiner.calibration.study.table import ONE_CRITERION, parse_levels, read_table
from examiner.domain.errors import Invalid, NotFound

HEAD = "item,question,criterion,rater,kind,score"


@pytest.fixture
def table(tmp_path):
    def write(*rows, head=HEAD, levels=None):
        path = tmp_path / "scores.csv"
        path.write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
        return read_table(path, levels)

    return write


def test_long_rows_become_tables(table):
    found = table(
        "a,q1,mechanism,ann,human,2",
        "b,q1,mechanism,ann,human,3",
        "a,q1,mechanism,ben,human,2.5",
        "a,q1,mechanism,j,judge,1",
        "c,q2,mechanism,j,judge,",
        "a,q1,invariant,j,judge,0",
    )
    assert found.levels == (0, 3)
    one = found.criteria["mechanism"]
    assert one.raters == ("ann", "ben") and set(one.items) == {"a", "b", "c"}
    row = {name: one.human[i] for i, name in enumerate(one.items)}
    assert row["a"].tolist() == [2, 2.5]
    assert row["b"][0] == 3 and np.isnan(row["b"][1])
    assert np.isnan(row["c"]).all()
    assert one.unscored == {"j": 1}
    assert [one.question_names[q] for q in one.questions] == ["q1" if i != "c" else "q2" for i in one.items]
    other = found.criteria["invariant"]
    assert other.raters == () and other.human.shape == (1, 0)


def test_question_and_criterion_may_be_absent(table):
    found = table("a,ann,human,2", "a,j,judge,3", head="item,rater,kind,score")
    assert list(found.criteria) == [ONE_CRITERION]
    assert found.criteria[ONE_CRITERION].questions is None


def test_blanks_around_names_mean_nothing(table):
    found = table("a,q,c, ann ,human,2", "b ,q, c,ann,human, 3 ", "b,q,c,j,judge,1")
    assert found.criteria["c"].items == ("a", "b") and found.criteria["c"].raters == ("ann",)


def test_columns_in_any_order_with_others_between(table):
    found = table("human,2,x,a,ann", "judge,1,y,a,j", head="Kind,Score,note,item,rater")
    assert found.criteria[ONE_CRITERION].judges["j"].tolist() == [1]


@pytest.mark.parametrize("mark", [";", "\t"])
def test_other_separators(table, mark):
    found = table(
        *(row.replace(",", mark) for row in ("a,q,c,ann,human,2.5", "a,q,c,j,judge,1")), head=HEAD.replace(",", mark)
    )
    assert found.criteria["c"].human.tolist() == [[2.5]]


def test_the_scale_is_taken_from_all_scores_or_declared(table):
    rows = ("a,q,c,ann,human,1", "a,q,c,j,judge,2.5")
    assert table(*rows).levels == (1, 3)
    assert table(*rows, levels=(0, 5)).levels == (0, 5)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["a,q,c,ann,human,2", "b,q,c,ann,person,2"], "row 3 has the kind 'person'"),
        (["a,q,c,ann,human,2", "b,q,c,ann,human,two"], "row 3 has the score 'two'"),
        (["a,q,c,ann,human,nan"], "row 2 has the score 'nan'"),
        (["a,q,c,ann,human,inf"], "row 2 has the score 'inf'"),
        (["a,q,c,ann,human,2", "b,q,c,ann,human,4"], "row 3 has the score 4, outside the levels 0..3"),
        (["a,q,c,ann,human,2", "b,q,c,ann,human,1", "a,q,c,ann,human,2"], "row 4 repeats row 2"),
        (["a,q,c,ann,human,2", "b,q,c,ann,judge,1"], "row 3 has the rater 'ann' as judge, row 2 as human"),
        (["a,q,c,ann,human,2", "a,r,c,ben,human,1"], "row 3 has the item 'a' under question 'r', row 2 under 'q'"),
        (["a,q,c,ann,human"], "row 2 has 5 cells, the header 6"),
        ([",q,c,ann,human,2"], "row 2 has no item"),
        (["a,q,c,,human,2"], "row 2 has no rater"),
        ([], "no rows under the header"),
    ],
)
def test_what_does_not_fit_is_said_with_its_row(table, rows, said):
    with pytest.raises(Invalid) as error:
        table(*rows, levels=(0, 3))
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_rows_are_lines_of_the_file_even_after_blank_ones(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(f"{HEAD}\na,q,c,ann,human,2\n\n\nb,q,c,ann,human,x\n")
    with pytest.raises(Invalid, match="row 5"):
        read_table(path)


@pytest.mark.parametrize("column", ["item", "rater", "kind", "score"])
def test_a_missing_column_is_named(table, column):
    head = ",".join(c for c in HEAD.split(",") if c != column)
    with pytest.raises(Invalid, match=f"no column '{column}'"):
        table("a,b,c,d,e", head=head)


def test_no_file_and_no_text(tmp_path):
    with pytest.raises(NotFound, match="no file"):
        read_table(tmp_path / "absent.csv")
    (tmp_path / "latin.csv").write_bytes(HEAD.encode() + b"\n\xe9,q,c,a,human,1\n")
    with pytest.raises(Invalid, match="UTF-8"):
        read_table(tmp_path / "latin.csv")
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(Invalid, match="empty"):
        read_table(tmp_path / "empty.csv")


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(f"{HEAD}\na,q,c,ann,human,2\n", encoding="utf-8-sig")
    assert list(read_table(path).criteria) == ["c"]


@pytest.mark.parametrize("text", ["3", "3..0", "0..0", "a..b", "0-3", "0..2.5", "0..1000"])
def test_a_scale_is_two_whole_numbers(text):
    with pytest.raises(Invalid, match="no scale"):
        parse_levels(text)


def test_a_range_too_wide_for_levels_is_refused(table):
    with pytest.raises(Invalid, match="no scale of levels"):
        table("a,q,c,ann,human,0", "b,q,c,ann,human,1e9")


def test_scales():
    assert parse_levels("0..3") == (0, 3)
    assert parse_levels("-2..2") == (-2, 2)
