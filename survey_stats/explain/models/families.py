"""Families and links of generalised linear models, as functions of arrays of one shape.

`mu` is the mean, `eta` the linear predictor. The log-likelihood is that of one observation of
dispersion 1, without what does not depend on the mean, and linear in the observation `y`, which
may be a weighted mean of observations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import special

from survey_stats.errors import UnknownNameError
from survey_stats.estimate.columns import Floats

LinkName = Literal["identity", "logit", "probit", "cloglog", "log", "inverse"]
Function = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Link:
    """`mean` is the inverse link, `slope` its derivative, `eta` the link itself."""

    name: str
    eta: Function
    mean: Function
    slope: Function

    def __reduce__(self) -> tuple[Any, ...]:
        return _link, (self.name,)


@dataclass(frozen=True)
class Family:
    """A member of the exponential family.

    Attributes
    ----------
    variance: of an observation by its mean
    loglik: of `y` (first argument) at the mean
    inside: whether a mean is possible
    links: names of links it can have, the default first
    """

    name: str
    variance: Function
    loglik: Callable[[Floats, Floats], Floats]
    inside: Callable[[Floats], Any]
    links: tuple[LinkName, ...]

    def __reduce__(self) -> tuple[Any, ...]:
        return _family, (self.name,)


def _cloglog_slope(eta: Floats) -> Floats:
    bounded = np.minimum(eta, 700.0)
    slope: Floats = np.exp(bounded - np.exp(bounded))
    return slope


def _normal_density(eta: Floats) -> Floats:
    density: Floats = np.exp(-(eta**2) / 2) / np.sqrt(2 * np.pi)
    return density


def _binomial_loglik(y: Floats, mean: Floats) -> Floats:
    loglik = special.xlogy(y, mean) + special.xlog1py(1 - y, -mean)
    return np.asarray(loglik, dtype=np.float64)


LINKS: Mapping[str, Link] = {
    "identity": Link("identity", lambda m: m, lambda e: e, np.ones_like),
    "logit": Link(
        "logit", special.logit, special.expit, lambda e: special.expit(e) * special.expit(-e)
    ),
    "probit": Link("probit", special.ndtri, special.ndtr, _normal_density),
    "cloglog": Link(
        "cloglog",
        lambda m: np.log(-np.log1p(-m)),
        lambda e: -np.expm1(-np.exp(np.minimum(e, 700.0))),
        _cloglog_slope,
    ),
    "log": Link("log", np.log, np.exp, np.exp),
    "inverse": Link("inverse", lambda m: 1 / m, lambda e: 1 / e, lambda e: -1 / e**2),
}

FAMILIES: Mapping[str, Family] = {
    "gaussian": Family(
        "gaussian",
        np.ones_like,
        lambda y, m: -((y - m) ** 2) / 2,
        np.isfinite,
        ("identity", "log"),
    ),
    "binomial": Family(
        "binomial",
        lambda m: m * (1 - m),
        _binomial_loglik,
        lambda m: (m > 0) & (m < 1),
        ("logit", "probit", "cloglog", "log", "identity"),
    ),
    "poisson": Family(
        "poisson",
        lambda m: m,
        lambda y, m: special.xlogy(y, m) - m,
        lambda m: (m > 0) & np.isfinite(m),
        ("log", "identity"),
    ),
    "gamma": Family(
        "gamma",
        lambda m: m**2,
        lambda y, m: -y / m - np.log(m),
        lambda m: (m > 0) & np.isfinite(m),
        ("log", "inverse", "identity"),
    ),
}

# links of the cumulative probabilities of an ordinal answer
ORDINAL_LINKS: tuple[LinkName, ...] = ("logit", "probit")
_ALIASES = {
    "linear": "gaussian",
    "logistic": "binomial",
    "quasibinomial": "binomial",
    "quasipoisson": "poisson",
}
# what statsmodels calls a link, in small letters
_LINK_CLASSES = {"inversepower": "inverse"}
_NAMES = ("gaussian", "binomial", "poisson", "gamma", "ordinal", "multinomial")

# what the exponential of a coefficient is called, by family and link
EXPONENTIATED: Mapping[tuple[str, str], str] = {
    ("binomial", "logit"): "odds_ratio",
    ("ordinal", "logit"): "odds_ratio",
    ("multinomial", "logit"): "relative_risk_ratio",
    ("poisson", "log"): "rate_ratio",
    ("binomial", "log"): "risk_ratio",
    ("binomial", "cloglog"): "hazard_ratio",
    ("gaussian", "log"): "ratio",
    ("gamma", "log"): "ratio",
}


def _link(name: str) -> Link:
    return LINKS[name]


def _family(name: str) -> Family:
    return FAMILIES[name]


def choose(family: Any, link: str | None) -> tuple[str, Link]:
    """The family's name and its link, the default where none is named.

    `family` is a name, or a family of statsmodels.

    Raises `UnknownNameError` for a family, or a link that the family does not have.

    >>> choose("logistic", None)[1].name
    'logit'
    """
    if not isinstance(family, str) and hasattr(family, "link"):
        # a family of statsmodels
        own = type(family.link).__name__.lower()
        family, link = type(family).__name__.lower(), link or _LINK_CLASSES.get(own, own)
    name = _ALIASES.get(str(family), str(family))
    if name not in _NAMES:
        raise UnknownNameError("family", family, [*_NAMES, *_ALIASES])
    links: tuple[str, ...] = ("logit",)
    if name == "ordinal":
        links = ORDINAL_LINKS
    elif name in FAMILIES:
        links = FAMILIES[name].links
    if link is not None and link not in links:
        raise UnknownNameError("link", link, links, where=f"family {name!r}")
    return name, LINKS[link or links[0]]
