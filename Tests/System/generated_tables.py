"""Descriptions that no person would write, and tables that fit them: a number gives the same ones every time."""

import csv
import io
import json
import random
import unicodedata

COUNT = 50

# Members of answers, of JavaScript's objects, of JSON Schema, and names of drug200.
OWN = [
    "id", "prediction", "status", "probabilities", "votes", "count", "model_version", "prediction_set", "warnings",
    "needs_review", "patient_data", "patients", "error", "errors", "drug", "time", "number", "inputs", "name", "body",
    "__proto__", "constructor", "toString", "hasOwnProperty", "length", "null", "true", "$ref", "required", "type",
    "Age", "Sex", "Drug", "DrugY", "F, M", "probability", "explanation", "digest", "fields", "patient",
]
MARKS = [
    "a,b", "a;b", 'say "so"', '"', "it's", "back\\slash", "\\", "a/b", "/", "~", "~1", "~0", "a~1b", "%2F", "{{ x }}",
    "${x}", "<img src=x>", "<script>alert(1)</script>", "&amp;", "#/components/schemas/Drug", "=1+1", "@x", "-", "_",
    "a b", "a  b", "x_binned_low", "x_or_missing", "camelCaseName", "snake_case_name", "0", "-1", "1e5", "NaN", ".",
    "a=b", "a\u00a0b", "[x]", "a.b", "*", "?", "|", ":", "'; DROP TABLE prediction; --", "$.x", "%s", "\\u0041", "%",
]
SCRIPTS = [
    "größe", "Натрий", "年齢", "نبض", "عمر المريض", "גיל", "सोडियम", "ไทย", "νάτριο", "한국어", "ქართული", "አማርኛ",
    "🧪", "👍🏽", "🇩🇪", "e\u0301te\u0301", "Z\u0351\u036b\u0343", "ǅ", "ſ", "İ", "ı", "ß", "ﬁ", "Ａｇｅ", "½", "x²",
    "\U00012000", "\U0001d4b3", "Ω", "a\u3000b", "€", "n" * 100, "ж" * 50, "漢" * 33, "😀" * 25,
]
ALIKE = ["Case", "case", "CASE", "cas e", "c_a_s_e"]
WORDS = OWN + MARKS + SCRIPTS
LIMITS = [
    (None, None), (0, 120), (-40, 45), (5, 5), (0, 1), (None, 10), (0, None), (-9_007_199_254_740_000, -1),
    (0, 9_007_199_254_740_000), (1_000_000, 1_000_001),
]
RANGES = [
    (None, None), (0, 1), (0.1, 0.3), (-273.15, 1e4), (1e-12, 3e-12), (-1e-300, 1e-300), (-1e300, 1e300),
    (-1.7e308, 1.7e308), (2.5, 2.5), (None, 0), (0, None), (1e15, 1e16),
]


def alike(text):
    """What two names may not have in common: a letter and its accent equal the letter that has it."""
    return unicodedata.normalize("NFC", text)


def shortened(text, size=100):
    """As much of a text as a name may have."""
    return text.encode()[:size].decode(errors="ignore").rstrip()


class Names:
    """Draws names, none of them twice."""

    def __init__(self, draw, taken=()):
        self.draw, self.taken = draw, {alike(name) for name in taken}

    def next(self, pools=(OWN, MARKS, SCRIPTS)):
        name, number = self.draw.choice(self.draw.choice(pools)), 1
        while alike(name) in self.taken:
            number += 1
            end = f" {number}"
            name = shortened(name, 100 - len(end)) + end
        self.taken.add(alike(name))
        return name


def categories(draw, names, kind, count):
    """Values as a description has them, and each with its other spellings."""
    told, spellings = [], {}
    for index in range(count):
        value = names.next() if kind == "string" else index * 3 - 4 if kind == "integer" else index * 0.75 - 1
        category = {"value": value}
        if draw.random() < 0.3:
            category["label"] = draw.choice(WORDS)
        if draw.random() < 0.2:
            category["aliases"] = [f"other {index} {draw.choice(MARKS)}"]
        told.append(category if len(category) > 1 or draw.random() < 0.3 else value)
        spellings[value] = category.get("aliases", [])
    return told, spellings


