"""The words that readers see, in Swedish and English, and how numbers are written in each.

Frames hold the English code names; a document asks here for the reader's words.
"""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from survey_stats.place import asked_word, own_clause, own_word

Language = Literal["sv", "en"]

NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"

# code name -> (Swedish, English)
_WORDS: dict[str, tuple[str, str]] = {
    # surveys
    "city_safety": ("stadens trygghetsmätning", "the city's safety survey"),
    "regional_safety": (
        "polisregionens trygghetsundersökning",
        "the police region's safety survey",
    ),
    "school_survey": ("Stockholmsenkäten", "the Stockholm school survey"),
    "city_safety_short": ("staden", "city"),
    "regional_safety_short": ("polisregionen", "police region"),
    "school_survey_short": ("elever", "pupils"),
    # questions, as the share that a reader sees
    "unsafe_evening": ("otrygg ute ensam sent en kväll", "unsafe out alone late in the evening"),
    "unsafe_neighbourhood": ("otrygg i bostadsområdet", "unsafe in the neighbourhood"),
    "worry_crime_monthly": (
        "orolig för brott minst någon gång i månaden",
        "worried about crime at least monthly",
    ),
    "worry_robbery": ("orolig för att bli rånad", "worried about robbery"),
    "worry_burglary": ("orolig för inbrott", "worried about burglary"),
    "avoids_places": ("undviker vissa platser", "avoids certain places"),
    "victim_any_crime": ("utsatt för något brott", "victim of any crime"),
    "problem_moped_traffic": ("problem med mopedtrafik", "problems with moped traffic"),
    "problem_drunk_people": ("problem med berusade personer", "problems with drunk people"),
    "problem_drug_users": ("problem med narkotikapåverkade", "problems with drug users"),
    # groups
    "all": ("alla", "all"),
    "gender": ("kön", "gender"),
    "women": ("kvinnor", "women"),
    "men": ("män", "men"),
    "age_group": ("ålder", "age"),
    "age": ("ålder i år", "age in years"),
    "16-19": ("16–19 år", "16–19 years"),
    "20-29": ("20–29 år", "20–29 years"),
    "30-44": ("30–44 år", "30–44 years"),
    "45-64": ("45–64 år", "45–64 years"),
    "65-79": ("65–79 år", "65–79 years"),
    "80+": ("80 år och äldre", "80 years and older"),
    "year 9": ("årskurs 9", "year 9"),
    "upper secondary 2": ("gymnasiet årskurs 2", "upper secondary year 2"),
    "girls": ("flickor", "girls"),
    "boys": ("pojkar", "boys"),
    "school_year": ("årskurs", "school year"),
    "disability": ("funktionsnedsättning", "disability"),
    "yes": ("ja", "yes"),
    "no": ("nej", "no"),
    "district": ("stadsdelsområde", "district"),
    "neighbourhood": ("stadsdel", "neighbourhood"),
    "wave": ("år", "year"),
    "respondent": ("svarandens nyckel", "key of the respondent"),
    "weight": ("vikt", "weight"),
    "stratum": ("stratum", "stratum"),
    "psu": ("primär urvalsenhet", "primary sampling unit"),
    "municipality": ("kommun", "municipality"),
    "district_own_year": (
        "stadsdelsområde enligt årets egen indelning",
        "district by the division of the year itself",
    ),
    "place": ("namngiven plats", "named place"),
    "school_district": ("skolans stadsdelsområde", "district of the school"),
    "residents": ("boende", "residents"),
    "pupils": ("elever", "pupils"),
    "city": ("hela staden", "the whole city"),
    # statistics
    "share": ("andel", "share"),
    "interval": ("osäkerhetsintervall", "confidence interval"),
    "base": ("bas", "base"),
    "change": ("förändring", "change"),
    "verdict": ("bedömning", "verdict"),
    "significant increase": ("säkerställd ökning", "significant increase"),
    "significant decrease": ("säkerställd minskning", "significant decrease"),
    "unchanged": ("oförändrad", "unchanged"),
    "cannot be decided": ("kan inte avgöras", "cannot be decided"),
    "holds": ("stämmer", "holds"),
    "does not hold": ("stämmer inte", "does not hold"),
    # adjustments of p-values
    "holm": ("Holm", "Holm"),
    "hochberg": ("Hochberg", "Hochberg"),
    "fdr_bh": ("Benjamini–Hochberg", "Benjamini–Hochberg"),
    "fdr_by": ("Benjamini–Yekutieli", "Benjamini–Yekutieli"),
    # tables and figures of a document
    "group": ("grupp", "group"),
    "total": ("totalt", "total"),
    "change_points": ("förändring, procentenheter", "change, percentage points"),
    "not_asked": ("frågan ställdes inte", "not asked"),
    "not_shown": ("visas inte", "not shown"),
    "no_earlier_wave": ("ingen tidigare mätning", "no earlier wave"),
    "previous": ("föregående", "previous"),
    "category": ("brottstyp", "type of crime"),
    "compared_area": ("område", "area"),
    "number": ("antal", "number"),
    "claim": ("uppgift", "statement"),
    "stated": ("anges", "stated"),
    "recomputed": ("omräknat", "recomputed"),
    "reason": ("varför", "why"),
    "coding": ("kodning", "coding"),
    "survey": ("undersökning", "survey"),
    "question": ("fråga", "question"),
    "rest_of_city": ("övriga staden", "the rest of the city"),
    "remainder": ("resten av staden", "the rest of the city"),
    "city_column": ("staden", "city"),
    # what documents are for
    "purpose": (
        "underlag till lägesbilden, där stadsdelsförvaltningen och polisen beskriver brott och "
        "trygghet",
        "evidence for the lägesbild, in which district and police describe crime and safety",
    ),
    "no significant difference": ("ingen säkerställd skillnad", "no significant difference"),
    "higher": ("säkerställt högre", "significantly higher"),
    "lower": ("säkerställt lägre", "significantly lower"),
    "alike": ("lika", "alike"),
    "not comparable": ("inte jämförbar", "not comparable"),
    "year_9_and_upper_secondary": (
        "elever i årskurs 9 och gymnasiets år 2",
        "pupils in year 9 and upper secondary year 2",
    ),
    # what is wrong with a delivery
    "check of": ("kontroll av", "check of"),
    "codebook": ("kodbok", "codebook"),
    "compared with": ("jämförd med", "compared with"),
    "comparison within": ("jämförelsen gäller", "the comparison is within"),
    "fits the codebook": ("leveransen passar kodboken", "the delivery fits the codebook"),
    "errors stop": (
        "fel stoppar harmoniseringen; varningar ska besvaras innan siffrorna används",
        "errors stop the harmonisation; warnings want an answer before the figures are used",
    ),
    "no errors": (
        "inget fel stoppar harmoniseringen; varningar ska besvaras innan siffrorna används",
        "no error stops the harmonisation; warnings want an answer before the figures are used",
    ),
    "not checked": ("inte kontrollerat", "not checked"),
    "error": ("fel", "error"),
    "errors": ("fel", "errors"),
    "warning": ("varning", "warning"),
    "warnings": ("varningar", "warnings"),
    "note": ("upplysning", "note"),
    "notes": ("upplysningar", "notes"),
    "check: wave": ("våg", "wave"),
    "check: draft": ("utkast till kodbok", "drafted codebook"),
    "check: harmonise": ("harmonisering", "harmonisation"),
    "check: missing variable": ("variabel saknas", "missing variable"),
    "check: unknown code": ("okänd kod", "unknown code"),
    "check: contradicted code": ("motsagd kod", "contradicted code"),
    "check: contradicted label": ("motsagd etikett", "contradicted label"),
    "check: changed label": ("ändrad etikett", "changed label"),
    "check: weight": ("vikt", "weight"),
    "check: weight total": ("vikternas summa", "total of the weights"),
    "check: respondent": ("svarande", "respondents"),
    "check: doubled rows": ("dubblerade rader", "doubled rows"),
    "check: stratum": ("stratum", "stratum"),
    "check: psu": ("urvalsenhet", "sampling unit"),
    "check: age": ("ålder", "age"),
    "check: geography": ("geografi", "geography"),
    "check: no answers": ("inga svar", "no answers"),
    "check: non-response": ("bortfall på frågan", "non-response"),
    "check: distribution": ("bruten fördelning", "broken distribution"),
    "check: reversed": ("omvänd skala", "reversed scale"),
    "check: swapped answers": ("svar som bytt plats", "swapped answers"),
    "check: association": ("försvunna samband", "lost associations"),
    "check: count": ("antal som det gäller", "how many it concerns"),
    "check: rule": (
        "En fördelning eller ett bortfall är brutet när förändringen både är långt utanför slumpen "
        "(p under en miljondel, med vikter och urvalsenheter) och stor, Cohens h minst",
        "A distribution or non-response is broken when the change is both far outside chance "
        "(p under one in a million, with weights and sampling units) and large, Cohen's h at least",
    ),
    # weights
    "weighting report": ("viktningsrapport", "weighting report"),
    "step: base": ("urvalsvikter", "design weights"),
    "step: delivered": ("vikter som de levererats", "weights as delivered"),
    "step: post-stratified": ("efterstratifiering", "post-stratification"),
    "step: calibrated": ("kalibrering", "calibration"),
    "step: non-response": ("bortfallsjustering", "adjustment for non-response"),
    "step: propensity": ("bortfallsmodell", "response model"),
    "step: trimmed": ("trimning", "trimming"),
    "step: restricted": ("begränsning till gemensamma grupper", "restriction to common groups"),
    "population": ("befolkning", "population"),
    "respondents": ("svarande", "respondents"),
    "design effect": ("designeffekt", "design effect"),
    "effective number": ("effektivt antal svar", "effective number of answers"),
    # what a model says
    "model: all else equal": (
        "Skillnader allt annat lika, alltså mellan svarande lika i modellens övriga frågor",
        "Differences all else equal, among respondents alike in the model's other questions",
    ),
    "model: points": ("procentenheter", "percentage points"),
    "model: against": ("jämfört med", "compared with"),
    "model: to": ("till", "to"),
    "model: slope": ("för varje steg uppåt", "for every step up"),
    "model: respondents": ("svarande", "respondents"),
    "model: left out": (
        "svarande saknar svar på någon av frågorna och räknas inte med",
        "respondents lack an answer to one of the questions and are not counted",
    ),
    "figure: level": ("svar", "answer"),
    "figure: contrast": ("skillnad", "difference"),
    "model: averages": (
        "Skillnaderna är genomsnitt: modellen låter dem vara olika i olika grupper",
        "The differences are averages: the model lets them differ between groups",
    ),
    "model: tested": (
        "En skillnad vars intervall inte innehåller noll är säkerställd, prövad för sig",
        "A difference whose interval does not hold zero is significant, tested alone",
    ),
    # small areas
    "source: direct": ("egna svar", "own answers"),
    "source: pooled": ("flera års svar", "several years' answers"),
    "source: model": ("modellbaserad skattning", "model-based estimate"),
    "source: synthetic": ("utan egna svar", "without own answers"),
    "source: none": ("redovisas inte", "not published"),
    "borrowed: nothing": ("inget", "nothing"),
    "borrowed: other years": ("från andra år", "other years"),
    "borrowed: under half": ("mindre än hälften", "less than half"),
    "borrowed: over half": ("mer än hälften", "more than half"),
    "borrowed: over three quarters": ("mer än tre fjärdedelar", "more than three quarters"),
    "borrowed: all": ("allt", "all"),
    "quality: reliable": ("tillförlitlig", "reliable"),
    "quality: with caution": ("tolkas försiktigt", "interpret with caution"),
    # documents
    "footnote": ("fotnot", "footnote"),
    "back to table": ("tillbaka till tabellen", "back to the table"),
    "back to figure": ("tillbaka till figuren", "back to the figure"),
    "skip to content": ("hoppa till innehållet", "skip to the content"),
    "sort": ("sortera", "sort"),
    "ascending": ("stigande", "ascending"),
    "descending": ("fallande", "descending"),
    "original order": ("ursprunglig ordning", "original order"),
    "synthetic": ("SYNTETISKA DATA", "SYNTHETIC DATA"),
}

