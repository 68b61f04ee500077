#!/usr/bin/env python3
"""Writes bad-requests.json: bodies of POST /predict and what must come back for each.

The expectations are worked out here from the contract, not taken from the service. A row has

    name          what is sent, unique
    content_type  the Content-Type, null for none
    body          the text, or body_base64 where the bytes are not UTF-8; [piece, times] pairs are put
                  together, for bodies that would make this file long
    status        the status that must come back
    errors        [pointer, code] of each entry of the problem's `errors`, in order
    secret        a text of the body that no answer may repeat, where there is one

`bad` are refused; `good` lie right beside a limit and get a drug.
"""

import base64
import itertools
import json
import pathlib

JSON = "application/json"
LIMIT = 65_536
FIELDS = ["Age", "Sex", "BP", "Cholesterol", "Na_to_K"]
GOOD = {"Age": "45", "Sex": '"M"', "BP": '"HIGH"', "Cholesterol": '"NORMAL"', "Na_to_K": "15.5"}
NUMBERS = ["Age", "Na_to_K"]
CATEGORIES = ["Sex", "BP", "Cholesterol"]

bad, good = [], []


def patient(**changes):
    """A good patient's text with fields replaced, left out (None) or, under new names, added."""
    fields = GOOD | changes
    return "{" + ",".join(f'"{name}":{text}' for name, text in fields.items() if text is not None) + "}"


def row(name, body, status, errors, content_type=JSON, secret=None):
    entry = {"name": name, "content_type": content_type}
    if isinstance(body, bytes):
        entry["body_base64"] = base64.b64encode(body).decode()
    else:
        entry["body"] = body
    entry |= {"status": status, "errors": errors}
    if secret:
        entry["secret"] = secret
    return entry


def refuse(name, body, status, *errors, **more):
    bad.append(row(name, body, status, [list(error) for error in errors], **more))


def malformed(name, body, **more):
    refuse(name, body, 400, ("", "malformed_json"), **more)


def accept(name, body, **more):
    good.append(row(name, body, 200, [], **more))


# Texts that are no JSON

for name, text in {
    "empty": "", "a space": " ", "blanks": "\n\t \r\n", "a brace": "{", "a closing brace": "}",
    "a bracket": "[", "a closing bracket": "]", "a quote": '"', "a comma": ",", "a colon": ":",
    "a minus": "-", "a word": "patient", "a bare true, cut": "tru", "a bare null, cut": "nul",
    "a bare false, cut": "fals", "True with a capital": "True", "None": "None", "undefined": "undefined",
    "XML": "<patient><Age>45</Age></patient>", "CSV": "Age,Sex,BP,Cholesterol,Na_to_K\n45,M,HIGH,NORMAL,15.5",
    "a form": "Age=45&Sex=M", "YAML": "Age: 45\nSex: M", "a NUL": "\0", "a form feed": "\f{}",
    "a no-break space before": "\u00a0{}", "a byte order mark": "\ufeff" + patient(),
    "a byte order mark alone": "\ufeff", "a line comment": "// patient\n" + patient(),
    "a block comment": "/* patient */" + patient(), "a hash comment": "# patient\n" + patient(),
    "a guard against script inclusion": ")]}',\n" + patient(),
}.items():
    malformed(name, text)