class Field:
    """A measured field: its part of the description, and its values.

    `spellings` has the other ways in which a table may write each of its values, nothing for a number that is measured.
    """

    def __init__(self, draw, name, missing):
        self.name, self.header = name, name
        self.kind = draw.choice(["integer", "number", "string", "string", "boolean"])
        self.is_required = draw.random() < 0.6
        self.spellings = {}
        self.schema = {"name": name, "type": self.kind}
        constraints = {"required": self.is_required} if self.is_required or draw.random() < 0.5 else {}
        if self.kind == "boolean":
            self.tell_truth(draw)
        elif self.kind == "string" or draw.random() < 0.25:
            self.tell_values(draw, constraints, missing)
        else:
            self.tell_limits(draw, constraints)
        if constraints:
            self.schema["constraints"] = constraints
        for member in ["title", "description", "unit"]:
            if draw.random() < 0.3:
                self.schema[member] = draw.choice(WORDS)
        if draw.random() < 0.2:
            self.schema["aliases"] = [shortened(f"alias of {name}")]
            if draw.random() < 0.5:
                [self.header] = self.schema["aliases"]
        if self.kind == "number" and not self.spellings and draw.random() < 0.4:
            parts = {"of": shortened(f"one of {name}"), "to": {"name": shortened(f"other of {name}"), "title": draw.choice(WORDS)}}
            self.schema["ratio"] = parts | draw.choice([{}, {"places": 0}, {"places": 3}])
        if draw.random() < 0.3 and "example" not in self.schema:
            self.schema["example"] = self.value(draw.random())
        # Of what only the table tells, nobody knows a value before.
        if self.kind == "string" and "categories" not in self.schema and "enum" not in constraints:
            self.schema.pop("example", None)

    def tell_truth(self, draw):
        self.spellings = {False: ["False", "FALSE", "0"], True: ["True", "TRUE", "1"]}
        for value, member, others in [(False, "falseValues", ["no", "НЕТ"]), (True, "trueValues", ["yes", "да"])]:
            if draw.random() < 0.5:
                self.schema[member] = self.spellings[value] = others
        if draw.random() < 0.3:
            self.schema["categories"] = [{"value": True, "label": "<b>yes</b>"}, {"value": False}]

    def tell_values(self, draw, constraints, missing):
        names = Names(draw, missing)
        told, self.spellings = categories(draw, names, self.kind, draw.choice([1, 2, 2, 3, 5, 12, 40]))
        how = draw.choice(["categories", "categories", "enum", "both", "table"])
        if how == "table" and self.kind != "string":
            how = "enum"
        if how in ["enum", "both"]:
            constraints["enum"] = list(self.spellings)
        if how in ["categories", "both"]:
            self.schema["categories"] = told
        else:
            self.spellings = {value: [] for value in self.spellings}

    def tell_limits(self, draw, constraints):
        is_whole = self.kind == "integer"
        low, high = draw.choice(LIMITS if is_whole else RANGES)
        has_room = None in (low, high) or high - low > 1 or not is_whole and high > low
        for limit, name in [(low, "Minimum"), (high, "Maximum")]:
            if limit is not None:
                is_open = has_room and draw.random() < 0.3
                # The standard has limits as texts too.
                constraints[f"exclusive{name}" if is_open else name.lower()] = str(limit) if draw.random() < 0.1 else limit
        if low is None:
            low = -50 if high is None else high - 100
        self.limits = (low, low + 1000 if high is None else high)
        edges = sorted({self.value(0.3), self.value(0.7)})
        if draw.random() < 0.4:
            names = Names(draw)
            self.schema["bins"] = {"edges": edges, "labels": [names.next() for _ in range(len(edges) + 1)]}

    def value(self, share):
        """The value at a place among those that there are, from 0 to 1."""
        if self.spellings:
            return list(self.spellings)[min(int(share * len(self.spellings)), len(self.spellings) - 1)]
        low, high = self.limits
        if self.kind == "integer":
            # The ends may be open.
            return round(low + 1 + share * (high - low - 2)) if high - low > 1 else low if share < 0.5 else high
        share = 0.02 + 0.96 * share
        return low if low == high else float(f"{low * (1 - share) + high * share:.7g}")

    def cell(self, value, draw):
        """A value as a table has it."""
        spellings = self.spellings.get(value, [])
        if spellings and draw.random() < 0.5:
            return draw.choice(spellings)
        return str(value).lower() if isinstance(value, bool) else str(value)

    @property
    def wrong(self):
        """A value that is none of the field's."""
        return 5 if self.kind == "string" else "no such value"

    @property
    def columns(self):
        """The names of a forest's columns, which no other field may have."""
        if self.spellings:
            return {alike(f"{self.name}_{str(value).lower() if value in (True, False) else value}") for value in self.spellings}
        labels = self.schema.get("bins", {"labels": []})["labels"]
        return {alike(name) for name in [self.name, f"{self.name}_or_missing", *(f"{self.name}_binned_{label}" for label in labels)]}


