"""Readers never meet a code name."""

from __future__ import annotations

import pytest

from survey_stats.harmonise import Codebook
from survey_stats.labels import Language, who, word

QUESTIONS = sorted({q for name in Codebook.names() for q in Codebook.load(name).questions})


@pytest.mark.parametrize(("lang", "answer"), [("sv", "som svarar"), ("en", "who answer")])
def test_every_shipped_question_has_its_words(lang: Language, answer: str) -> None:
    without = [q for q in QUESTIONS if word(q, lang) == q]
    assert without == [], "write what a reader calls it into _WORDS of survey_stats/labels.py"
    without = [q for q in QUESTIONS if who(q, lang) == f"{answer} {word(q, lang)}"]
    assert without == [], "write whom it counts into _DO of survey_stats/labels.py"