# names of tables, columns and groups of the published figures -> (Swedish, English)
_PUBLISHED: dict[str, tuple[str, str]] = {
    "area": ("område", "area"),
    "behaviour": ("beteende", "behaviour"),
    "boys": ("pojkar", "boys"),
    "girls": ("flickor", "girls"),
    "grade": ("årskurs", "grade"),
    "handled_in_investigation": ("hanterade i utredning", "handled in investigation"),
    "household": ("brott mot hushåll", "crime against households"),
    "measure": ("mått", "measure"),
    "mental_health": ("psykisk hälsa", "mental health"),
    "n": ("antal", "number"),
    "new_investigations": ("nya utredningar", "new investigations"),
    "offending": ("brottslighet", "offending"),
    "other": ("annat", "other"),
    "period": ("period", "period"),
    "person": ("brott mot person", "crime against persons"),
    "population_0_20": ("befolkning 0–20 år", "population aged 0–20"),
    "referrals": ("anmälningar", "referrals"),
    "school": ("skola", "school"),
    "school_problems": ("problem i skolan", "problems at school"),
    "share_percent": ("andel i procent", "share in percent"),
    "source": ("källa", "source"),
    "substance_use": ("missbruk", "substance use"),
    "year": ("år", "year"),
    "child_welfare_referrals_2023": ("orosanmälningar 2023", "child welfare referrals 2023"),
    "reported_crime_bra_2022_2023": (
        "anmälda brott enligt Brå 2022–2023",
        "reported crime by Brå 2022–2023",
    ),
    "reported_crime_hagersten_alvsjo_sep_aug": (
        "anmälda brott i Hägersten-Älvsjö, september–augusti",
        "reported crime in Hägersten-Älvsjö, September–August",
    ),
    "reported_crime_hasselby_vallingby_2018_2022": (
        "anmälda brott i Hässelby-Vällingby 2018–2022",
        "reported crime in Hässelby-Vällingby 2018–2022",
    ),
    "school_results_hagersten_alvsjo": (
        "skolresultat i Hägersten-Älvsjö",
        "school results in Hägersten-Älvsjö",
    ),
    "school_socioeconomic_index_2024_25": (
        "skolornas socioekonomiska index 2024/25",
        "socioeconomic index of the schools 2024/25",
    ),
    "survey_shares": ("andelar ur trygghetsmätningar", "shares of the safety surveys"),
}
# question -> what those whom it counts are or do
_DO: dict[str, tuple[str, str]] = {
    "unsafe_evening": (
        "är otrygga ute ensamma sent en kväll",
        "feel unsafe out alone late in the evening",
    ),
    "unsafe_neighbourhood": (
        "är otrygga i bostadsområdet",
        "feel unsafe in the neighbourhood",
    ),
    "worry_crime_monthly": (
        "är oroliga för brott minst någon gång i månaden",
        "worry about crime at least monthly",
    ),
    "worry_robbery": ("är oroliga för att bli rånade", "worry about robbery"),
    "worry_burglary": ("är oroliga för inbrott", "worry about burglary"),
    "avoids_places": ("undviker vissa platser", "avoid certain places"),
    "victim_any_crime": ("har utsatts för något brott", "were victims of any crime"),
    "problem_moped_traffic": (
        "upplever problem med mopedtrafik",
        "see problems with moped traffic",
    ),
    "problem_drunk_people": (
        "upplever problem med berusade personer",
        "see problems with drunk people",
    ),
    "problem_drug_users": (
        "upplever problem med narkotikapåverkade",
        "see problems with drug users",
    ),
}
_CHANGE_NAME = re.compile(r"change_((?:19|20)\d\d)_((?:19|20)\d\d)(_percent)?")
_YEAR_NAME = re.compile(r"(?:[ny]_?)?((?:19|20)\d\d)")
_OF_YEAR_NAME = re.compile(r"(.+?)_?((?:19|20)\d\d)")
_ONE_VALUE = re.compile(r"\s*\(?\s*(\w+)\s*==\s*(['\"])([^'\"]*)\2\s*\)?\s*")
_AREA_COLUMNS = ("district", "neighbourhood", "municipality")
_RATE_NAME = re.compile(r"(?:n_)?per_(1000+)")


