"""csv-summary: what the columns of a CSV text hold."""

from columns import summarise_column
from table import read_table


def handler(endpoint, payload, context):
    """Answers `/summary`; see README.md for the fields of the payload and of the answer."""
    table = read_table(payload["text"], payload.get("delimiter"), payload.get("header", True))
    top = payload.get("top", 5)
    return {
        "rows": len(table.rows),
        "delimiter": table.delimiter,
        "raggedRows": table.ragged_rows,
        "columns": [
            summarise_column(name, [row[index] for row in table.rows], top)
            for index, name in enumerate(table.names)
        ],
    }
