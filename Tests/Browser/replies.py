"""Replies of the service as its contract has them, for states that a real service reaches slowly or
never: a failed training, a drifting month, a lost session."""

import json

from descriptions import PATIENT, drugs_of, patient_of

PASSWORD = "correct horse"
DRUGS = ["DrugY", "drugA", "drugB", "drugC", "drugX"]
OLD = "5efa337897a3"
NEW = "0c91b7d2e4f6"


def scores(macro_f1, accuracy, log_loss):
    names = {"macro_f1": macro_f1, "accuracy": accuracy, "log_loss": log_loss}
    return {name: {"mean": mean, "standard_deviation": 0.004} for name, mean in names.items()}


COMPARISON = {
    "metric": "macro_f1", "folds": 10, "repeats": 5, "spread": "repeats", "same_data": True,
    "candidate": {"version": NEW, "features": "binned", **scores(0.7861, 0.795, 0.624)},
    "champion": {"version": OLD, "features": "continuous", **scores(0.9862, 0.99, 0.029)},
    "difference": {"mean": -0.2001, "interval": [-0.2611, -0.1391], "confidence": 0.95},
}
PARAMETERS = {
    "n_estimators": 100, "max_leaf_nodes": 30, "test_size": 0.3, "apply_smote": True,
    "features": "binned", "random_state": 0, "dataset": "drug200", "include_outcomes": False,
    "force": False,
}

def accepted(allowed, kind="string", required=True, **more):
    return {"type": kind, "allowed": allowed, "required": required, **more}


# A version that asks for other things than the served one, in every way there is.
DIFFERENCES = {
    "comparable": False, "reordered": False, "omitted": 4,
    "fields": [
        {"name": "Cholesterol", "title": "Cholesterol", "change": "removed", "what": [], "added": [], "removed": [],
         "before": accepted("HIGH, NORMAL")},
        {"name": "Weight", "title": "Weight", "change": "added", "what": [], "added": [], "removed": [],
         "after": accepted("number from 2 to 300", "number", False, unit="kg")},
        {"name": "Age", "title": "Age", "change": "changed", "what": ["limits", "required", "unit"], "added": [],
         "removed": [], "before": accepted("whole number from 0 to 120", "integer", unit="years"),
         "after": accepted("whole number from 18 to 120", "integer", False, unit="months")},
        {"name": "BP", "title": "Blood pressure", "change": "changed", "what": ["categories"],
         "added": ["VERY HIGH", "VERY LOW"], "removed": ["NORMAL"], "before": accepted("HIGH, LOW, NORMAL"),
         "after": accepted("HIGH, LOW, VERY HIGH, VERY LOW")},
        {"name": "Sex", "title": "Sex", "change": "changed", "what": ["type"], "added": [], "removed": [],
         "before": accepted("F, M"), "after": accepted("0, 1", "integer")}],
    "drugs": [
        {"name": "drugC", "change": "removed"}, {"name": "tablet B drip", "change": "added"},
        {"name": "drugX", "change": "rare", "patients": 3}, {"name": "drugB", "change": "rare", "patients": 0}],
}


def brief(differences):
    """The same as a list of versions tells it."""
    fields = [{key: value for key, value in field.items() if key not in ("before", "after")} | {
        "added": [], "removed": []} for field in differences["fields"]]
    return differences | {"fields": fields}


RESULT = {
    "status": "success", "message": f"Model {NEW} trained and not promoted", "accuracy": "80.00%",
    "parameters": PARAMETERS, "model_path": f"models/registry/{NEW}/forest.rf",
    "model_version": NEW, "promoted": False, "already_existed": False, "forced": False,
    "comparison": COMPARISON,
    "changed": {
        "documented": [{"patient": PATIENT, "before": "DrugY", "after": "drugA"}],
        "rows": [{"row": 17, "patient": PATIENT | {"Age": 69, "Na_to_K": 11.9}, "actual": "drugX",
                  "before": "drugX", "after": "DrugY"}],
        "row_count": 1, "become_right": 0, "become_wrong": 1,
    },
    "job": "j2", "duration_s": 0.31,
}


