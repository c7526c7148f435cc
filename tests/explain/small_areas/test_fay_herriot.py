"""The area model on arrays: against sae, metafor and emdi, and by what must hold of any fit."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.explain.small_areas import fay_herriot as fh

HERE = Path(__file__).parent / "reference"
VARIANCES = pd.read_csv(HERE / "variance.csv")
SETS = ("milk", "wide", "even", "few")


def areas(name):
    frame = pd.read_csv(HERE / "areas.csv")
    frame = frame[frame.set == name]
    X = frame[["x1", "x2", "x3", "x4"]].dropna(axis=1, how="all").to_numpy()
    return frame.y.to_numpy(), X, frame.D.to_numpy()


def reference_variance(name, method, software):
    rows = VARIANCES.query("set == @name and method == @method and software == @software")
    return float(rows.variance.iloc[0])


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("method", ["reml", "ml"])
@pytest.mark.parametrize("software", ["sae", "metafor"])
def test_model_variance(name, method, software):
    expected = reference_variance(name, method, software)
    # metafor stops at 1e-16 where the maximum is at 0
    assert fh.model_variance(*areas(name), method) == pytest.approx(expected, rel=1e-9, abs=1e-14)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("method", ["adjusted", "li-lahiri"])
def test_adjusted_model_variance(name, method):
    """optimize() finds a maximum to the root of the machine precision, so 1e-6.

    emdi leaves its tolerance at the default, 1.22e-4 whatever the unit.
    """
    found = fh.model_variance(*areas(name), method)
    assert found == pytest.approx(reference_variance(name, method, "metafor"), rel=1e-6)
    assert found == pytest.approx(reference_variance(name, method, "emdi"), abs=1.22e-4)


@pytest.mark.parametrize("name", ["milk", "wide", "few"])
@pytest.mark.parametrize("method", ["reml", "ml"])
def test_predictor_and_mse(name, method):
    expected = pd.read_csv(HERE / "eblup.csv").query("set == @name and method == @method")
    model = fh.fit(*areas(name), method)
    np.testing.assert_allclose(model.predictor, expected.eblup, rtol=1e-9)
    np.testing.assert_allclose(model.mse, expected.mse, rtol=1e-8)


@pytest.mark.parametrize("name", ["milk", "few"])
@pytest.mark.parametrize("method", ["adjusted", "li-lahiri"])
def test_adjusted_mse_at_emdis_variance(name, method, monkeypatch):
    expected = pd.read_csv(HERE / "adjusted_mse.csv").query("set == @name and method == @method")
    monkeypatch.setattr(fh, "model_variance", lambda *_: float(expected.variance.iloc[0]))
    np.testing.assert_allclose(fh.fit(*areas(name), method).mse, expected.mse, rtol=1e-10)


def test_published_milk_group_variance():
    """You and Chapman's milk data by REML: 0.01855, as printed in the help pages of sae."""
    assert fh.fit(*areas("milk")).variance == pytest.approx(0.01855, abs=5e-6)


@pytest.mark.parametrize("method", ["reml", "ml", "adjusted", "li-lahiri"])
@pytest.mark.parametrize("name", SETS)
def test_slope_is_the_derivative(name, method):
    y, X, D = areas(name)
    Q = np.linalg.qr(X)[0]
    for A in (0.2, 1.0, 5.0):
        at = A * D.mean()
        step = 1e-6 * at
        two = fh._log_likelihood(np.array([at - step, at + step]), y, Q, D, method)
        slope = fh._slope(at, y, Q, D, method)
        assert (two[1] - two[0]) / (2 * step) == pytest.approx(slope, rel=1e-5, abs=1e-4)


@pytest.mark.parametrize("method", ["reml", "ml", "adjusted", "li-lahiri"])
def test_the_highest_of_several_maxima(method):
    """With variances that differ a thousandfold the likelihood can have two maxima."""
    rng = np.random.default_rng(3)
    several = 0
    for _ in range(60):
        D = np.exp(rng.uniform(np.log(1e-3), np.log(5.0), 9))
        y = rng.normal(0, np.sqrt(D) * rng.choice([0.2, 3.0], 9))
        X = np.ones((9, 1))
        Q = np.linalg.qr(X)[0]
        grid = np.concatenate([[0.0], np.geomspace(1e-7, 1e3, 4000)])
        value = fh._log_likelihood(grid, y, Q, D, method)
        inner = (value[1:-1] > value[:-2]) & (value[1:-1] > value[2:])
        several += inner.sum() + (value[0] > value[1]) > 1
        found = fh.model_variance(y, X, D, method)
        at = fh._log_likelihood(np.array([found]), y, Q, D, method)[0]
        assert at >= np.nanmax(value) - 1e-9 * abs(np.nanmax(value)) - 1e-9
    assert several or method in ("adjusted", "li-lahiri")


