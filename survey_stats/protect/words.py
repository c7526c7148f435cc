"""What the marks, flags and criteria of a rule say to a reader."""

from __future__ import annotations

from collections.abc import Collection

from survey_stats.labels import NBSP, Language, number
from survey_stats.protect import criteria
from survey_stats.protect.rules import DOMINATED, NO_ANSWERS, PAIRED, SECONDARY, Rule

HIDDEN = ".."
UNCERTAIN = "*"


def mark(rule: Rule, flag: str) -> str:
    """The mark of a flag in a printed table."""
    if flag.startswith("uncertain"):
        return UNCERTAIN
    if not flag.startswith("suppressed"):
        return ""
    if not rule.bands:
        return HIDDEN
    start = 1
    for top, sign in rule.bands:
        if top is None or flag == f"suppressed: base {start}-{top}":
            return sign
        start = top + 1
    return rule.bands[-1][1]


def notes(rule: Rule, lang: Language) -> list[str]:
    """One sentence a mark and a criterion, in the order in which a reader meets them."""
    sv = lang == "sv"
    out = _hidden(rule, sv, "")
    out += _bases(rule, sv)
    out += _certain(rule, sv)
    out += _answers(rule, sv)
    out += _dominance(rule, lang)
    out += _precise(rule, lang) + _reviewed(rule, lang)
    if rule.secondary:
        out.append(
            "Fler uppgifter döljs där de annars skulle avslöja en dold uppgift, till exempel som "
            "skillnaden mellan en summa och dess delar. Jämförelser med en dold uppgift visas inte."
            if sv
            else "More figures are hidden where they would give a hidden one away, such as by the "
            "difference between a sum and its parts. Comparisons with a hidden figure are not "
            "shown."
        )
    return out + _rounded(rule, sv)


def notes_under(rule: Rule, lang: Language, kinds: Collection[str]) -> list[str]:
    """What a table says of the marks that are in it; of rounding always."""
    sv = lang == "sv"
    out = []
    if "suppressed" in kinds:
        also = ""
        if rule.secondary:
            also = (
                ", eller för att skydda en sådan uppgift" if sv else ", or to protect such a cell"
            )
        out += _hidden(rule, sv, also) + _answers(rule, sv)
        out += _dominance(rule, lang) + _precise(rule, lang)
    if "uncertain" in kinds:
        out += _certain(rule, sv) + _reviewed(rule, lang)
    return out + _rounded(rule, sv)


def _hidden(rule: Rule, sv: bool, also: str) -> list[str]:
    if rule.bands:
        return _bands(rule, sv)
    return [
        f".. = visas inte: färre än {rule.minimum_base} svarande{also}."
        if sv
        else f".. = not shown: fewer than {rule.minimum_base} answers{also}."
    ]


def _bases(rule: Rule, sv: bool) -> list[str]:
    out = []
    for base, of in (
        (rule.mean_base, ("Ett medelvärde", "A mean")),
        (rule.index_base, ("Ett index", "An index")),
    ):
        if base is not None:
            out.append(
                f"{of[0]} visas från {base} svarande."
                if sv
                else f"{of[1]} is shown from {base} answers on."
            )
    return out


def _certain(rule: Rule, sv: bool) -> list[str]:
    if rule.certain_base <= rule.minimum_base:
        return []
    span = f"{rule.minimum_base}–{rule.certain_base - 1}"
    return [f"* = osäker uppgift: {span} svarande." if sv else f"* = uncertain: {span} answers."]


def _dominance(rule: Rule, lang: Language) -> list[str]:
    limits = rule.dominance
    if limits is None:
        return []
    most, one = number(100 * limits.most, 0, lang), limits.largest == 1
    if lang == "sv":
        who = "en enda svarande" if one else f"de {limits.largest} svarande som väger tyngst"
        out = [f"En uppgift visas inte om {who} står för mer än {most}{NBSP}% av vikten."]
    else:
        who = "one person has" if one else f"the {limits.largest} with the largest weights have"
        out = [f"A figure is not shown where {who} more than {most}% of the weight."]
    if limits.percent is not None:
        near = number(100 * limits.percent, 0, lang)
        out.append(
            "Den visas inte heller om vikten för den som väger tyngst kan räknas ut på "
            f"{near}{NBSP}% när."
            if lang == "sv"
            else f"Nor is it where the largest weight could be worked out to within {near}%."
        )
    return out


def _rounded(rule: Rule, sv: bool) -> list[str]:
    if rule.rounding is None:
        return []
    step, share = rule.rounding.base, rule.rounding.share
    out = (
        f"Antal svarande är avrundade till närmaste {step}-tal"
        if sv
        else f"Numbers of answers are rounded to multiples of {step}"
    )
    if share is not None:
        size = number(100 * share, 0 if share >= 0.01 else 1, "sv" if sv else "en")
        out += (
            f" och andelar till {size}{NBSP}procentenhet{'' if size == '1' else 'er'}; skillnader "
            "är de avrundade andelarnas, intervall och p-värden är avrundade utåt"
            if sv
            else f" and shares to {size} percentage point{'' if size == '1' else 's'}; differences "
            "are those of the rounded shares, intervals and p-values are rounded outwards"
        )
    return [f"{out}."]


def _bands(rule: Rule, sv: bool) -> list[str]:
    out, start = [], 1
    for top, sign in rule.bands:
        span = f"{start} {'eller fler' if sv else 'or more'}" if top is None else f"{start}–{top}"
        out.append(f"{sign} = {'visas inte' if sv else 'not shown'}: {span} "
                   f"{'svarande' if sv else 'answers'}.")  # fmt: skip
        start = (top or 0) + 1
    return out