for name, text in {
    "a comma at the end of an object": patient()[:-1] + ",}",
    "a comma at the start of an object": "{," + patient()[1:],
    "two commas": patient().replace(",", ",,", 1),
    "no comma": patient().replace(",", " ", 1),
    "a semicolon for a comma": patient().replace(",", ";", 1),
    "no colon": patient().replace(":", " ", 1),
    "two colons": patient().replace(":", "::", 1),
    "an equals sign for a colon": patient().replace(":", "=", 1),
    "a name without quotes": patient().replace('"Age"', "Age"),
    "a name in single quotes": patient().replace('"Age"', "'Age'"),
    "a number for a name": patient().replace('"Age"', "1"),
    "null for a name": patient().replace('"Age"', "null"),
    "a name without a value": '{"Age"}',
    "a name and a colon without a value": '{"Age":}',
    "a name, a colon and a comma": '{"Age":,"Sex":"M"}',
    "an object that does not end": patient()[:-1],
    "an object that ends as a list": patient()[:-1] + "]",
    "a list that ends as an object": "[" + patient() + "}",
    "a list that does not end": "[" + patient(),
    "a comma at the end of a list": "[" + patient() + ",]",
    "a comma at the start of a list": "[," + patient() + "]",
    "a value in single quotes": patient(Sex="'M'"),
    "a value without quotes": patient(Sex="M"),
    "a text that does not end": patient()[:-1].replace('"M"', '"M'),
    "a text cut behind a backslash": '{"Sex":"\\',
    "a text cut inside an escape": '{"Sex":"\\u00',
    "a comment inside": patient().replace(",", "/**/,", 1),
    "an escaped brace": "\\{}",
}.items():
    malformed(name, text)

for field in NUMBERS:
    for text in [
        "NaN", "nan", "Infinity", "-Infinity", "+Infinity", "inf", "-NaN", "+45", "045", "00", "-045",
        ".5", "5.", "-.5", "-", "--45", "4 5", "45e", "45e+", "45E-", "4e5.5", "0x2D", "0b101",
        "0o55", "1_000", "45f", "45n", "1,5", "4'5", "\u0664\u0665", "\uff14\uff15", "\u00bd", "1e1e1",
        "$45", "45%", "(45)", "45 years", "true1", "\u221245",
    ]:
        malformed(f"{field} is {text}", patient(**{field: text}))

for name, text in {
    "a line end in a text": '"M\n"', "a tab in a text": '"M\t"', "a NUL in a text": '"M\0"',
    "an escape character in a text": '"M\x1b"', "the last control character in a text": '"M\x1f"',
    "an unknown escape": '"\\M"', "a hexadecimal escape": '"\\x4d"', "an octal escape": '"\\115"',
    "an escaped single quote": "\"\\'\"", "an escape with a capital U": '"\\U004D"',
    "an escape of three digits": '"\\u04D"', "an escape with braces": '"\\u{4D}"',
    "an escape of no digits": '"\\u"', "an escape with a sign": '"\\u+04D"',
    "a lone leading surrogate": '"\\ud800"', "a lone trailing surrogate": '"\\udc00"',
    "a leading surrogate before a letter": '"\\ud83dM"',
    "a leading surrogate before another escape": '"\\ud83d\\n"',
    "a leading surrogate before a letter's escape": '"\\ud83d\\u004d"',
    "two leading surrogates": '"\\ud83d\\ud83d"', "surrogates in the wrong order": '"\\ude00\\ud83d"',
    "a surrogate pair cut short": '"\\ud83d\\ude0"', "a leading surrogate at the end": '"M\\udbff"',
}.items():
    malformed(name, patient(Sex=text))
malformed("a lone surrogate in a name", '{"\\ud800":1}')
malformed("a control character in a name", '{"A\x01ge":45}')

# Bytes that are no UTF-8

for name, data in {
    "a byte that never occurs": b"\xff", "another byte that never occurs": b"\xc0",
    "a continuation alone": b"\x80", "a long slash of two bytes": b"\xc0\xaf",
    "a long slash of three bytes": b"\xe0\x80\xaf", "a long slash of four bytes": b"\xf0\x80\x80\xaf",
    "an encoded surrogate": b"\xed\xa0\x80", "an encoded surrogate pair": b"\xed\xa0\xbd\xed\xb8\x80",
    "beyond the last character": b"\xf4\x90\x80\x80", "a sequence of five bytes": b"\xf8\x88\x80\x80\x80",
    "a sequence cut short": b"\xe2\x82", "a long NUL": b"\xc0\x80", "a Latin-1 letter": b"\xe9",
}.items():
    refuse(f"{name}, in a text", patient(Sex='"@"').encode().replace(b"@", data), 400, ("", "invalid_utf8"))
