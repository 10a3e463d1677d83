"""Lists and tables as text: points of a survey, answers of field forms, tables with WKT,
registers that are joined by identifier.

None of these formats has a mark of its own, so the content decides which one it is.
"""

from regularize.intake.text.opening import looks_like_list, open_text, open_workbook

__all__ = ["looks_like_list", "open_text", "open_workbook"]
