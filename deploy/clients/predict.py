"""Asks for one patient, then for a DataFrame of patients.

    python predict.py [URL]
"""

import io
import os
import sys

import httpx
import pandas as pd

URL = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("DRUG_CLASSIFIER_URL", "http://127.0.0.1:8000")
service = httpx.Client(base_url=URL, timeout=60)


def checked(answer):
    """The answer, or an end with the service's own words."""
    if answer.headers["Content-Type"] == "application/problem+json":
        problem = answer.json()
        sys.exit("\n".join([problem["title"], *[error["detail"] for error in problem.get("errors", [problem])]]))
    return answer.raise_for_status()


def predict(patients):
    """The DataFrame with what was answered behind its own columns: prediction, probability, error, …"""
    # NaN becomes an empty cell: a missing value. The index is no measurement.
    table = patients.to_csv(index=False)
    answer = checked(service.post("/predict/batch", content=table, headers={"Content-Type": "text/csv"}))
    # Else pandas would take a category that is called NA or None for a missing one.
    return pd.read_csv(io.StringIO(answer.text), keep_default_na=False, na_values=[""])


# JSON has no NaN and no numbers of numpy: leave out what is missing, and take .item() or .to_dict("records").
patient = {"Age": 45, "Sex": "M", "BP": "HIGH", "Cholesterol": "NORMAL", "Na_to_K": 15.5}
answer = checked(service.post("/predict", json=patient)).json()
print(answer["prediction"], answer["probabilities"][answer["prediction"]])

patients = pd.DataFrame({
    "bed": ["Süd 1", "Süd 2", "Süd 3"], "Age": [23, 61, 47], "Sex": ["F", "F", "F"],
    "BP": ["HIGH", "LOW", "LOW"], "Cholesterol": ["HIGH", "HIGH", "HIGH"], "Na_to_K": [25.355, None, 10.114]})
print(predict(patients)[["bed", "prediction", "error"]].to_string(index=False, na_rep=""))