refuse("no UTF-8 in a name", b'{"\xff":1}', 400, ("", "invalid_utf8"))
refuse("no UTF-8 before the text", b"\xff" + patient().encode(), 400, ("", "invalid_utf8"))
refuse("no UTF-8 behind the text", patient().encode() + b"\xff", 400, ("", "invalid_utf8"))
refuse("a sequence cut by the end", patient().encode() + b"\xf0\x9f\x98", 400, ("", "invalid_utf8"))
refuse("UTF-16 with a byte order mark", patient().encode("utf-16"), 400, ("", "invalid_utf8"))
refuse("random bytes", bytes(range(256)), 400, ("", "invalid_utf8"))
malformed("UTF-16 without a byte order mark", patient().encode("utf-16-le").decode("latin-1"))
malformed("UTF-32 without a byte order mark", patient().encode("utf-32-be").decode("latin-1"))

# Names that stand twice

for field in FIELDS:
    twice = patient()[:-1] + f',"{field}":{GOOD[field]}}}'
    refuse(f"{field} twice", twice, 400, (f"/{field}", "duplicate_key"))
    refuse(
        f"{field} twice, null at first", f'{{"{field}":null,' + patient()[1:], 400,
        (f"/{field}", "duplicate_key"))
for name, text, pointer in [
    ("a name twice, once as an escape", patient()[:-1] + ',"\\u0041ge":45}', "/Age"),
    ("an unknown name twice", patient()[:-1] + ',"x":1,"x":1}', "/x"),
    ("an empty name twice", '{"":1,"":2}', "/"),
    ("a name with a slash twice", '{"a/b":1,"a/b":2}', "/a~1b"),
    ("a name with a tilde twice", '{"m~n":1,"m~n":2}', "/m~0n"),
    ("a name inside of a field twice", patient(Age='{"a":1,"a":2}'), "/Age/a"),
    ("a name inside of a list twice", '[{},{"a":{"b":1,"b":1}}]', "/1/a/b"),
    ("a Kelvin sign beside a K", patient()[:-1] + ',"Na_to_\u212a":15.5}', "/Na_to_\u212a"),
]:
    refuse(name, text, 400, (pointer, "duplicate_key"))

# Bytes behind the text

for name, tail in {
    "a brace": "}", "a bracket": "]", "a comma": ",", "a letter": "x", "a NUL": "\0", "a number": "1",
    "another patient": patient(), "another patient on a line": "\n" + patient(), "null": "null",
    "a semicolon": ";", "a comment": "// the end", "a byte order mark": "\ufeff", "a quote": '"',
    "a no-break space": "\u00a0", "a control-Z": "\x1a",
}.items():
    refuse(f"{name} behind the patient", patient() + tail, 400, ("", "trailing_bytes"))
refuse("true with a letter behind", "truex", 400, ("", "trailing_bytes"))
refuse("a number with a leading zero alone", "01", 400, ("", "trailing_bytes"))

# Depth and number

for name, body in {
    "33 lists": [["[", 33], ["]", 33]], "10,000 lists": [["[", 10_000], ["]", 10_000]],
    "10,000 lists that do not end": [["[", 10_000]], "33 objects": [['{"a":', 33], ["1", 1], ["}", 33]],
    "10,000 objects": [['{"a":', 10_000], ["1", 1], ["}", 10_000]],
    "lists and objects in turn": [['[{"a":', 5_000], ["1", 1], ["}]", 5_000]],
    "10,000 lists in a field": [['{"Age":', 1], ["[", 10_000], ["]", 10_000], ["}", 1]],
}.items():
    refuse(f"nested: {name}", body, 400, ("", "too_deep"))
