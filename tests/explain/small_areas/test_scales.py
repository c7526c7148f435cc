"""The way to the scale of the model and back."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from survey_stats.errors import UnknownNameError
from survey_stats.explain.small_areas import scales

HERE = Path(__file__).parent / "reference"
ALL = ("arcsine", "logit", "none")


@pytest.mark.parametrize("scale", ["arcsine", "logit"])
def test_mean_share_against_integration(scale):
    frame = pd.read_csv(HERE / "back.csv")
    before = "" if scale == "arcsine" else "logit_"
    value, variance = frame[f"{before}value"].to_numpy(), frame[f"{before}variance"].to_numpy()
    np.testing.assert_allclose(scales.mean_share(value, variance, scale), frame[scale], rtol=1e-9)


@pytest.mark.parametrize("scale", ALL)
def test_mse_against_draws(scale):
    rng = np.random.default_rng(5)
    value, variance = {"arcsine": (0.5, 0.004), "logit": (-1.2, 0.09), "none": (0.3, 0.002)}[scale]
    drawn = value + np.sqrt(variance) * rng.standard_normal(400_000)
    share = drawn if scale == "none" else scales.back(drawn, scale)
    at = np.array([value]), np.array([variance])
    found = scales.share_mse(*at, np.array([0.31]), scale)[0]
    assert found == pytest.approx(np.mean((share - 0.31) ** 2), rel=0.01)


@pytest.mark.parametrize("size", [15, 30, 100])
@pytest.mark.parametrize("share", [0.1, 0.2, 0.5, 0.9])
def test_forward_is_unbiased_with_the_variance_it_says(size, share):
    """Exactly, over all samples: without the factor, bias at 15 answers is a third of an error."""
    k = np.arange(size + 1)
    chance = stats.binom.pmf(k, size, share)
    z = scales.forward(k / size, np.full(k.size, float(size)), "arcsine")
    truth = np.arcsin(np.sqrt(share))
    variance = scales.sampling_variance(np.array([float(size)]), np.array([0.5]), "arcsine")[0]
    assert abs(chance @ z - truth) < 0.01 * np.sqrt(variance)
    assert chance @ (z - chance @ z) ** 2 == pytest.approx(variance, rel=0.05)


@pytest.mark.parametrize("scale", ALL)
def test_back_and_slope(scale):
    share = np.array([0.02, 0.3, 0.5, 0.97])
    value = {
        "arcsine": np.arcsin(np.sqrt(share)),
        "logit": np.log(share / (1 - share)),
        "none": share,
    }[scale]
    np.testing.assert_allclose(scales.back(value, scale), share)
    step = 1e-6
    numeric = (scales.back(value + step, scale) - scales.back(value - step, scale)) / (2 * step)
    np.testing.assert_allclose(scales.slope(value, scale), numeric, rtol=1e-6)


@pytest.mark.parametrize("scale", ALL)
def test_ends_are_finite_and_within(scale):
    share = np.array([0.0, 1.0])
    size = np.array([15.0, 15.0])
    value = scales.forward(share, size, scale)
    assert np.isfinite(value).all()
    low, high = scales.interval(value, np.array([0.3, 0.3]), scale)
    assert ((low >= 0) & (high <= 1) & (low < high)).all()


def test_interval_without_a_scale_is_walds_in_the_middle():
    low, high = scales.interval(np.array([0.5]), np.array([0.01]), "none")
    assert low[0] == pytest.approx(0.49, abs=1e-5)
    assert high[0] == pytest.approx(0.51, abs=1e-5)


def test_unknown_scale():
    with pytest.raises(UnknownNameError, match="arcsine"):
        scales.check_scale("arcsin")
