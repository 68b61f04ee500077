"""Writes statistics.json: what SciPy gives for the tests by which drift is judged.

Run it after changing a case; it takes seconds and gives the same file each time. It needs SciPy 1.17;
the file states the versions that it was made with.
"""
import importlib.metadata
import json
import pathlib
import platform

import numpy as np
from scipy import special, stats


def gamma():
    """Q(a, x) on both sides of x = a + 1, far into the tail too."""
    return [
        {"a": a, "x": x, "q": float(special.gammaincc(a, x))}
        for a in [0.5, 1, 1.5, 2, 4.5, 20, 300]
        for x in [0, 1e-8, 0.1, 0.5, a * 0.9, a + 0.99, a + 1.01, 2 * a + 3, 3 * a + 60]]


def kolmogorov():
    return [{"x": x, "survival": float(special.kolmogorov(x))}
            for x in [0.01, 0.05, 0.2, 0.5, 0.8, 1.0, 1.17, 1.19, 1.36, 1.63, 2, 3, 5, 8]]


def smirnov(name, reference, sample):
    found = stats.ks_2samp(reference, sample, method="exact")
    return {"name": name, "reference": np.sort(reference).tolist(), "sample": sample.tolist(),
            "statistic": found.statistic, "p": found.pvalue}


def smirnovs():
    rng = np.random.default_rng(7)
    cases = [
        smirnov("one value each", np.array([1.0]), np.array([2.0])),
        smirnov("the same values", np.arange(20.0), np.arange(20.0)),
        smirnov("apart", np.arange(30.0), np.arange(100.0, 125.0)),
    ]
    for m, n, shift in [(7, 5, 0), (50, 50, 0), (140, 200, 0.1), (140, 200, 0.5), (140, 201, 1.0),
                        (97, 89, 0.3)]:
        cases.append(smirnov(
            f"{m} and {n}, {shift} apart", rng.normal(size=m), rng.normal(shift, size=n)))
    # Whole years: many values stand in both and more than once.
    cases.append(smirnov(
        "ties", rng.integers(15, 75, 140).astype(float), rng.integers(20, 80, 200).astype(float)))
    return cases


def homogeneity(name, reference, sample):
    found = stats.chi2_contingency([reference, sample], correction=False)
    return {"name": name, "reference": reference, "sample": sample,
            "statistic": found.statistic, "p": found.pvalue}


def homogeneities():
    return [
        homogeneity("two levels", [72, 68], [110, 90]),
        homogeneity("two levels far apart", [72, 68], [10, 190]),
        homogeneity("three levels", [54, 45, 41], [70, 75, 55]),
        homogeneity("five levels", [54, 45, 41, 10, 8], [7, 75, 55, 30, 9]),
        homogeneity("the same shares", [20, 30, 40], [40, 60, 80]),
    ]


def fishers():
    tables = [([3, 57], [9, 191]), ([0, 60], [4, 46]), ([60, 0], [197, 3]), ([1, 99], [4, 46]),
              ([2, 50], [2, 50])]
    return [{"reference": reference, "sample": sample,
             "statistic": stats.chi2_contingency([reference, sample], correction=False).statistic,
             "p": stats.fisher_exact([reference, sample]).pvalue}
            for reference, sample in tables]


def main():
    versions = {name: importlib.metadata.version(name) for name in ["numpy", "scipy"]}
    content = {
        "versions": versions | {"python": platform.python_version()}, "gamma": gamma(),
        "kolmogorov": kolmogorov(), "smirnov": smirnovs(), "homogeneity": homogeneities(),
        "fisher": fishers(),
    }
    text = json.dumps(content, separators=(",", ":"), allow_nan=False)
    path = pathlib.Path(__file__).parent / "statistics.json"
    path.write_text(text + "\n")
    print(f"{path.name}: {len(text)} bytes")


main()
