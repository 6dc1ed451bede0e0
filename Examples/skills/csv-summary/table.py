"""CSV text to rows of equal length."""

import csv
import io
from collections import namedtuple

DELIMITERS = ",;\t|"
COLUMNS_MAX = 1_000


Table = namedtuple("Table", "names rows delimiter ragged_rows")


def read_table(text, delimiter=None, header=True):
    """Reads RFC 4180 text. Short rows are filled with missing values; blank lines are skipped."""
    text = text.removeprefix("\ufeff")
    delimiter = delimiter or likely_delimiter(text)
    csv.field_size_limit(max(len(text), 1))
    try:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        rows = [row for row in lines if row]
    except csv.Error as error:
        raise ValueError(f"line {lines.line_num} of the CSV text cannot be read: {error}") from None
    if not rows:
        raise ValueError("the CSV text has no rows")
    names = unique_names(rows.pop(0)) if header else [f"column{index + 1}" for index in range(len(rows[0]))]
    width = len(names)
    if width > COLUMNS_MAX:
        raise ValueError(f"the CSV text has {width} columns; at most {COLUMNS_MAX} are summarised")
    ragged = 0
    for number, row in enumerate(rows, start=1):
        if len(row) > width:
            raise ValueError(f"data row {number} has more values ({len(row)}) than the table has columns ({width})")
        if len(row) < width:
            ragged += 1
            row.extend([""] * (width - len(row)))
    return Table(names, rows, delimiter, ragged)


def likely_delimiter(text):
    """The usual delimiter that occurs most often outside quotes in the first line."""
    unquoted = "".join(text.split("\n", 1)[0].split('"')[::2])
    best = max(DELIMITERS, key=unquoted.count)
    return best if best in unquoted else ","


def unique_names(header):
    names, taken = [], set()
    for index, cell in enumerate(header, start=1):
        base = name = cell.strip() or f"column{index}"
        number = 2
        while name in taken:
            name, number = f"{base}_{number}", number + 1
        taken.add(name)
        names.append(name)
    return names
