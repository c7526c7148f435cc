"""The statements of a finished document against its own figures."""

from survey_stats.audit.audit import audit
from survey_stats.audit.consistency import audit_tables
from survey_stats.audit.finding import Finding, findings_to_json
from survey_stats.audit.statement import stated_text

__all__ = ["Finding", "audit", "audit_tables", "findings_to_json", "stated_text"]
