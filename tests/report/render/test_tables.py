from __future__ import annotations

import pytest

from survey_stats.report.render import nodes
from survey_stats.report.render.html import own_identifiers
from survey_stats.report.render.tables import html_tables, with_widths

PLAIN = """
<table><thead><tr><th>Grupp</th><th>Andel</th><th>Skillnad</th></tr></thead><tbody>
<tr><td>Kvinnor</td><td>34,5 %</td><td>−1,2</td></tr>
<tr><td>Män</td><td>–</td><td>+0,4</td></tr></tbody></table>
"""


def aligned(table) -> list[str]:
    return [align["t"] for align, _width in table["c"][2]]


def test_numbers_go_right_where_nothing_else_is_said():
    (table,) = html_tables(PLAIN)
    assert aligned(table) == ["AlignLeft", "AlignRight", "AlignRight"]


def test_the_alignment_of_great_tables_wins():
    (table,) = html_tables(
        PLAIN.replace("<td>34,5 %", '<td class="gt_row gt_center">34,5 %').replace(
            "<td>–", '<td class="gt_row gt_center">–'
        )
    )
    assert aligned(table) == ["AlignLeft", "AlignCenter", "AlignRight"]


def test_great_tables_group_rows_notes_and_spans():
    gt = pytest.importorskip("great_tables")
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(
        {"g": ["A", "A", "B"], "n": ["x", "y", "z"], "v": [1, 2, 3], "w": [4, 5, 6]}
    )
    made = (
        gt.GT(frame, rowname_col="n", groupname_col="g")
        .tab_stubhead("Namn")
        .tab_spanner("Tal", ["v", "w"])
        .tab_source_note("Källa: prov")
    )
    table, notes = html_tables(made.as_raw_html())
    head = [[(nodes.plain_text(c[4]).strip(), c[2], c[3]) for c in r[1]] for r in table["c"][3][1]]
    assert head == [[("Namn", 2, 1), ("Tal", 1, 2)], [("v", 1, 1), ("w", 1, 1)]]
    rows = [[nodes.plain_text(c[4]).strip() for c in r[1]] for r in table["c"][4][0][3]]
    assert rows == [["A"], ["x", "1", "4"], ["y", "2", "5"], ["B"], ["z", "3", "6"]]
    assert nodes.plain_text(notes).strip() == "Källa: prov"
    assert "render-table-note" in notes["c"][0][1]


def test_two_tables_in_one_output():
    first, words, second = html_tables(
        PLAIN + "<div><p>text</p><ul><li>more</li></ul></div>" + PLAIN
    )
    assert first == second
    assert words["t"] == "Div"
    assert nodes.plain_text(words["c"][1]) == "textmore"
    assert len(html_tables(f"<div>{PLAIN}</div>\n")) == 1


def test_widths_fit_the_page_and_follow_the_words():
    wide = "".join(f"<td>{'ord ' * 20}</td>" for _ in range(4))
    (table,) = html_tables(f"<table><tbody><tr><td>1</td>{wide}</tr></tbody></table>")
    widths = [width["c"] for _align, width in with_widths(table)["c"][2]]
    assert sum(widths) == pytest.approx(1.0, abs=0.001)
    assert widths[0] < 0.1
    assert widths[1] == pytest.approx(widths[4])


def test_small_tables_stay_small():
    (table,) = html_tables(PLAIN)
    widths = [width["c"] for _align, width in with_widths(table)["c"][2]]
    assert sum(widths) < 0.5


def test_identifiers_are_unique_and_always_the_same():
    one = '<div id="abcdefghij"><style>#abcdefghij .gt_row {}</style>{}</div>'.replace(
        "{}</div>", '<table><th id="län andel">A</th><td headers="län andel">1</td></table></div>'
    )
    other = one.replace("abcdefghij", "zyxwvutsrq")
    assert own_identifiers(one, "t1") == own_identifiers(other, "t1")
    made = own_identifiers(one, "t1")
    assert '<th id="t1-lan-andel">' in made
    assert "#t1 .gt_row" in made