_UNSEEN = re.compile(
    # steering of direction, joiners and other marks without a shape, and what is no character
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufdd0-\ufdef\ufeff\ufff9-\uffff]"
    "|[\ud800-\udfff\U000e0000-\U000e007f]"
)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_STACKED = re.compile("([\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{4})[\u0300-\u036f]+")


def shown(text: str) -> str:
    """A text from outside as it may stand in a document: on one line, with nothing unseen in it.

    Line breaks and control characters become a blank; what steers the direction of writing, has no
    shape or is no character goes; of a heap of accents four stay. What remains is not escaped: each
    format does that by its own rules.

    >>> shown("Norra\\nFarsta\\u202e\\u200b"), shown("16–19\\N{NO-BREAK SPACE}år")
    ('Norra Farsta', '16–19\\xa0år')
    """
    if text.isascii() and text.isprintable():
        return text
    return _STACKED.sub(r"\1", _UNSEEN.sub("", _CONTROL.sub(" ", text)))


def word(code: str, lang: Language = "sv") -> str:
    """The reader's word for a code name; a name without an entry (an area, a year) is its own word.

    >>> word("women"), word("women", "en"), word("Farsta")
    ('kvinnor', 'women', 'Farsta')
    """
    name = str(code)
    pair = own_word(name) or _WORDS.get(name) or asked_word(name)
    if pair is None:
        # a survey without a short name has its long one
        return word(name.removesuffix("_short"), lang) if name.endswith("_short") else name
    return pair[0] if lang == "sv" else pair[1]


