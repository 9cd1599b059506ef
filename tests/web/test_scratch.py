"""The calculator: units, published figures, and nothing that runs code."""

import pytest

from examiner.service.sitting import scratch


@pytest.mark.parametrize(
    ("line", "result"),
    [
        ("2^10", "1,024"),
        ("1,024 * 3", "3,072"),
        ("80 GB / 4 TB/s in ms", "20 ms"),
        ("6 × 7", "42"),
        ("5 GB", "5 GB (5,000,000,000 B)"),
        ("max(3, 4) + sqrt(16)", "8"),
        ("h100_sxm.memory / h200.memory", "0.567376"),  # 80 / 141
        ("llama_3_8b.layers * 2", "64"),
        ("1 GiB in byte", "1,073,741,824 byte"),
    ],
)
def test_lines_work_out(house, line, result):
    assert scratch.work(house, line).result == result


@pytest.mark.parametrize(
    "line",
    ["__import__('os')", "80 GB + 3 s", "9**9**9", "nothing", "7 in GB", "().__class__", "", "1/0", "q(1, 'x')" * 200],
)
def test_what_does_not_work_out_says_so(house, line):
    found = scratch.work(house, line)
    assert found.result == "" and found.error


def test_the_sheet_names_rows_as_the_calculator_does(house):
    for sheet, column in zip(scratch.sheets(house), ("memory", "layers"), strict=True):
        assert len(sheet.rows) > 5
        place = sheet.columns.index(column) + 2
        for row in sheet.rows:
            assert len(row) == len(sheet.columns) + 2
            if row[place]:
                assert scratch.work(house, f"{row[1]}.{column}").result
