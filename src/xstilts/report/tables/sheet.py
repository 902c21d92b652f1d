"""Tables as CSV."""

from __future__ import annotations

import csv
import io

from xstilts.report.tables.table import Plain, Sheet


def as_csv(sheet: Sheet) -> str:
    """Figures have four digits after the point; what is not there is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(sheet.columns)
    writer.writerows([[_field(value) for value in row] for row in sheet.rows])
    return text.getvalue()


def _field(value: Plain) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{round(value, 4) + 0.0:.4f}"  # + 0.0: or a tiny loss would be -0.0000
    return str(value)
