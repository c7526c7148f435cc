"""Why an answer is missing: the fixed list of reasons, with the readers' words."""

from __future__ import annotations

from survey_stats.labels import Language

# reason -> (Swedish, English)
REASONS: dict[str, tuple[str, str]] = {
    "blank": ("tomt i leveransen", "blank in the delivery"),
    "no_answer": ("ej svar", "no answer"),
    "dont_know": ("vet inte", "does not know"),
    "refused": ("vill inte svara", "refused"),
    "not_applicable": ("skulle inte besvaras", "not applicable"),
    "invalid_answer": ("felaktigt svar", "invalid answer"),
    "unspecified": ("ospecificerat", "unspecified"),
    "outside_the_city": ("bor utanför Stockholms stad", "lives outside the City of Stockholm"),
    "no_named_place": ("ingen av de namngivna platserna", "none of the named places"),
    "third_gender": (
        "annan könstillhörighet, redovisas inte på grund av litet antal",
        "another gender identity, not reported because of small numbers",
    ),
    "left_out_by_coding": ("utesluts av kodningen", "left out by the coding"),
    "part_missing": ("delfråga saknar svar", "a part is not answered"),
    "not_asked": ("frågan ställdes inte", "not asked"),
    "declared_missing": (
        "saknat svar enligt leveransens egen uppgift",
        "missing by the delivery's own declaration",
    ),
    "later_districts": (
        "leveransen anger senare tids stadsdelsområden",
        "the delivery tells the districts of a later time",
    ),
}


def reason_text(reason: str, lang: Language = "sv") -> str:
    """The readers' words for a reason.

    >>> reason_text("no_answer", "en")
    'no answer'
    """
    pair = REASONS.get(reason)
    if pair is None:
        return reason
    return pair[0] if lang == "sv" else pair[1]