def _answers(rule: Rule, sv: bool) -> list[str]:
    out = []
    if rule.minimum_answers:
        out.append(
            f"Ett svarsalternativ som färre än {rule.minimum_answers} har valt visas inte"
            + (", men ingen alls visas som 0." if rule.true_zeros else ".")
            if sv
            else f"An answer that fewer than {rule.minimum_answers} gave is not shown"
            + (", while nobody at all is shown as 0." if rule.true_zeros else ".")
        )
    if rule.group_disclosure:
        out.append(
            f"Inte heller 0 och 100{NBSP}% visas, eftersom de avslöjar allas svar."
            if sv
            else "Neither 0 nor 100% is shown, since they tell everybody's answer."
        )
    return out


def _precise(rule: Rule, lang: Language) -> list[str]:
    limits = rule.precision
    if limits is None:
        return []
    sv = lang == "sv"
    asked = []
    if limits.minimum_n or limits.minimum_effective:
        least = number(max(limits.minimum_n, limits.minimum_effective), 0, lang)
        asked.append(
            f"en effektiv bas på minst {least}" if sv else f"an effective base of at least {least}"
        )
    if limits.widest is not None:
        most = number(100 * limits.widest, 0, lang)
        asked.append(
            f"ett osäkerhetsintervall som är smalare än {most} procentenheter"
            if sv
            else f"a confidence interval narrower than {most} percentage points"
        )
    if limits.widest_relative is not None:
        most = number(100 * limits.widest_relative, 0, lang)
        narrow = number(100 * limits.narrow, 0, lang)
        unless = ""
        if limits.narrow:
            unless = (
                f" (om det är bredare än {narrow} procentenheter)"
                if sv
                else f" (if wider than {narrow} percentage points)"
            )
        asked.append(
            f"ett intervall på högst {most}{NBSP}% av andelen{unless}"
            if sv
            else f"an interval of at most {most}% of the share{unless}"
        )
    out = []
    if asked:
        start = "Andelar visas med " if sv else "Shares are shown with "
        last = " och " if sv else " and "
        listed = last.join([", ".join(asked[:-1]), asked[-1]]) if len(asked) > 1 else asked[0]
        out.append(f"{start}{listed}; andra är för osäkra." if sv
                   else f"{start}{listed}; others are too imprecise.")  # fmt: skip
    return out


def _reviewed(rule: Rule, lang: Language) -> list[str]:
    limits, sv, out = rule.precision, lang == "sv", list[str]()
    if limits is None:
        return out
    if limits.minimum_df:
        least = number(limits.minimum_df, 0, lang)
        out.append(
            f"* = granskas före publicering: färre än {least} frihetsgrader."
            if sv
            else f"* = to be reviewed before publication: fewer than {least} degrees of freedom."
        )
    if limits.complement:
        out.append(
            "* = andelen som svarade något annat är osäker."
            if sv
            else "* = the share of the other answers is imprecise."
        )
    return out


def told(rule: Rule, flag: str, lang: Language) -> str:
    """A flag as a sentence."""
    n, few = rule.minimum_base, rule.minimum_answers
    fixed = {
        rule.suppressed: (f"Visas inte: färre än {n} svarande.",
                          f"Not shown: fewer than {n} answers."),
        rule.near: (f"Visas inte: färre än {n} svarande, eller obetydligt fler.",
                    f"Not shown: fewer than {n} answers, or hardly more."),
        rule.few_answers: (f"Visas inte: färre än {few} har gett ett av svaren.",
                           f"Not shown: fewer than {few} gave one of the answers."),
        rule.uncertain: (f"Osäker: {n}–{rule.certain_base - 1} svarande.",
                         f"Uncertain: {n}–{rule.certain_base - 1} answers."),
        SECONDARY: ("Visas inte, eftersom den skulle avslöja en dold uppgift.",
                    "Not shown, since it would give away a figure that is not shown."),
        PAIRED: ("Visas inte: en av de två andelarna är dold.",
                 "Not shown: one of the two shares is hidden."),
        DOMINATED: ("Visas inte: ett fåtal svarande väger för tungt.",
                    "Not shown: a few respondents weigh too much."),
        NO_ANSWERS: ("Ingen har svarat.", "Nobody answered."),
        criteria.NO_PRECISION: ("Visas inte: osäkerheten är inte känd.",
                                "Not shown: its precision is not known."),
        criteria.ALL_ALIKE: (f"Granskas: 0 eller 100{NBSP}%.", "To be reviewed: 0 or 100%."),
        criteria.COMPLEMENT: ("Andelen som svarade något annat är osäker.",
                              "The share of the other answers is imprecise."),
    }  # fmt: skip
    if flag in fixed:
        return fixed[flag][0 if lang == "sv" else 1]
    if flag.startswith("suppressed: base ") and "-" in flag:
        span = flag.removeprefix("suppressed: base ").replace("-", "–")
        return f"Visas inte: {span} svarande." if lang == "sv" else f"Not shown: {span} answers."
    if flag.startswith("suppressed: base under "):
        least = flag.removeprefix("suppressed: base under ").partition(",")[0]
        return (
            f"Visas inte: färre än {least} svarande."
            if lang == "sv"
            else f"Not shown: fewer than {least} answers."
        )
    if flag.startswith(("suppressed: effective", "suppressed: interval")):
        return "Visas inte: för osäker." if lang == "sv" else "Not shown: too imprecise."
    if flag.startswith("uncertain: under "):
        return (
            "Granskas före publicering: få frihetsgrader."
            if lang == "sv"
            else "To be reviewed before publication: few degrees of freedom."
        )
    return ""