def job(state="running", **changes):
    return {
        "id": "j2", "state": state, "user": "admin", "started_at": "2026-11-25T01:00:00Z",
        "finished_at": None if state == "running" else "2026-11-25T01:00:01Z",
        "parameters": PARAMETERS,
        "progress": {"stage": "cross-validate", "stage_number": 3, "stages": 6, "done": 120,
                     "total": 500, "fraction": 0.41, "seconds_left": 1.2},
        "error": None, "result": RESULT if state == "succeeded" else None,
    } | changes


def run(number, **changes):
    """A run as the list tells it."""
    return {
        "number": number, "command": "retrain", "state": "succeeded", "started_at": f"2026-11-25T0{number}:00:00Z",
        "user": "admin", "dataset": "drug200", "data_sha256": "9517b83a" * 8, "version": NEW, "error": None,
        "name": None, "note": None, "noted_by": None, "noted_at": None, "duration_s": 0.31, "promoted": False,
        "parameters": {"features": "binned continuous", "n-estimators": "100", "max-leaf-nodes": "30", "smote": "default"},
        "metrics": {"cv_macro_f1": 0.7861, "cv_macro_f1_sd": 0.01, "cv_accuracy": 0.795, "cv_accuracy_sd": 0.009,
                    "cv_log_loss": 0.624, "test_accuracy": 0.8, "test_macro_f1": 0.79, "test_log_loss": 0.6},
    } | changes