def has_word(code: str) -> bool:
    """Whether a code name has a reader's word, which may be the name itself.

    >>> has_word("women"), has_word("Farsta")
    (True, False)
    """
    return own_word(code) is not None or code in _WORDS


def heading(code: str, lang: Language = "sv") -> str:
    """`word` with a capital first letter.

    >>> heading("unsafe_neighbourhood")
    'Otrygg i bostadsområdet'
    """
    return capital(word(code, lang))


def capital(text: str) -> str:
    """`text` with a capital first letter.

    >>> capital("otrygg ute"), capital("")
    ('Otrygg ute', '')
    """
    return text[:1].upper() + text[1:]


def who(question: str, lang: Language = "sv") -> str:
    """Those whom a question counts, as a clause.

    >>> who("worry_robbery"), who("worry_robbery", "en")
    ('som är oroliga för att bli rånade', 'who worry about robbery')
    """
    told = own_clause(question) or _DO.get(question)
    if told is None:
        answer = word(question, lang)
        return f"som svarar {answer}" if lang == "sv" else f"who answer {answer}"
    return f"som {told[0]}" if lang == "sv" else f"who {told[1]}"


def share_of(question: str, lang: Language = "sv", of: object = None) -> str:
    """A question as the subject of a sentence; `of` is the answer, where it is not yes.

    >>> share_of("unsafe_evening"), share_of("avoids_places")
    ('andelen som är otrygga ute ensamma sent en kväll', 'andelen som undviker vissa platser')
    >>> share_of("gender", of="women"), share_of("gender", "en", "women")
    ('andelen med svaret ”kvinnor” (kön)', 'the share with the answer “women” (gender)')
    """
    if of is not None and of is not True:
        answer, name = word(str(of), lang), word(question, lang)
        if lang == "sv":
            return f"andelen med svaret ”{answer}” ({name})"
        return f"the share with the answer “{answer}” ({name})"
    return f"{'andelen' if lang == 'sv' else 'the share'} {who(question, lang)}"