@pytest.mark.parametrize("method", ["reml", "ml", "adjusted", "li-lahiri"])
def test_units_do_not_matter(method):
    y, X, D = areas("wide")
    one, two = fh.fit(y, X, D, method), fh.fit(1e4 * y, X * [1.0, 1e-6, 1e5], 1e8 * D, method)
    assert two.variance == pytest.approx(1e8 * one.variance, rel=1e-9)
    np.testing.assert_allclose(two.predictor, 1e4 * one.predictor, rtol=1e-8)
    np.testing.assert_allclose(two.mse, 1e8 * one.mse, rtol=1e-8)


def test_zero_model_variance_is_synthetic_and_adjusted_is_not():
    y, X, D = areas("even")
    model = fh.fit(y, X, D, "reml")
    assert model.variance == 0
    np.testing.assert_array_equal(model.gamma, 0)
    np.testing.assert_allclose(model.predictor, model.synthetic)
    # what is not known of the variance is all of the error then, and is not 0
    assert (model.mse > model.g2).all()
    for method in ("adjusted", "li-lahiri"):
        positive = fh.fit(y, X, D, method)
        assert positive.variance > 0
        assert (positive.mse >= positive.g2 + positive.g3).all()


@pytest.mark.parametrize("method", ["reml", "ml"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_model_variance_maximises_the_likelihood_of_dense_matrices(method, seed):
    """The likelihood as a textbook writes it, of a multivariate normal; REML of error contrasts."""
    rng = np.random.default_rng(seed)
    m = 25
    X = np.column_stack([np.ones(m), rng.normal(size=m)])
    D = rng.uniform(0.02, 0.3, m)
    y = X @ [0.5, 0.3] + rng.normal(0, 0.4, m) + rng.normal(0, np.sqrt(D))
    # an orthonormal basis of what no coefficient can explain
    contrasts = np.linalg.svd(X)[0][:, 2:]

    def log_likelihood(A: float) -> float:
        V = np.diag(A + D)
        if method == "reml":
            V, rest = contrasts.T @ V @ contrasts, contrasts.T @ y
        else:
            inverse = np.linalg.inv(V)
            rest = y - X @ np.linalg.solve(X.T @ inverse @ X, X.T @ inverse @ y)
        return -0.5 * (np.linalg.slogdet(V)[1] + rest @ np.linalg.solve(V, rest))

    found = fh.fit(y, X, D, method)
    best = optimize.minimize_scalar(
        lambda A: -log_likelihood(A), bounds=(0, 5), method="bounded", options={"xatol": 1e-10}
    )
    assert found.variance > 0
    assert found.variance == pytest.approx(best.x, abs=1e-6)
    # the best predictor is the conditional mean of the joint normal, the coefficients known
    V = np.diag(found.variance + D)
    b = np.linalg.solve(X.T @ np.linalg.inv(V) @ X, X.T @ np.linalg.inv(V) @ y)
    conditional = X @ b + found.variance * np.linalg.solve(V, y - X @ b)
    np.testing.assert_allclose(found.predictor, conditional, atol=1e-12)


def test_error_covariance_by_brute_force():
    """Errors of the predictor with a known variance, from its definition as a linear predictor."""
    y, X, D = areas("wide")
    model = fh.fit(y, X, D)
    A, m = model.variance, y.size
    V = np.diag(A + D)
    inner = np.linalg.inv(X.T @ np.linalg.inv(V) @ X)
    hat = X @ inner @ X.T @ np.linalg.inv(V)
    gamma = np.diag(model.gamma)
    weights = gamma + (np.eye(m) - gamma) @ hat
    # error = weights (v + e) - v
    own = weights - np.eye(m)
    errors = own @ (A * np.eye(m)) @ own.T + weights @ np.diag(D) @ weights.T
    found = fh.error_covariance(model, X)
    np.testing.assert_allclose(
        found - np.diag(np.diag(found)), errors - np.diag(np.diag(errors)), atol=1e-14
    )
    np.testing.assert_allclose(model.g1 + model.g2, np.diag(errors), rtol=1e-8)
    far = np.array([[1.0, 5000.0, 100.0], [1.0, 7000.0, 900.0]])
    whole = fh.error_covariance(model, X, far)
    lever = far @ inner @ far.T
    np.testing.assert_allclose(whole[-1, -2], lever[1, 0], rtol=1e-7)
    np.testing.assert_allclose(np.diag(whole)[-2:], A + np.diag(lever), rtol=1e-8)
    np.testing.assert_allclose(np.diag(whole)[:m], model.mse)


def test_refused():
    y, X, D = areas("few")
    with pytest.raises(UnknownNameError, match="did you mean 'reml'"):
        fh.fit(y, X, D, "rml")
    with pytest.raises(InputError, match="positive"):
        fh.fit(y, X, np.where(np.arange(9) == 3, 0.0, D))