refuse("nested: 32 lists", [["[", 32], ["]", 32]], 422, ("", "wrong_type"))
refuse(
    "nested: 31 lists in a field", [['{"Age":', 1], ["[", 31], ["]", 31], [patient(Age=None).replace("{", ",", 1), 1]],
    422, ("/Age", "wrong_type"))

many = ",".join(f'"f{number}":0' for number in range(65))
refuse("65 members", "{" + many + "}", 400, ("", "too_many_members"))
refuse("65 members in a field", patient(Age="{" + many + "}"), 400, ("/Age", "too_many_members"))
refuse(
    "64 members", "{" + many.rsplit(",", 1)[0] + "}", 422, *[(f"/{field}", "missing") for field in FIELDS],
    *[(f"/f{number}", "unknown_field") for number in range(64)])

# Values that are no patient

for text in ["[]", "[" + patient() + "]", '"patient"', "45", "true", "false", "null", "-0.5e-3", '""']:
    refuse(f"not an object: {text}", text, 422, ("", "wrong_type"))

refuse("an empty object", "{}", 422, *[(f"/{field}", "missing") for field in FIELDS])
for count in [1, 2]:
    for names in itertools.combinations(FIELDS, count):
        refuse(
            f"without {' and '.join(names)}", patient(**dict.fromkeys(names)), 422,
            *[(f"/{name}", "missing") for name in names])
for field in FIELDS:
    others = [name for name in FIELDS if name != field]
    refuse(
        f"{field} alone", f'{{"{field}":{GOOD[field]}}}', 422, *[(f"/{name}", "missing") for name in others])

# Values of the wrong type

for field in FIELDS:
    texts = ["null", "true", "false", "[]", "{}", f"[{GOOD[field]}]", f'{{"value":{GOOD[field]}}}']
    texts += ['"45"', '""', '"NaN"', '"forty-five"'] if field in NUMBERS else ["0", "1", "-1.5", "1e999"]
    for text in texts:
        refuse(f"{field} is {text}", patient(**{field: text}), 422, (f"/{field}", "wrong_type"))

# Categories that do not exist

for field, texts in {
    "Sex": ["m", "f", "male", "Male", "FEMALE", "X", "", " M", "M ", "MF", "\u041c", "\uff2d", "M\\u0000",
            "M\\u0301", "M\\n", "0", "\\ud83d\\ude00", "null", "HIGH"],
    "BP": ["high", "High", "LOw", "normal", "", "HIGH ", " LOW", "MEDIUM", "140/90", "M",
           "HIGH,LOW", "N\u041eRMAL", "H\u0399GH"],
    "Cholesterol": ["high", "Normal", "LOW", "", "NORMAL\\t", "VERY HIGH", "5.2", "F"],
}.items():
    for text in texts:
        refuse(
            f"{field} is the text {text!r}", patient(**{field: f'"{text}"'}), 422,
            (f"/{field}", "unknown_category"))

# Numbers beyond their limits

for text in ["-1", "121", "122", "-45", "1000", "1e3", "1e308", "1e999", "-1e999", "-1e308", "1" + "0" * 400,
             "9223372036854775808", "18446744073709551616", "-9223372036854775809"]:
    refuse(f"Age is {text[:24]}", patient(Age=text), 422, ("/Age", "out_of_range"))
for text in ["0.5", "44.5", "45.00001", "119.99", "120.5", "-0.5", "1e-1", "4.55e1", "5e-324",
             "120.00000000000001"]:
    refuse(f"Age is {text}", patient(Age=text), 422, ("/Age", "not_whole"))
for text in ["0", "-0", "0.0", "-0.0", "0e9", "-5e-324", "-1", "-15.5", "100.00000000000001", "100.1", "101",
             "1e3", "1e308", "1e999", "-1e999", "1e-400", "1" + "0" * 400]:
    refuse(f"Na_to_K is {text[:24]}", patient(Na_to_K=text), 422, ("/Na_to_K", "out_of_range"))

# Fields that do not exist

