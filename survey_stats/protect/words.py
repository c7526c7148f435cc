"""What the marks, flags and criteria of a rule say to a reader."""

from __future__ import annotations

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
    out = []
    if rule.bands:
        out += _bands(rule, sv)
    else:
        out.append(
            f".. = visas inte: färre än {rule.minimum_base} svarande."
            if sv
            else f".. = not shown: fewer than {rule.minimum_base} answers."
        )
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
    if rule.certain_base > rule.minimum_base:
        span = f"{rule.minimum_base}–{rule.certain_base - 1}"
        out.append(
            f"* = osäker uppgift: {span} svarande." if sv else f"* = uncertain: {span} answers."
        )
    out += _answers(rule, sv)
    if rule.dominance is not None:
        most = f"{number(100 * rule.dominance.most, 0, lang)}"
        out.append(
            f"En uppgift visas inte om de {rule.dominance.largest} som väger tyngst står för mer "
            f"än {most}{NBSP}% av vikten."
            if sv
            else f"A figure is not shown where the {rule.dominance.largest} with the largest "
            f"weights have more than {most}% of the weight."
        )
    out += _precise(rule, lang)
    if rule.secondary:
        out.append(
            "Fler uppgifter döljs där de annars skulle avslöja en dold uppgift, till exempel som "
            "skillnaden mellan en summa och dess delar. Jämförelser med en dold uppgift visas inte."
            if sv
            else "More figures are hidden where they would give a hidden one away, such as by the "
            "difference between a sum and its parts. Comparisons with a hidden figure are not "
            "shown."
        )
    if rule.rounding is not None:
        out.append(
            f"Antal svarande är avrundade till närmaste {rule.rounding.base}-tal."
            if sv
            else f"Numbers of answers are rounded to multiples of {rule.rounding.base}."
        )
    return out


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