class GeneratedTable:
    """The description and the table of a number."""

    def __init__(self, number):
        self.number = number
        draw = random.Random(f"table {number}")
        self.missing = draw.choice([[""], ["", "NA"], ["", "n/a", "?"]])
        names = Names(draw, ["note", "visited"])
        count = {0: 1, 1: 40, 2: 3, 3: 8}.get(number, draw.choice([1, 2, 3, 5, 8, 13, 21, 40]))
        pools = {3: [ALIKE], 4: [OWN], 5: [MARKS], 6: [SCRIPTS]}.get(number, [OWN, MARKS, SCRIPTS, ALIKE])
        self.fields, columns = [], set()
        while len(self.fields) < count:
            field = Field(draw, names.next(pools), self.missing)
            if columns.isdisjoint(field.columns):
                columns |= field.columns
                self.fields.append(field)
        self.describe(draw, names, {0: 2, 2: 60}.get(number, draw.choice([2, 2, 3, 5, 8, 20, 60])))
        self.fill(draw)
        if draw.random() < 0.4:
            self.schema["documented"] = [
                {"title": draw.choice(WORDS), "patient": self.patients[row], "drug": self.given[row]}
                for row in draw.sample(range(len(self.patients)), 2)]

    def describe(self, draw, names, drug_count):
        self.target = names.next()
        kind = "boolean" if drug_count == 2 and draw.random() < 0.4 else draw.choice(["string", "string", "string", "integer"])
        drug = {"name": self.target, "type": kind}
        if kind == "boolean":
            self.drugs = {"false": ["False"], "true": ["True"]}
        else:
            drug["categories"], spellings = categories(draw, Names(draw, self.missing), kind, drug_count)
            self.drugs = {str(value): others for value, others in spellings.items()}
        fields = [field.schema for field in self.fields]
        fields.insert(draw.randrange(len(fields) + 1), drug)
        self.schema = {"fields": fields, "target": self.target}
        if self.missing != [""] or draw.random() < 0.5:
            self.schema["missingValues"] = self.missing
        groups = [field.name for field in self.fields if field.spellings]
        if groups and draw.random() < 0.5:
            self.schema["group"] = draw.choice(groups)
        self.count = names.next() if draw.random() < 0.3 else None
        if self.count:
            self.schema["count"] = self.count
        for member in ["purpose", "notFor"]:
            if draw.random() < 0.3:
                self.schema[member] = f"Odd {draw.choice(WORDS)}."
        if draw.random() < 0.3:
            self.schema["limits"] = [draw.choice(WORDS) for _ in range(3)]
        if draw.random() < 0.3:
            fields.insert(draw.randrange(len(fields) + 1), {"name": "visited", "type": "date"})
        self.form = draw.choice(["package", "package", "resource", "schema"])

    def fill(self, draw):
        """Makes rows in which each field knows the drug half of the time."""
        self.patients, self.given, self.rows = [], [], []
        for row in range(max(60, 12 * len(self.drugs))):
            drug = row % len(self.drugs)
            patient, cells = {}, []
            for field in self.fields:
                share = (drug + draw.random()) / len(self.drugs) if draw.random() < 0.5 else draw.random()
                # Each category comes, for those that only the table tells.
                if row < 40 and field.spellings:
                    share = (row % len(field.spellings) + 0.5) / len(field.spellings)
                value = field.value(share)
                if not field.is_required and draw.random() < 0.2 and row >= 40:
                    cells.append(draw.choice(self.missing))
                    continue
                patient[field.name] = value
                cells.append(field.cell(value, draw))
            name = list(self.drugs)[drug]
            self.patients.append(patient)
            self.given.append(name)
            cells += [draw.choice([name, *self.drugs[name]]), f"note {draw.choice(MARKS)}", "2026-01-31"]
            self.rows.append([*cells, *([draw.choice([1, 1, 2])] if self.count else [])])
        headers = [field.header for field in self.fields]
        self.header = [*headers, self.target, "note", "visited", *([self.count] if self.count else [])]

    @property
    def names(self):
        return [field.name for field in self.fields]

    @property
    def description(self):
        resource = {"name": "generated", "path": "generated.csv", "schema": self.schema}
        package = {"name": "odd", "resources": [{"name": "other", "path": "other.csv"}, resource]}
        return {"package": package, "resource": resource, "schema": self.schema}[self.form]

    def write(self, folder):
        """Puts table and description into a folder; returns the table's path."""
        (folder / "datapackage.json").write_text(json.dumps(self.description, ensure_ascii=False))
        path = folder / "generated.csv"
        path.write_text(text(self.header, self.rows))
        return path

    def cells(self, count):
        """The first patients as a table without their drugs."""
        width = len(self.fields)
        return text([*self.header[:width], "note"], [[*row[:width], row[width + 1]] for row in self.rows[:count]])


def text(header, rows):
    """A table as CSV."""
    written = io.StringIO()
    csv.writer(written).writerows([header, *rows])
    return written.getvalue()