def domain(where: str, lang: Language = "sv") -> str:
    """A domain in a reader's words, where each of its conditions is one value of one column; any
    other is told as it was written.

    >>> domain("district == 'Farsta' and gender == 'women'"), domain("age > 64")
    ('stadsdelsområde Farsta, kön: kvinnor', 'age > 64')
    """
    told = []
    for condition in re.split(r"\s+and\s+|\s*&\s*", where):
        hit = _ONE_VALUE.fullmatch(condition)
        if hit is None:
            return where
        colon = "" if hit[1] in _AREA_COLUMNS else ":"
        told.append(f"{word(hit[1], lang)}{colon} {word(hit[3], lang)}")
    return ", ".join(told)


def told(name: str, lang: Language = "sv") -> str:
    """The reader's words for the name of a table, column or group of published figures.

    A year at its end is told as a year; of a name without an entry the underscores become blanks.

    >>> told("population_0_20"), told("n_2022"), told("some_column")
    ('befolkning 0–20 år', '2022', 'some column')
    >>> told("change_2021_2022_percent"), told("per_100000_2022", "en")
    ('förändring 2021–2022 i procent', 'per 100,000 inhabitants 2022')
    """
    sv = lang == "sv"
    pair = own_word(name) or _PUBLISHED.get(name) or _WORDS.get(name)
    if pair is not None:
        return pair[0] if sv else pair[1]
    if hit := _CHANGE_NAME.fullmatch(name):
        text = f"{'förändring' if sv else 'change'} {hit[1]}–{hit[2]}"
        return text + ((" i procent" if sv else " in percent") if hit[3] else "")
    if hit := _YEAR_NAME.fullmatch(name):
        return hit[1]
    if hit := _RATE_NAME.fullmatch(name):
        return f"per {number(float(hit[1]), 0, lang)} {'invånare' if sv else 'inhabitants'}"
    hit = _OF_YEAR_NAME.fullmatch(name)
    if hit and "_" in name:
        return f"{told(hit[1].rstrip('_'), lang)} {hit[2]}"
    return name.replace("_", " ")