for name, pointer in [
    ("Height", "/Height"), ("Drug", "/Drug"), ("count", "/count"), ("", "/"), (" ", "/ "), ("a/b", "/a~1b"),
    ("m~n", "/m~0n"), ("~1", "/~01"), ("__proto__", "/__proto__"), ("\U0001f600", "/\U0001f600"), ("Ag", "/Ag"),
    ("Age ", "/Age "), (" Age", "/ Age"), ("AGE", "/AGE"), ("na_to_k", "/na_to_k"), ("Na-to-K", "/Na-to-K"),
    ("\\u0041ge\\u0000", "/Age\0"), ("\\\"Age\\\"", '/"Age"'), ("\\\\Age", "/\\Age"), ("0", "/0"),
]:
    refuse(f"the field {name!r} too", patient(**{name: "1"}), 422, (pointer, "unknown_field"))
for field in FIELDS:
    for name in {field.lower(), field.upper(), field + "s"} - {field}:
        refuse(
            f"{name} for {field}", patient(**{field: None, name: GOOD[field]}), 422,
            (f"/{field}", "missing"), (f"/{name}", "unknown_field"))
refuse(
    "a Kelvin sign for the K of Na_to_K", patient(Na_to_K=None, **{"Na_to_\u212a": "15.5"}), 422,
    ("/Na_to_K", "missing"), ("/Na_to_\u212a", "unknown_field"))

# Several at once: every wrong field is named, in the order of the fields, the unknown ones behind

refuse(
    "all five of the wrong type", '{"Na_to_K":"1","Cholesterol":1,"BP":1,"Sex":1,"Age":"1"}', 422,
    *[(f"/{field}", "wrong_type") for field in FIELDS])
refuse(
    "all five wrong, each in its way",
    '{"Age":44.5,"Sex":"m","BP":true,"Na_to_K":0}', 422, ("/Age", "not_whole"), ("/Sex", "unknown_category"),
    ("/BP", "wrong_type"), ("/Cholesterol", "missing"), ("/Na_to_K", "out_of_range"))
refuse(
    "both numbers beyond their limits", patient(Age="121", Na_to_K="100.5"), 422, ("/Age", "out_of_range"),
    ("/Na_to_K", "out_of_range"))
refuse(
    "all categories unknown", patient(Sex='"m"', BP='"high"', Cholesterol='"low"'), 422,
    *[(f"/{field}", "unknown_category") for field in CATEGORIES])
refuse(
    "a wrong field and two unknown ones", '{"zz":0,' + patient(Age="-1")[1:-1] + ',"aa":0}', 422,
    ("/Age", "out_of_range"), ("/zz", "unknown_field"), ("/aa", "unknown_field"))
refuse(
    "a missing field and an unknown one", patient(BP=None, **{"Blood pressure": '"HIGH"'}), 422,
    ("/BP", "missing"), ("/Blood pressure", "unknown_field"))
refuse(
    "no field but unknown ones", '{"a":1,"b":2}', 422, *[(f"/{field}", "missing") for field in FIELDS],
    ("/a", "unknown_field"), ("/b", "unknown_field"))

# Values that no answer may repeat

for field, text, code in [
    ("Age", "987654", "out_of_range"), ("Age", "43.21098", "not_whole"), ("Age", '"Zaphod"', "wrong_type"),
    ("Sex", '"Zaphod"', "unknown_category"), ("Sex", "987654", "wrong_type"),
    ("BP", '"Zaphod"', "unknown_category"), ("Cholesterol", '"Zaphod"', "unknown_category"),
    ("Na_to_K", "987.654", "out_of_range"), ("Na_to_K", '["Zaphod"]', "wrong_type"),
]:
    refuse(
        f"{field} with a value that must stay unsaid, {text}", patient(**{field: text}), 422, (f"/{field}", code),
        secret=text.strip('[]"'))
