"""What a model says, in the reader's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from survey_stats.errors import InputError
from survey_stats.labels import Language, heading, number, points, word

if TYPE_CHECKING:
    from survey_stats.explain.models.result import Model

# a difference on fewer respondents than this on either side is not told (`protect`)
SMALLEST_BASE = 30


def told(model: Model, lang: Language) -> str:
    """Average marginal effects as lines of text; see `Model.told`."""
    if model.fit.sample.outcomes is not None:
        raise InputError(
            f"told() is for answers of yes or no and for numbers, not for {model.family} models; "
            "use margins()"
        )
    source = [word(str(model.metadata.survey), lang)] if model.metadata.survey else []
    source += [str(model.metadata.wave)] if model.metadata.wave is not None else []
    title = heading(model.parsed.left, lang)
    lines = [f"{title}, {' '.join(source)}" if source else title]
    if model.metadata.synthetic:
        lines.append(word("synthetic", lang))
    counted = f"{number(model.n, 0, lang)} {word('model: respondents', lang)}"
    if model.n_left_out:
        counted += f"; {number(model.n_left_out, 0, lang)} {word('model: left out', lang)}"
    lines += [f"{counted}.", f"{word('model: all else equal', lang)}:"]
    effects = model.effects()
    share = model.statistic == "share"

    def size(value: float) -> str:
        return points(value, 1, lang) if share else number(value, 2, lang, sign=True)

    unit = f" {word('model: points', lang)}" if share else ""
    last = ""
    for i, (name, contrast) in enumerate(effects.keys.itertuples(index=False, name=None)):
        if name != last:
            lines.append(heading(name, lang))
            last = name
        if contrast == "slope":
            what = word("model: slope", lang)
        else:
            level, _, base = contrast.partition(" - ")
            what = f"{word(level, lang)} {word('model: against', lang)} {word(base, lang)}"
        if effects.n[i] < SMALLEST_BASE or not np.isfinite(effects.ci_low[i]):
            lines.append(f"  {what}: –")
            continue
        low, high = size(effects.ci_low[i]), size(effects.ci_high[i])
        lines.append(
            f"  {what}: {size(effects.estimate[i])}{unit} "
            f"({word('interval', lang)} {low} {word('model: to', lang)} {high})"
        )
    crossed = [t for t, held in model.variables_of_terms().items() if len(held) > 1]
    if crossed:
        lines.append(f"{word('model: averages', lang)} ({', '.join(crossed)}).")
    lines.append(f"{word('model: tested', lang)}.")
    return "\n".join(lines)
