"""What each column of the figures file means, in both languages: type, unit and words, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["", "proportion", "difference of proportions", "answers", "year", "degrees", "p"]

UNITS: dict[Unit, tuple[str, str]] = {
    "proportion": ("andel, 0–1", "proportion, 0-1"),
    "difference of proportions": (
        "skillnad mellan andelar, −1 till 1 (0,01 är en procentenhet)",
        "difference of proportions, -1 to 1 (0.01 is a percentage point)",
    ),
    "answers": ("antal svar", "number of answers"),
    "year": ("årtal", "year"),
    "degrees": ("frihetsgrader", "degrees of freedom"),
    "p": ("sannolikhet, 0–1", "probability, 0-1"),
}


@dataclass(frozen=True)
class Meaning:
    """What a column means.

    Attributes:
        sv, en: in a reader's words.
        unit: what its numbers count; empty for texts.
    """

    sv: str
    en: str
    unit: Unit = ""


MEANINGS: dict[str, Meaning] = {
    "survey": Meaning("undersökning", "survey"),
    "wave": Meaning("undersökningens år", "year of the survey", "year"),
    "area_level": Meaning(
        "om raden gäller området eller hela staden", "whether the row is the area or the city"
    ),
    "area": Meaning("område", "area"),
    "question": Meaning("fråga i det gemensamma språket", "question in the common vocabulary"),
    "coding": Meaning("hur svaren delas i ja och nej", "how answers are split into yes and no"),
    "group": Meaning("indelning, eller all", "what divides the answers, or all"),
    "value": Meaning("grupp i indelningen, eller all", "group of the division, or all"),
    "default_coding": Meaning(
        "om kodningen är den som bilagan använder", "whether the coding is the one in use"
    ),
    "share": Meaning("vägd andel ja", "weighted share of yes", "proportion"),
    "se": Meaning(
        "andelens medelfel enligt urvalsdesignen",
        "design-based standard error of the share",
        "proportion",
    ),
    "ci_low": Meaning(
        "andelens osäkerhetsintervall, 95 %, nedre gräns",
        "95% confidence interval of the share, lower bound",
        "proportion",
    ),
    "ci_high": Meaning(
        "andelens osäkerhetsintervall, 95 %, övre gräns",
        "95% confidence interval of the share, upper bound",
        "proportion",
    ),
    "df": Meaning("intervallets frihetsgrader", "df of the interval", "degrees"),
    "n": Meaning("bas: antal svar, ovägt", "base: answers, unweighted", "answers"),
    "n_effective": Meaning(
        "så många svar i ett enkelt slumpmässigt urval som ger samma medelfel",
        "answers of a simple random sample with the same standard error",
        "answers",
    ),
    "deff": Meaning(
        "designeffekt: variansen mot den i ett enkelt slumpmässigt urval",
        "design effect: variance against that of a simple random sample",
    ),
    "flag": Meaning(
        "varför andelen inte visas (suppressed) eller är osäker (uncertain); tomt annars",
        "why the share is not shown (suppressed) or uncertain; empty otherwise",
    ),
    "previous_wave": Meaning(
        "året som förändringen räknas från", "the year that the change is from", "year"
    ),
    "difference": Meaning(
        "förändring av andelen", "change of the share", "difference of proportions"
    ),
    "difference_low": Meaning(
        "förändringens osäkerhetsintervall, 95 %, nedre gräns",
        "95% confidence interval of the change, lower bound",
        "difference of proportions",
    ),
    "difference_high": Meaning(
        "förändringens osäkerhetsintervall, 95 %, övre gräns",
        "95% confidence interval of the change, upper bound",
        "difference of proportions",
    ),
    "change_se": Meaning(
        "förändringens medelfel", "standard error of the change", "difference of proportions"
    ),
    "change_df": Meaning("testets frihetsgrader", "df of the test", "degrees"),
    "p_value": Meaning("förändringens p-värde", "p-value of the change", "p"),
    "p_adjusted": Meaning(
        "p-värdet justerat för familjens alla jämförelser (Holm)",
        "p-value adjusted for all comparisons of the family (Holm)",
        "p",
    ),
    "comparisons": Meaning("jämförelser i familjen", "comparisons in the family"),
    "smallest_detectable": Meaning(
        "minsta förändring som testet oftast (80 %) upptäcker",
        "smallest change that the test usually (80%) detects",
        "difference of proportions",
    ),
    "verdict": Meaning("bedömning av förändringen", "verdict on the change"),
    "change_flag": Meaning(
        "varför förändringen inte visas eller är osäker; tomt annars",
        "why the change is not shown or uncertain; empty otherwise",
    ),
    "change_grade": Meaning(
        "hur jämförbara de två åren är", "how comparable the two years are"
    ),
    "change_caveats": Meaning(
        "vad som ska sägas om jämförelsen av åren", "what must be said of comparing the years"
    ),
    "rest_difference": Meaning(
        "området minus övriga staden", "the area less the rest of the city",
        "difference of proportions",
    ),
    "rest_low": Meaning(
        "skillnadens osäkerhetsintervall, 95 %, nedre gräns",
        "95% confidence interval of the difference, lower bound",
        "difference of proportions",
    ),
    "rest_high": Meaning(
        "skillnadens osäkerhetsintervall, 95 %, övre gräns",
        "95% confidence interval of the difference, upper bound",
        "difference of proportions",
    ),
    "rest_p_value": Meaning("skillnadens p-värde", "p-value of the difference", "p"),
    "rest_p_adjusted": Meaning(
        "p-värdet justerat för familjens alla jämförelser (Holm)",
        "p-value adjusted for all comparisons of the family (Holm)",
        "p",
    ),
    "rest_verdict": Meaning(
        "bedömning av området mot övriga staden", "verdict on the area against the rest"
    ),
    "trend_first": Meaning("linjens första mätning", "first wave of the line", "year"),
    "trend_waves": Meaning("antal mätningar på linjen", "number of waves on the line"),
    "trend_slope": Meaning(
        "linjens lutning: förändring om året", "slope of the line: change a year",
        "difference of proportions",
    ),
    "trend_low": Meaning(
        "lutningens osäkerhetsintervall, 95 %, nedre gräns",
        "95% confidence interval of the slope, lower bound",
        "difference of proportions",
    ),
    "trend_high": Meaning(
        "lutningens osäkerhetsintervall, 95 %, övre gräns",
        "95% confidence interval of the slope, upper bound",
        "difference of proportions",
    ),
    "trend_p_value": Meaning("p-värde för lutningen", "p value of the slope", "p"),
    "trend_p_adjusted": Meaning(
        "p-värde justerat för antalet linjer (Holm)", "p value adjusted for all lines (Holm)", "p"
    ),
    "trend_p_nonlinear": Meaning(
        "p-värde för att mätningarna följer linjen, justerat (Holm)",
        "p value of the waves following the line, adjusted (Holm)", "p"
    ),
    "trend_verdict": Meaning("bedömning av linjen", "verdict on the line"),
    "survey_difference": Meaning(
        "undersökningen minus stadens egen", "the survey less the city's own",
        "difference of proportions",
    ),
    "survey_low": Meaning(
        "skillnadens osäkerhetsintervall, 95 %, nedre gräns",
        "95% confidence interval of the difference, lower bound",
        "difference of proportions",
    ),
    "survey_high": Meaning(
        "skillnadens osäkerhetsintervall, 95 %, övre gräns",
        "95% confidence interval of the difference, upper bound",
        "difference of proportions",
    ),
    "survey_p_adjusted": Meaning(
        "p-värdet justerat för familjens alla jämförelser (Holm)",
        "p-value adjusted for all comparisons of the family (Holm)",
        "p",
    ),
    "survey_verdict": Meaning(
        "bedömning av undersökningen mot stadens egen", "verdict on the survey against the city's"
    ),
    "survey_grade": Meaning(
        "hur jämförbara de två undersökningarna är", "how comparable the two surveys are"
    ),
    "survey_caveats": Meaning(
        "vad som ska sägas om jämförelsen av undersökningarna",
        "what must be said of comparing the surveys",
    ),
    "coding_difference": Meaning(
        "kodningen minus den som används", "the coding less the one in use",
        "difference of proportions",
    ),
    "coding_low": Meaning(
        "skillnadens osäkerhetsintervall, 95 %, nedre gräns",
        "95% confidence interval of the difference, lower bound",
        "difference of proportions",
    ),
    "coding_high": Meaning(
        "skillnadens osäkerhetsintervall, 95 %, övre gräns",
        "95% confidence interval of the difference, upper bound",
        "difference of proportions",
    ),
}  # fmt: skip


def meaning(column: str) -> Meaning:
    """What a column means; one that nobody described is told by its name.

    >>> meaning("share").en, meaning("some_new_column").sv
    ('weighted share of yes', 'some new column')
    """
    plain = column.replace("_", " ")
    return MEANINGS.get(column, Meaning(plain, plain))
