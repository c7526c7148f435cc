"""Writers of the formats of PxWeb, for tests: a made-up table in, a file as PxWeb saves it out."""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import xlsxwriter


@dataclass
class Table:
    """A made-up table: variables with values (and codes), and cells in order; None is dots."""

    values: dict[str, list[str]]
    data: Sequence[float | str | None]
    codes: dict[str, list[str]] = field(default_factory=dict)
    time: str = "år"
    contents: str = "Folkmängd"
    source: str = "Påhittad myndighet"

    @property
    def variables(self) -> list[str]:
        return list(self.values)

    def labels(self):
        return list(itertools.product(*self.values.values()))


def _cell(value: float | str | None, quoted: bool = False) -> str:
    if value is None or isinstance(value, str):
        text = ".." if value is None else value
        return f'"{text}"' if quoted else text
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _list(values: Sequence[str]) -> str:
    return ",".join(f'"{v}"' for v in values)


def px(
    table: Table,
    heading: int = 1,
    page: str | None = "iso-8859-1",
    charset: str | None = "ANSI",
    keys: str | None = None,
    separator: str = " ",
    newline: str = "\r\n",
    extra: Sequence[str] = (),
) -> str:
    """The text of a .px file whose last `heading` variables are across."""
    names = table.variables
    stub, across = names[: len(names) - heading], names[len(names) - heading :]
    lines = []
    if charset:
        lines.append(f'CHARSET="{charset}";')
    lines.append('AXIS-VERSION="2013";')
    if page:
        lines.append(f'CODEPAGE="{page}";')
    lines += ['LANGUAGE="sv";', "DECIMALS=0;", 'MATRIX="MADEUP";', "COPYRIGHT=NO;"]
    lines.append(f'TITLE="{table.contents} efter område, ålder och kön"\r\n" (påhittad)";')
    lines.append(f'CONTENTS="{table.contents}";')
    if stub:
        lines.append(f"STUB={_list(stub)};")
    if across:
        lines.append(f"HEADING={_list(across)};")
    for name in names:
        # long lists go over several lines, divided after a comma
        lines.append(f'VALUES("{name}")={_list(table.values[name])};'.replace('","', '",\r\n"', 1))
    if table.time in names:
        lines.append(f'TIMEVAL("{table.time}")=TLIST(A1),{_list(table.values[table.time])};')
    for name, codes in table.codes.items():
        lines.append(f'CODES("{name}")={_list(codes)};')
    if keys:
        lines += [f'KEYS("{name}")={keys};' for name in stub]
    lines += [*extra, f'SOURCE="{table.source}";', 'UNITS="antal";', "DATA="]
    width = math.prod(len(table.values[n]) for n in across)
    cells = [_cell(v, quoted=True) for v in table.data]
    rows = [cells[i : i + width] for i in range(0, len(cells), width)]
    if keys:
        own = table.codes if keys == "CODES" else table.values
        labels = list(itertools.product(*(own[n] for n in stub)))
        kept = [
            f"{_list(label)},{separator.join(row)}"
            for label, row in zip(labels, rows, strict=True)
            if any(cell != "0" for cell in row)
        ]
        lines += kept
    else:
        lines += [separator.join(row) + separator for row in rows]
    text = "\r\n".join([*lines, ";", ""])
    return text.replace("\r\n", newline)


def json_stat(table: Table, version: int = 2, sparse: bool = False, arrays: bool = False) -> str:
    """json-stat 1.2 or 2.0; dots are null with a status."""
    dimension: dict[str, object] = {}
    for name, labels in table.values.items():
        codes = table.codes.get(name, labels)
        index: object = codes if arrays else {c: k for k, c in enumerate(codes)}
        dimension[name] = {
            "label": name,
            "category": {"index": index, "label": dict(zip(codes, labels, strict=True))},
        }
    own = [v if isinstance(v, (int, float)) else None for v in table.data]
    status = {
        str(k): (v or "..") for k, v in enumerate(table.data) if not isinstance(v, (int, float))
    }
    value: object = {str(k): v for k, v in enumerate(own) if v is not None} if sparse else own
    names, size = table.variables, [len(v) for v in table.values.values()]
    role = {"time": [table.time]} if table.time in names else {}
    body: dict[str, object] = {"label": table.contents, "source": table.source, "value": value}
    if status:
        body["status"] = status
    if version == 1:
        body["dimension"] = {**dimension, "id": names, "size": size, "role": role}
        return json.dumps({"dataset": body}, ensure_ascii=False)
    body |= {"id": names, "size": size, "role": role, "dimension": dimension}
    return json.dumps({"version": "2.0", "class": "dataset", **body}, ensure_ascii=False)