refuse(
    "an unknown field with a value that must stay unsaid", patient(Name='"Zaphod"'), 422,
    ("/Name", "unknown_field"), secret="Zaphod")
malformed("a cut text with a value that must stay unsaid", '{"Name":"Zaphod', secret="Zaphod")
refuse(
    "bytes behind with a value that must stay unsaid", patient() + "Zaphod", 400, ("", "trailing_bytes"),
    secret="Zaphod")

# Other types of content

for content_type in [
    None, "", "text/plain", "text/json", "text/csv", "application/x-www-form-urlencoded", "application/jsonp",
    "multipart/form-data; boundary=x", "application/json5", "application/problem+json", "application/ld+json",
    "application/octet-stream", "application/*", "*/*", "json", "application", "application /json",
    "application/ json", '"application/json"', "application/json, text/plain", "application/json text/plain",
    "application/json; charset=latin1", "application/json; charset=utf-16", "application/json;charset=us-ascii",
    'application/json; charset="iso-8859-1"', "application/json; charset=", "application/json; charset=utf8",
    "application/json; charset=utf-8; charset=latin1", "; application/json", "xapplication/json",
]:
    refuse(f"Content-Type {content_type}", patient(), 415, content_type=content_type)
refuse("no JSON and another type", "Age=45", 415, content_type="text/plain")

# Size

refuse("one byte too many", [[" ", LIMIT + 1 - len(patient())], [patient(), 1]], 413)
refuse("one byte too many, no JSON", [["x", LIMIT + 1]], 413)
refuse("many bytes too many", [["[", 1_000_000]], 413)
refuse("a list of the largest size", [["[0", 1], [",0", LIMIT // 2 - 2], [" ]", 1]], 422, ("", "wrong_type"))
malformed("the largest size, no JSON", [["x", LIMIT]])

# Right beside the limits

for field, text in [
    ("Age", "0"), ("Age", "-0"), ("Age", "-0.0"), ("Age", "1"), ("Age", "119"), ("Age", "120"), ("Age", "120.0"),
    ("Age", "1.2e2"), ("Age", "12E+1"), ("Age", "1200e-1"), ("Age", "0e999"),
    ("Na_to_K", "5e-324"), ("Na_to_K", "1e-300"), ("Na_to_K", "0.001"), ("Na_to_K", "99.99999999999999"),
    ("Na_to_K", "100"), ("Na_to_K", "100.0"), ("Na_to_K", "1e2"),
    ("Sex", '"F"'), ("Sex", '"\\u0046"'), ("BP", '"LOW"'), ("BP", '"NORMAL"'), ("Cholesterol", '"HIGH"'),
]:
    accept(f"{field} is {text}", patient(**{field: text}))
accept("blanks around everything", " \t\r\n" + patient().replace(":", " : ").replace(",", "\n,\n") + "\n\n")
accept("names as escapes", patient().replace("Age", "\\u0041\\u0067e"))
accept("the fields in another order", "{" + ",".join(f'"{f}":{GOOD[f]}' for f in reversed(FIELDS)) + "}")
accept("the largest size", [[" ", LIMIT - len(patient())], [patient(), 1]])
for content_type in [
    "application/json;charset=utf-8", "application/json; charset=UTF-8", 'application/json; charset="utf-8"',
    "Application/JSON", "application/json ;charset=utf-8", "application/json;", "application/json; version=1",
]:
    accept(f"Content-Type {content_type}", patient(), content_type=content_type)

names = [entry["name"] for entry in bad + good]
assert len(names) == len(set(names)), sorted(name for name in names if names.count(name) > 1)
lists = [
    f'"{key}": [\n' + ",\n".join(json.dumps(entry) for entry in rows) + "\n]"
    for key, rows in [("bad", bad), ("good", good)]]
path = pathlib.Path(__file__).with_name("bad-requests.json")
path.write_text("{\n" + ",\n".join(lists) + "\n}\n")
print(f"{len(bad)} bad and {len(good)} good requests")
