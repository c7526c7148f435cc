"""The statements of a finished document against its own figures."""

from survey_stats.audit.audit import audit
from survey_stats.audit.consistency import audit_tables
from survey_stats.audit.finding import Finding, findings_to_json

__all__ = ["Finding", "audit", "audit_tables", "findings_to_json"]