TRIALS = [
    {"number": place + 1, "parameters": {
        "features": ("binned", "continuous")[place % 2], "n-estimators": ("20", "100", "300")[place % 3],
        "max-leaf-nodes": ("5", "10", "30", "60")[place // 3], "smote": ("no", "yes")[place // 6], "max-features": "all"},
     "macro_f1": 0.76 + 0.19 * (place % 2) + 0.003 * place, "log_loss": 0.6 - 0.4 * (place % 2) - 0.01 * place,
     "folds": 5 if place % 4 else 2, "given_up": place % 4 == 0, "duration_s": 0.2 + place / 10}
    for place in range(12)]
RUNS = [
    run(4, command="optimize", version=None, promoted=None, dataset="drug200.csv", name="fewer leaves", duration_s=12.3,
        note="before the ward's table", noted_by="eve", noted_at="2026-11-25T05:00:00Z", user="ada",
        parameters={"trials": "12", "metric": "macro_f1"}, metrics={"cv_macro_f1": 0.983, "trials": 12}),
    run(3, state="failed", error="3 samples are too few for 10 folds", version=None, promoted=None, metrics={}),
    run(2, parameters=run(2)["parameters"] | {"n-estimators": "50"}, promoted=True, version=OLD,
        metrics={"cv_macro_f1": 0.986, "cv_accuracy": 0.99, "test_accuracy": 1}),
    run(1, user=None, command="train", metrics={"test_accuracy": 0.9833}),
]


def evaluation(accuracy, matrix):
    by_class = {drug: {"precision": accuracy, "recall": accuracy, "f1": accuracy, "support": sum(row)}
                for drug, row in zip(DRUGS, matrix)}
    overall = {"precision": accuracy, "recall": accuracy, "f1": accuracy, "support": 60}
    return {
        "samples": 60, "accuracy": accuracy, "macro": overall, "weighted": overall,
        "by_class": by_class, "classes": DRUGS, "confusion_matrix": matrix,
        "log_loss": 0.0059, "brier_score": 0.0008, "expected_calibration_error": 0.0057,
        "reliability": [{"range": [0.8, 0.9], "samples": 12, "confidence": 0.86, "accuracy": 0.75},
                        {"range": [0.9, 1], "samples": 48, "confidence": 0.99, "accuracy": 1}],
    }


def inspection(covered):
    """Of a number and a field of two categories, and two patients."""
    def curve(points):
        return [[share, 1 - share, 0, 0, 0] for share in points]
    return {
        "drugs": DRUGS, "samples": 60,
        "sets": {"coverage": 0.95, "sizes": [55, 5, 0, 0, 0],
                 "measured": {"samples": 60, "correct": covered, "accuracy": covered / 60,
                              "interval": [0.94, 1] if covered == 60 else [0.7, 0.88]}},
        "curves": [
            {"name": "Na_to_K", "values": [6, 14, 38], "means": curve([0, 0.4, 1]),
             "patients": [curve([0, 0.5, 1]), curve([0, 0.3, 1])]},
            {"name": "Sex", "levels": ["F", "M"], "means": curve([0.45, 0.55]),
             "patients": [curve([0.4, 0.6]), curve([0.5, 0.5])]}],
    }


def inspection_of(description):
    """Of all its fields, with two patients each."""
    drugs = drugs_of(description)
    shares = [1 / len(drugs)] * len(drugs)
    curves = []
    for field in description["fields"]:
        if field["name"] != description["target"]:
            levels = [str(one.get("value")) if isinstance(one, dict) else str(one) for one in
                      field.get("categories") or field.get("constraints", {}).get("enum") or []]
            points = len(levels) or 3
            curves.append({"name": field["name"], "means": [shares] * points, "patients": [[shares] * points] * 2}
                          | ({"levels": levels} if levels else {"values": [1, 2, 3]}))
    return inspection(60) | {"drugs": drugs, "curves": curves}


# Of two questions: who has more than 14.8285 gets DrugY, and of the others who has no high pressure drugX.
TREE = {
    "tree": 0, "trees": 100, "drugs": DRUGS, "samples": [140, 76, 64, 30, 46],
    "nodes": [
        {"field": "Na_to_K", "test": "at_most", "threshold": 14.8285, "left": 1},
        {"field": "BP", "test": "is_not", "value": "HIGH", "left": 3}, {"shares": [1, 0, 0, 0, 0]},
        {"shares": [0, 0, 0, 0, 1]}, {"shares": [0, 0.75, 0.25, 0, 0]}],
}
MISSES = {"samples": 60, "count": 12, "misses": [
    {"patient": {"Age": 53, "Sex": "M", "BP": "HIGH", "Cholesterol": "NORMAL", "Na_to_K": 14.1}, "actual": "drugB",
     "recommended": "drugA", "probability": 0.6, "actual_probability": 0.4, "prediction_set": ["drugA", "drugB"]}]}


SETS = {
    "binned": {"test_accuracy": 0.8, "test_macro_f1": 0.8},
    "continuous": {
        "test_accuracy": 1, "test_macro_f1": 1,
        "cross_validation": {"folds": 10, "repeats": 5, "samples": 200, **scores(0.9862, 0.99, 0.029)},
    },
}


def model(version, features, accuracy, matrix, is_current, comparison=None):
    return {
        "version": version, "model_digest": f"{version:0<64}", "is_current": is_current, "comparison": comparison,
        "differences": None, "aliases": ["champion"] if version == OLD else ["ward-3"], "tags": {}, "note": None,
        "files": ["card.json", "evaluation.json", "forest.rf", "inspection.json"],
        "evaluation": evaluation(accuracy, matrix),
        "card": {
            "model_version": version, "features": features, "trained_at": "2026-11-25T01:00:00Z",
            "program_version": "0.1.0", "parameters": {"max_features": "all", **PARAMETERS},
            "conformal": {"coverage": 0.95, "score": "least_ambiguous", "threshold": 0.05},
            "data": {"sha256": "9517b83a" * 8, "samples": 200, "training_samples": 140,
                     "test_samples": 60, "class_counts": dict(zip(DRUGS, [91, 23, 16, 16, 54]))},
            "feature_sets": SETS,
            "importances": {"Age": 0.132, "Sex": 0.0004, "BP": 0.296, "Cholesterol": 0.0857,
                            "Na_to_K": 0.4859},
        },
    }


MATRIX_OLD = [[27, 0, 0, 0, 0], [0, 7, 0, 0, 0], [0, 0, 5, 0, 0], [0, 0, 0, 5, 0], [0, 0, 0, 0, 16]]
MATRIX_NEW = [[20, 2, 1, 1, 3], [1, 6, 0, 0, 0], [1, 0, 4, 0, 0], [1, 0, 0, 4, 0], [1, 0, 0, 1, 14]]
MODELS = {
    OLD: model(OLD, "continuous", 1.0, MATRIX_OLD, True),
    NEW: model(NEW, "binned", 0.8, MATRIX_NEW, False, COMPARISON),
}


def listed(version):
    card = MODELS[version]["card"]
    return {
        "version": version, "trained_at": card["trained_at"], "features": card["features"],
        "data_sha256": card["data"]["sha256"], "n_estimators": 100, "max_leaf_nodes": 30,
        "test_accuracy": MODELS[version]["evaluation"]["accuracy"],
        "cv_macro_f1": 0.9862 if version == OLD else None,
        "is_current": MODELS[version]["is_current"], "size_bytes": 84_312, "differences": None,
        "aliases": MODELS[version]["aliases"], "tags": MODELS[version]["tags"], "note": MODELS[version]["note"],
    }


def shadow_share(count, of):
    """A share of a shadow's patients, its interval about as wide as it would be."""
    reach = 2 * (count / of * (1 - count / of) / of) ** 0.5 + 2 / of
    return {"count": count, "share": count / of, "interval": [max(0, count / of - reach), min(1, count / of + reach)]}


def shadow_day(answered, changed, **more):
    return {
        "answered": answered, "left_out": 0, "changed": shadow_share(changed, answered), "sets_changed": changed * 2,
        "differing": answered // 2, "needs_review": {"champion": answered // 14, "shadow": answered // 11},
        "probability": {"champion": 0.972, "shadow": 0.941}, "probability_change": 0.03,
        "set_size": {"champion": 1.04, "shadow": 1.09}, "seconds": {"champion": 2.1e-6, "shadow": 3.4e-6}, **more}


def shadow_told(status="running", reason=None, outcomes=44):
    """What is told of the shadow `NEW`, after three weeks."""
    days = [shadow_day(40 + 13 * (place % 7) ** 2, 1 + place % 4, day=f"2026-11-{place + 5:02}") for place in range(21)]
    answered, changed = (sum(one) for one in zip(*((day["answered"], day["changed"]["count"]) for day in days)))
    return {
        "version": NEW, "since": "2026-11-05T08:00:00.000Z", "user": "admin", "champion": OLD, "status": status,
        "reason": reason, "comparison": shadow_day(
            answered, changed, behind=0, champions=[{"version": OLD, "answered": answered}],
            changes=[{"champion": "drugX", "shadow": "DrugY", "count": changed - 9},
                     {"champion": "DrugY", "shadow": "drugX", "count": 9}],
            outcomes={"count": outcomes, "needed": 20, "left_out": 2, "only_champion": 5, "only_shadow": 1,
                      "champion": shadow_share(outcomes - 2, outcomes), "shadow": shadow_share(outcomes - 6, outcomes)},
            days=days)}


def shadow_none(status="waiting", reason=None, comparison=None):
    """What is told of a shadow that has answered nobody."""
    return shadow_told(status, reason) | {"comparison": comparison}


SHADOW_DISAGREEMENTS = {
    "disagreements": [
        {"id": f"599b4b585a21b02719186de71b4f80{place:02}", "time": f"2026-11-25T0{place}:02:03.456Z",
         "champion": {"version": OLD, "prediction": "drugX", "probability": 0.71, "prediction_set": ["drugX"],
                      "needs_review": False},
         "shadow": {"prediction": "DrugY", "probability": 0.56, "prediction_set": ["DrugY", "drugX"],
                    "needs_review": True}} for place in range(3)],
    "next": None}


def change(name, test, statistic, p, status, effect, size, histogram):
    """What is found of a measurement among recent patients; `histogram` is bounds or levels, then both counts."""
    parts, training, recent = histogram
    is_number = not isinstance(parts[0], str)
    return {"feature": name, "test": test, "statistic": statistic, "p_value": p, "status": status, "effect": effect,
            "effect_size": size, "histogram": {
                "bounds": parts if is_number else [], "levels": [] if is_number else parts,
                "training": training, "recent": recent}}


ATTENTION = [
    {"code": "log_not_written", "urgency": "now",
     "detail": "The prediction log is not written, because the disk is full.", "since": "2026-11-25T02:51:00Z",
     "action": "Make room on the disk of the log; until then predictions are refused."},
    {"code": "drift", "urgency": "today", "detail": "The recent patients are not like those of the training in Age.",
     "since": None, "action": "Compare both on the page Monitor, gather outcomes, and retrain if they are worse."}]


def chunk(place):
    accuracy = [0.981, 0.978, 0.986, 0.974, 0.969, 0.977, 0.948, 0.921, 0.896, 0.868][place]
    return {"from": f"2026-11-{15 + place}T08:00:00Z", "to": f"2026-11-{16 + place}T07:00:00Z", "accuracy": accuracy,
            "interval": [round(accuracy - 0.028, 3), min(1, round(accuracy + 0.028, 3))],
            "verdict": "below" if accuracy + 0.028 < 0.965 else "within",
            "outcomes": [40, 32, 28, 24, 0, 0, 0, 0, 0, 0][place], "agreed": [39, 30, 27, 23, 0, 0, 0, 0, 0, 0][place],
            "recorded_interval": [0.87, 1] if place < 4 else None}


PROMISED = {"from": "cross_validation", "samples": 200, "accuracy": 0.9915, "interval": [0.965, 0.998]}
EXPECTED = {
    "status": "ok", "needed": 100, "model_version": OLD, "predictions": 1000, "accuracy": 0.9398,
    "interval": [0.931, 0.949], "verdict": "below", "keeps_its_word": True, "calibration_error": 0.0083,
    "chunks": [chunk(place) for place in range(10)],
    "other_versions": [
        {"model_version": NEW, "predictions": 350, "accuracy": 0.707, "interval": [0.64, 0.775], "verdict": "within"},
        {"model_version": "0" * 12, "predictions": 40, "accuracy": None, "interval": None, "verdict": None}],
}


def monitoring(features=None, accuracy=None, busy=True, expected=None):
    minutes = [f"2026-11-25T{minute // 60:02d}:{minute % 60:02d}:00Z" for minute in range(60)]
    hours = [f"2026-11-25T{hour:02d}:00:00Z" for hour in range(24)]
    mix = dict(zip(DRUGS, [46, 12, 8, 8, 26]))
    return {
        "time": "2026-11-25T01:00:00Z", "started_at": "2026-11-24T07:30:00Z", "window_s": 3600, "attention": [],
        "events": [
            {"time": "2026-11-25T00:20:10Z", "kind": "process_replaced", "model_version": None},
            {"time": "2026-11-25T00:20:11Z", "kind": "process_replaced", "model_version": None},
            {"time": "2026-11-25T00:41:30Z", "kind": "model_changed", "model_version": OLD}] if busy else [],
        "traffic": {
            "requests_total": 18_204 if busy else 0,
            "per_minute": [{"minute": minute, "requests": busy * (12 + 9 * (place * 7 % 11)),
                            "errors": busy * (place % 13 == 0) * 3, "refused": busy * (place % 7 == 0) * 4}
                           for place, minute in enumerate(minutes)],
            "by_status": {"2xx": 18_120, "4xx": 80, "5xx": 4} if busy else {},
            "refused_by_code": {"401": 12, "422": 68, "503": 4} if busy else {},
        },
        "latency": {"p50_s": 0.00041, "p95_s": 0.0013, "p99_s": 0.0034, "count": 9_811} if busy
        else {"p50_s": None, "p95_s": None, "p99_s": None, "count": 0},
        "predictions": {
            "total": 9_811 if busy else 0,
            "by_drug": {drug: busy * count * 98 for drug, count in mix.items()},
            "by_model": {OLD: 9_811} if busy else {}, "needs_review": 137 * busy,
            "per_hour": [{"hour": hour, "by_drug": {
                drug: busy * round(count * (0.2 + (place * 5 % 9) / 9)) for drug, count in mix.items()},
                "needs_review": busy * (place % 5)}
                for place, hour in enumerate(hours)],
        },
        "step": 50,
        "accuracy": accuracy or {"outcomes": 124, "agreed": 119, "accuracy": 0.9597,
                                 "interval": [0.909, 0.983]},
        "expected_accuracy": expected or EXPECTED,
        "drift": features or {"sample_size": 200, "other_fields": 0, "least": 50, "features": [
            change("Sex", "chi2", 0.31, 0.577, "ok", 0.01, "small", (["F", "M"], [68, 72], [90, 110])),
            change("BP", "chi2", 1.92, 0.383, "ok", 0.02, "small", (["HIGH", "LOW", "NORMAL"], [54, 44, 42], [70, 70, 60])),
            change("Age", "ks", 0.171, 0.0004, "drift", 0.41, "large",
                   ([20, 30, 40, 50, 60, 70], [9, 21, 24, 28, 26, 24, 8], [0, 10, 20, 30, 40, 60, 40])),
            change("Cholesterol", "chi2", 0.02, 0.888, "ok", 0, "small", (["HIGH", "NORMAL"], [71, 69], [100, 100])),
            change("Na_to_K", "ks", 0.062, 0.81, "ok", 0.12, "moderate",
                   ([10, 15, 20, 25, 30, 35], [31, 43, 29, 16, 12, 6, 3], [50, 50, 40, 30, 10, 10, 10]))]},
        "model": {"version": OLD, "trained_at": "2026-11-25T01:00:00Z",
                  "loaded_at": "2026-11-25T01:00:02Z", "promised_accuracy": PROMISED},
        "last_retraining": {"id": "j1", "state": "succeeded", "finished_at": "2026-11-25T00:59:00Z",
                            "promoted": False, "model_version": NEW} if busy else None,
        "log": {"status": "ok", "size_bytes": 2_412_544},
        "disk": {"free_bytes": 61_200_000_000, "free_fraction": 0.61},
    }


def nameless(told):
    """The same as who has not signed in is told it."""
    hidden = dict.fromkeys(["by_drug", "needs_review", "per_hour"])
    return told | {"predictions": told["predictions"] | hidden, "drift": None, "expected_accuracy": None, "disk": None,
                   "log": told["log"] | {"size_bytes": None}}


TOO_FEW = {
    "features": {"sample_size": 12, "other_fields": 0, "least": 50, "features": [
        {"feature": name, "test": "ks", "statistic": None, "p_value": None, "status": "too_few"}
        for name in PATIENT]},
    "accuracy": {"outcomes": 3, "agreed": 3, "accuracy": None, "interval": None,
                 "status": "too_few", "needed": 20},
    "expected": EXPECTED | {
        "status": "too_few", "predictions": 60, "accuracy": None, "interval": None, "verdict": None, "chunks": [],
        "other_versions": []},
}


NO_REFERENCE = {"features": {"sample_size": 12, "other_fields": 0, "least": 50, "features": [
    finding | {"status": "no_reference"} for finding in TOO_FEW["features"]["features"]]}}


def kept(number=0, **changed):
    """A prediction as the log has it."""
    return {
        "id": f"599b4b585a21b02719186de71b4f80{number:02d}", "time": f"2026-11-25T01:{59 - number:02d}:00Z",
        "patient_data": PATIENT, "prediction": "DrugY", "probability": 0.97, "prediction_set": ["DrugY"],
        "needs_review": False, "model_version": OLD, "requested_by": None, "trace": None, "outcome": None} | changed


KEPT = [
    kept(0), kept(1, prediction="drugA", probability=0.62, prediction_set=["drugA", "DrugY"], needs_review=True),
    kept(2, requested_by="key:ward-7", model_version=NEW, outcome={
        "drug": "DrugY", "agreed": True, "reason": None, "user": "ann", "time": "2026-11-25T02:00:00Z"}),
    kept(3, outcome={"drug": "drugX", "agreed": False, "reason": "allergy", "user": "ann",
                     "time": "2026-11-25T02:00:00Z"}),
]
REPLAY = {
    "same": True, "prediction": "DrugY", "prediction_set": ["DrugY"], "needs_review": False, "warnings": [],
    "probabilities": dict(zip(DRUGS, [0.97, 0.03, 0, 0, 0])), "votes": dict(zip(DRUGS, [97, 3, 0, 0, 0])),
    "explanation": {"drug": "DrugY", "base_value": 0.45,
                    "contributions": dict(zip(PATIENT, [0.02, -0.01, 0.03, 0, 0.48])),
                    "nearest_flip": {"field": "Na_to_K", "from": 15.5, "to": 14.6, "prediction": "drugA",
                                     "detail": "Na_to_K 15.5: down to about 14.6 it would be drugA"}}}


def info_of(description, version):
    """What GET /model/info says of the parts that the pages read."""
    ranges = {field["name"]: [1, 99] for field in description["fields"]
              if field["type"] in ("integer", "number") and "categories" not in field}
    return {"model_version": version, "n_estimators": 100, "trained_at": "2026-11-25T01:00:00Z", "evaluation": None,
            "training_data": None, "features": "continuous", "feature_sets": {}, "training_ranges": ranges}


def answer_of(description, patient, version):
    """What POST /predict says of a patient: the first drug, for its first field."""
    drugs = drugs_of(description)
    names = list(patient_of(description))
    share = [0.9, 0.1, *[0] * (len(drugs) - 2)]
    known = [{"pointer": pointer_to(field["name"]), "code": "outside_training_range",
              "allowed": ", ".join(str(value) for value in field["constraints"]["enum"][1:]),
              "detail": f"{field['name']} is none of those that the model was trained on"}
             for field in description["fields"][:-1] if "categories" in field]
    return {
        "prediction": drugs[0], "patient_data": {name: patient.get(name) for name in names}, "status": "success",
        "probabilities": dict(zip(drugs, share)), "votes": {drug: round(part * 100) for drug, part in zip(drugs, share)},
        "prediction_set": drugs[:2], "needs_review": True,
        "warnings": [{"pointer": pointer_to(names[0]), "code": "outside_training_range", "allowed": "1 to 99",
                      "detail": f"{names[0]} lies outside of what the model was trained on"}, *known]
        if patient.get(names[0]) != 8 else [],
        "explanation": {"drug": drugs[0], "base_value": 0.5,
                        "contributions": {name: 0.4 / (place + 1) for place, name in enumerate(names)},
                        "nearest_flip": {"field": names[0], "from": 7, "to": 3, "prediction": drugs[1],
                                         "detail": f"{names[0]} 7: down to about 3 it would be {drugs[1]}"}},
        "model_version": version, "id": "0" * 32,
    }


def what_if_of(description, patient, version):
    """What POST /predict/what-if says: the first drug above 50, the second up to there."""
    answer = answer_of(description, patient, version)
    drugs = drugs_of(description)
    numbers = [field["name"] for field in description["fields"]
               if field["type"] in ("integer", "number") and "categories" not in field]
    shares = {drug: [[0.2, 0.9], [0.8, 0.1]][place] if place < 2 else [0, 0] for place, drug in enumerate(drugs)}
    return {key: value for key, value in answer.items() if key not in ("explanation", "id")} | {
        "what_if": True, "map": None,
        "curves": [{"field": name, "edges": [0, 50, 100], "trained": [1, 99], "probabilities": shares}
                   for name in numbers]}


def pointer_to(name):
    """A field in JSON."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


class Replies:
    """Answers a page's requests in the service's place: a table of `method path` to status and JSON,
    or to a function of the request that returns both. What is not in the table goes to the service."""

    def __init__(self, page):
        self.table = {}
        self.asked = []
        page.route("**/*", self.answer)

    def answer(self, route):
        request = route.request
        path = "/" + request.url.split("/", 3)[3].split("?")[0]
        reply = self.table.get(f"{request.method} {path}")
        if reply is None:
            route.fallback()
            return
        self.asked.append(f"{request.method} {path}")
        status, body = reply(request) if callable(reply) else reply
        kind = "application/json" if status < 400 else "application/problem+json"
        route.fulfill(status=status, body=json.dumps(body), content_type=kind)

    def describe(self, description, version=OLD):
        """The routes of a served model with other measurements and drugs; returns the patients it is asked for."""
        asked = []

        def predict(request):
            asked.append(json.loads(request.post_data))
            return 200, answer_of(description, asked[-1], version)
        fields = [field for field in description["fields"] if field["name"] != description["target"]]
        drugs = drugs_of(description)
        told = monitoring()
        told["predictions"]["by_drug"] = {drug: 1000 - 7 * place for place, drug in enumerate(drugs)}
        for hour in told["predictions"]["per_hour"]:
            hour["by_drug"] = dict.fromkeys(drugs, 3)
        told["drift"]["features"] = [
            {"feature": field["name"], "test": "ks", "statistic": 0.1, "p_value": 0.5, "status": "ok"}
            for field in fields]
        matrix = [[9 if row == column else 0 for column in range(len(drugs))] for row in range(len(drugs))]
        known = json.loads(json.dumps(MODELS[OLD]))
        known["evaluation"] |= {
            "classes": drugs, "confusion_matrix": matrix,
            "by_class": {drug: known["evaluation"]["macro"] for drug in drugs},
            "by_sex": {"M": {"correct": 33, "samples": 34, "accuracy": 0.97, "interval": [0.85, 0.99]}}}
        known["card"]["data"]["class_counts"] = dict.fromkeys(drugs, 9)
        known["card"]["importances"] = {field["name"]: 1 / len(fields) for field in fields}
        self.table |= {
            "GET /model/schema": (200, description),
            "GET /model/info": (200, info_of(description, version)),
            "POST /predict": predict,
            "POST /predict/what-if": lambda request: (
                200, what_if_of(description, json.loads(request.post_data), version)),
            "GET /monitoring": (200, told),
            "GET /models": (200, {"current": OLD, "models": [listed(OLD)], "total": 1, "next": None}),
            f"GET /models/{OLD}": (200, known),
            f"GET /models/{OLD}/inspection.json": (200, inspection_of(description)),
        }
        return asked

    def know_models(self):
        self.table["GET /models"] = 200, {
            "current": OLD, "models": [listed(NEW), listed(OLD)], "total": 2, "next": None}
        for version, known in MODELS.items():
            self.table[f"GET /models/{version}"] = 200, known
            self.table[f"GET /models/{version}/inspection.json"] = 200, inspection(60 if version == OLD else 48)
            self.table[f"GET /models/{version}/changes"] = self.signed_in((200, {
                "version": version, "champion": OLD, "dataset": "drug200", "changed": RESULT["changed"]}))
            self.table[f"GET /models/{version}/misses"] = self.signed_in((200, MISSES))
            for number in range(100):
                self.table[f"GET /models/{version}/trees/{number}"] = 200, TREE | {"tree": number}

    def know_shadow(self, told, *roles):
        """The shadow `NEW`, for who signs in with `PASSWORD` and has these roles."""
        self.know_models()
        self.know_who(*roles)
        status, models = self.table["GET /models"]
        self.table["GET /models"] = status, models | {"shadow": NEW}
        self.table[f"GET /models/{NEW}/shadow"] = self.signed_in((200, told))
        self.table[f"GET /models/{NEW}/shadow/disagreements"] = self.signed_in((200, SHADOW_DISAGREEMENTS))

    def know_predictions(self, *roles):
        """The predictions `KEPT`, for who signs in with `PASSWORD` and has these roles."""
        self.know_who(*roles)
        self.table["GET /predictions"] = self.signed_in((200, {"predictions": KEPT, "next": None}))
        for one in KEPT:
            self.table[f"GET /predictions/{one['id']}"] = self.signed_in((200, one | {"replay": REPLAY}))

    def know_trainings(self):
        """The routes of retraining, for who signs in with `PASSWORD`."""
        self.know_models()
        self.know_who("clinician", "engineer", "auditor")
        self.table["GET /datasets"] = 200, {"datasets": [
            {"name": "drug200", "digest": "9517b83a24a3", "samples": 200, "uploaded_at": None}]}
        self.table["GET /retrain/jobs"] = self.signed_in(lambda _: (200, {"jobs": [
            job("succeeded"), job("failed", id="j1", error={"code": "invalid_data", "detail": "x"})]}))

    def know_runs(self):
        """The routes of runs, for who signs in with `PASSWORD`."""
        self.know_models()
        self.know_who("clinician", "engineer", "auditor")
        self.table["GET /runs"] = self.signed_in((200, {"runs": RUNS, "total": 4, "next": None}))
        for one in RUNS:
            search = one["command"] == "optimize"
            details = one | {"comparison": COMPARISON if one["number"] == 2 else None, "trials": TRIALS if search else []}
            self.table[f"GET /runs/{one['number']}"] = self.signed_in((200, details))

    def know_who(self, *roles):
        """Lets `admin` sign in with `PASSWORD`, with these roles."""
        self.table["GET /me"] = self.signed_in((200, {"user": "admin", "roles": list(roles)}))

    @staticmethod
    def signed_in(reply):
        import base64
        expected = "Basic " + base64.b64encode(f"admin:{PASSWORD}".encode()).decode()

        def answer(request):
            if request.headers.get("authorization") != expected:
                return 401, problem("unauthorized", 401, "Sign in.")
            return reply(request) if callable(reply) else reply
        return answer


def problem(kind, status, detail, **more):
    return {"type": f"urn:drug-classifier:problem:{kind}", "title": kind, "status": status,
            "detail": detail, **more}
