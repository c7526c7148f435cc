"""The audit of documents as a report for their authors."""

from survey_stats.report.audited.report import VERDICTS, AuditReport

__all__ = ["VERDICTS", "AuditReport"]