def pxweb_json(table: Table) -> str:
    """PxWeb's own JSON: keys are codes."""
    columns = [
        {"code": n, "text": n, "type": "t" if n == table.time else "d"} for n in table.variables
    ]
    columns.append({"code": "X1", "text": table.contents, "type": "c"})
    keys = itertools.product(*(table.codes.get(n, v) for n, v in table.values.items()))
    data = [
        {"key": list(key), "values": [_cell(v)]} for key, v in zip(keys, table.data, strict=True)
    ]
    return json.dumps({"columns": columns, "comments": [], "data": data}, ensure_ascii=False)


def delimited(
    table: Table,
    delimiter: str = ",",
    wide: bool = True,
    title: str = "",
    footer: Sequence[str] = (),
    quotes: int = csv.QUOTE_NONNUMERIC,
) -> str:
    """A csv of PxWeb, years across with the contents before them, or a row a cell."""
    out = io.StringIO()
    if title:
        out.write(f'"{title}"\r\n\r\n')
    writer = csv.writer(out, delimiter=delimiter, quoting=quotes, lineterminator="\r\n")
    names = table.variables
    cells = [v if isinstance(v, (int, float)) else v or ".." for v in table.data]
    cells = [int(v) if isinstance(v, float) and v.is_integer() else v for v in cells]
    if wide:
        years = table.values[names[-1]]
        writer.writerow([*names[:-1], *(f"{table.contents} {year}" for year in years)])
        labels = itertools.product(*(table.values[n] for n in names[:-1]))
        for k, label in enumerate(labels):
            writer.writerow([*label, *cells[k * len(years) : (k + 1) * len(years)]])
    else:
        writer.writerow([*names, table.contents])
        for label, cell in zip(table.labels(), cells, strict=True):
            writer.writerow([*label, cell])
    for line in footer:
        out.write(line + "\r\n")
    return out.getvalue()


def workbook(table: Table, path: Path, heading: int = 1, footer: Sequence[str] = ()) -> None:
    """PxWeb's sheet: the title, rows of labels across, each label once, no names of variables."""
    names = table.variables
    stub, across = names[: len(names) - heading], names[len(names) - heading :]
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("MADEUP")
    sheet.write(0, 0, f"{table.contents} (påhittad)")
    sizes = [len(table.values[n]) for n in across]
    for level, name in enumerate(across):
        inner, outer = math.prod(sizes[level + 1 :]), math.prod(sizes[:level])
        for k in range(outer * sizes[level]):
            label = table.values[name][k % sizes[level]]
            sheet.write_string(2 + level, len(stub) + k * inner, label)
    width = math.prod(sizes)
    top = 2 + len(across)
    sizes = [len(table.values[n]) for n in stub]
    for column, name in enumerate(stub):
        inner = math.prod(sizes[column + 1 :])
        for k in range(math.prod(sizes[: column + 1])):
            label = table.values[name][k % sizes[column]]
            sheet.write_string(top + k * inner, column, label)
    for k, value in enumerate(table.data):
        if isinstance(value, (int, float)):
            sheet.write_number(top + k // width, len(stub) + k % width, value)
        else:
            sheet.write_string(top + k // width, len(stub) + k % width, value or "..")
    below = top + len(table.data) // width + 1
    for k, line in enumerate(footer):
        sheet.write(below + k, 0, line)
    book.close()
