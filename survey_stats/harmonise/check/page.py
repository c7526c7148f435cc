"""The findings as a page of HTML."""

from __future__ import annotations

import html

from survey_stats.harmonise.check.finding import Checked
from survey_stats.labels import Language


def page(checked: Checked, lang: Language) -> str:
    """A page of the findings that needs no other file."""
    told = (f"<li>{html.escape(' – '.join(p.told(lang)))}</li>" for p in checked)
    return f"<!doctype html><title>{checked.manifest.file}</title><ul>{''.join(told)}</ul>"
