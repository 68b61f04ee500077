"""Descriptions of measurements and drugs as GET /model/schema has them: drug200's, and of tables that others
could have."""

import hashlib
import json

from service import ROOT


def described(*fields, **more):
    """A description with its digest."""
    description = {"fields": list(fields), "missingValues": [""], **more}
    return description | {"digest": hashlib.sha256(json.dumps(description).encode()).hexdigest()}


def number(name, low=None, high=None, kind="number", required=True, **more):
    limits = {"minimum": low, "maximum": high}
    limits = {key: value for key, value in limits.items() if value is not None}
    return {"name": name, "type": kind, "constraints": {"required": required, **limits}, **more}


def choice(name, *values, required=True, **more):
    """A field of categories, each a value or a pair of value and label."""
    pairs = [value if isinstance(value, tuple) else (value, None) for value in values]
    return {"name": name, "type": "integer" if isinstance(pairs[0][0], int) else "string",
            "constraints": {"required": required, "enum": [value for value, _ in pairs]},
            "categories": [{"value": value, "label": label} if label else {"value": value} for value, label in pairs],
            **more}


def yes_or_no(name, required=True, **more):
    return {"name": name, "type": "boolean", "constraints": {"required": required}, **more}


LEVELS = ("LOW", "low"), ("NORMAL", "normal"), ("HIGH", "high")
_SCHEMA = json.loads((ROOT / "data/datapackage.json").read_text())["resources"][0]["schema"]
DRUG200 = described(*_SCHEMA["fields"], **{key: value for key, value in _SCHEMA.items() if key != "fields"})
PATIENT = _SCHEMA["documented"][0]["patient"]

WARDS = [f"ward {letter}" for letter in "ABCDEFGHIJ"]
FORTY = described(
    *[field for place in range(8) for field in (
        number(f"lab_{place}", 0, 300, title=f"Laboratory value {place}", unit="mg/l",
               description="Measured in the morning, on an empty stomach."),
        number(f"count_{place}", 0, 50, "integer", title=f"Count of cells {place}"),
        choice(f"grade_{place}", *LEVELS, title=f"Grade {place}"),
        yes_or_no(f"given_{place}", title=f"Given before {place}"),
        choice(f"ward_{place}", *WARDS, title=f"Ward {place}"))],
    choice("Drug", *[f"drug {place}" for place in range(12)]), target="Drug", group="given_0")

HOLES = described(
    number("age", 0, 120, "integer", title="Age", unit="years"),
    number("weight", 2, 300, title="Weight", unit="kg", required=False, description="Without shoes."),
    number("excess", title="Base excess", unit="mmol/l", required=False),
    yes_or_no("smoker", title="Smoker", required=False),
    choice("stage", (1, "early"), (2, "late"), (3, "very late"), title="Stage", required=False),
    choice("ward", *WARDS, title="Ward", required=False),
    choice("Drug", ("A", "Drug A"), ("B", "Drug B"), title="Drug"),
    target="Drug", group="smoker",
    documented=[{"patient": {"age": 61, "weight": 71.5, "smoker": False, "stage": 2}, "drug": "A"},
                {"patient": {"age": 8}, "drug": "B"}])

MARKUP = '<img src=x onerror="window.intruded = true">'
LONG = "measurement" * 7 + "abc"
NAMES = [MARKUP, "__proto__", "constructor", "a b\"c'd", LONG, "ضغط الدم", "血压", "💊🩸", "a/b~c", "toString"]
ODD = described(
    *[number(name, 0, 100, kind="integer") for name in NAMES],
    choice("hasOwnProperty", MARKUP, "__proto__", "ارتفاع", LONG),
    choice("drug", *NAMES), target="drug", group="hasOwnProperty", notFor=LONG, limits=[MARKUP, LONG])


def patient_of(description):
    """A patient whose values are all there."""
    def value(field):
        values = field["constraints"].get("enum") or ([True] if field["type"] == "boolean" else [7])
        return values[0]
    return {field["name"]: value(field) for field in description["fields"] if field["name"] != description["target"]}


def drugs_of(description):
    return next(field for field in description["fields"] if field["name"] == description["target"])["constraints"]["enum"]


def at(name, description=DRUG200):
    """The place of a field in the form, as a selector."""
    return f"#field-{[field['name'] for field in description['fields']].index(name)}"


def choice_of(name, value, description=DRUG200):
    """What is clicked on to choose a category that lies beside others."""
    field = next(field for field in description["fields"] if field["name"] == name)
    return f"label[for={at(name, description)[1:]}-{field['constraints']['enum'].index(value)}]"