def number(
    value: float | None, decimals: int = 0, lang: Language = "sv", sign: bool = False
) -> str:
    """`value` as the language writes it; a missing value is an en dash.

    >>> number(12345.6, 1), number(-0.5, 1), number(12345.6, 1, "en"), number(None)
    ('12\\xa0345,6', '−0,5', '12,345.6', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    # half up, and 28.499999999999996 is 28.5: what a reader with a calculator gets
    rounded = Decimal(f"{abs(value):.12g}").quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    text = f"{rounded:,f}"
    if lang == "sv":
        text = text.replace(",", NBSP).replace(".", ",")
    zero = not any(c in "123456789" for c in text)
    prefix = "" if zero else (MINUS if value < 0 else ("+" if sign else ""))
    return prefix + text


def percent(share: float | None, decimals: int = 0, lang: Language = "sv") -> str:
    """A proportion 0-1 as percent.

    >>> percent(0.345), percent(0.345, 1), percent(0.345, 1, "en"), percent(float("nan"))
    ('35\\xa0%', '34,5\\xa0%', '34.5%', '–')
    """
    if share is None or not math.isfinite(share):
        return "–"
    gap = NBSP if lang == "sv" else ""
    return f"{number(100 * share, decimals, lang)}{gap}%"


def points(difference: float | None, decimals: int = 1, lang: Language = "sv") -> str:
    """A difference of two proportions in percentage points, with its sign.

    >>> points(0.0123), points(-0.02, 0, "en")
    ('+1,2', '−2')
    """
    return number(None if difference is None else 100 * difference, decimals, lang, sign=True)
