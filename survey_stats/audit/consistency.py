"""The printed tables themselves: their own totals and change columns, without any claim.

Every table that prints changes or totals claims something by it; this checks all of it.
"""

from __future__ import annotations

import os
from pathlib import Path

from survey_stats.audit.arithmetic import Outcome, judge_number
from survey_stats.audit.claims import COLUMNS, read_csv
from survey_stats.audit.finding import Finding
from survey_stats.audit.statement import parse_statement
from survey_stats.audit.sums import judge_total
from survey_stats.audit.tables import Column, Table, read_table
from survey_stats.audit.totals import parts_of
from survey_stats.errors import InputError


def audit_tables(folder: str | os.PathLike[str], *, level: float = 0.95) -> list[Finding]:
    """Check the printed totals and change columns of every CSV in a folder.

    Ids are `table/row/column`. Claims files (which have the columns of one) are passed over.

    Raises:
        InputError: the folder does not exist or a CSV in it is malformed.

    Example:
        >>> from survey_stats.resources import data_path
        >>> wrong = [f for f in audit_tables(data_path("published")) if f.verdict != "holds"]
        >>> [f.id.split("/", 1)[1] for f in wrong][:1]
        ['Totalt i staden/total']
    """
    root = Path(folder)
    if not root.is_dir():
        raise InputError(f"The folder {root} does not exist; check the path")
    findings: list[Finding] = []
    for path in sorted(root.glob("*.csv")):
        _, header = read_csv(path)
        if set(COLUMNS) <= set(header):
            continue
        table = read_table(root, path.stem)
        for row in range(len(table.rows)):
            # without a flag a "total" may be one of nested rows, which do not add up by design
            parts = parts_of(table, row) if table.flags_totals else None
            if parts is not None:
                outcome = judge_total(table, list(parts.rows), row, table.label(row))
                findings.append(_finding(table, row, "total", "sum", "", outcome))
            for column in table.columns:
                if column.role == "change":
                    findings += _change(table, row, column, level)
    return findings


def _change(table: Table, row: int, column: Column, level: float) -> list[Finding]:
    stated = table.rows[row][column.name].strip()
    statement = parse_statement(stated)
    pair = [
        next((m for m in table.measures if m.year == year and m.unit == "count"), None)
        for year in (column.year, column.year_to)
    ]
    if statement.value is None or pair[0] is None or pair[1] is None:
        return []
    a, b = table.cell(row, pair[0]), table.cell(row, pair[1])
    if a is None or b is None:
        return []
    kind = "percent_change" if column.unit == "percent" else "difference"
    outcome = judge_number(kind, statement, a, b, table, level)
    return [_finding(table, row, column.name, kind, stated, outcome)]


def _finding(
    table: Table, row: int, name: str, kind: str, stated: str, outcome: Outcome
) -> Finding:
    verdict, recomputed, reason, test = outcome
    label = table.label(row)
    return Finding(
        id=f"{table.name}/{label}/{name}",
        verdict=verdict,
        recomputed=recomputed,
        reason=reason.en,
        reason_sv=reason.sv,
        test=test,
        source=table.rows[row].get("source", ""),
        subject=f"{label}, {name}",
        kind=kind,
        stated=stated,
    )
