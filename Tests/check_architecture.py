"""Holds the arrows between the targets, and between the folders of RandomForest, to docs/architecture.md.

    Tests/check_architecture.py            fails for an arrow that is not on the page, or only on the page
    Tests/check_architecture.py --write    draws the page's picture of the targets anew
"""

import collections
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/architecture.md"
PICTURE = re.compile(r"(?<=<!-- Drawn by Tests/check_architecture.py --write: -->\n).*?(?=<!-- so far -->)", re.S)
# The C library under the names of its makers, and the one file that chooses among them.
PLATFORM, CHOOSER = {"Glibc", "Musl", "Darwin"}, "Sources/POSIX/Platform.swift"
# The libraries of others that more than one room may use.
SHARED = {"ArgumentParser", "Logging"}
# Names that the standard library has too, so that they do not say whose they are.
COMMON = set("add append count encode first insert last load map remove sort store sum update".split())

INTERPOLATED = r"\\\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)"
NO_CODE = re.compile(
    r'//[^\n]*|/\*.*?\*/|"""(?:\\.|[^\\])*?"""|#".*?"#|"(?:' + INTERPOLATED + r'|\\.|[^"\\\n])*"', re.S)
MODIFIERS = r"(?:(?:@\w+|public|package|final|indirect|static|mutating|nonisolated|consuming)(?:\(\w+\))?\s+)*"
TYPE = re.compile(rf"^{MODIFIERS}(?:struct|class|enum|actor|protocol|typealias)\s+(\w+)", re.M)
MEMBER = re.compile(rf"^(?:  )?{MODIFIERS}(?:struct|class|enum|typealias|func|let|var)\s+(\w+)", re.M)
# Whatever bears a name, parameters and what is private included.
ANY = re.compile(r"(?:\b(?:struct|class|enum|protocol|typealias|func|let|var|case|for)\s+)(\w+)|(\w+)\s*:")
IMPORT = re.compile(r"^\s*(?:@\w+\s+)?(?:(?:public|package|internal|private|fileprivate)\s+)?import\s+(?:\w+\s+)?(\w+)")

faults = []


def need(found, words):
    """Ends the check where there is nothing to look at, so that it never passes for want of it."""
    return found or sys.exit(f"check_architecture: found no {words}")


def code(text):
    """A Swift text without comments and literals, line for line; what literals interpolate stays."""
    def rest(match):
        kept = "".join(code(part[2:-1]) for part in re.findall(INTERPOLATED, match[0])) if match[0][0] == '"' else ""
        return f'""{kept}' + "\n" * (match[0].count("\n") - kept.count("\n"))
    return NO_CODE.sub(rest, text)


def lines(files):
    for path, text in files.items():
        for number, line in enumerate(text.split("\n"), 1):
            yield path, f"{path}:{number}", line


def targets():
    """The targets that have sources: the folder, what each depends on, and its files as code."""
    command = [os.environ.get("SWIFT", "swift"), "package", "--package-path", ROOT, "describe", "--type", "json"]
    described = need(subprocess.run(command, stdout=subprocess.PIPE).stdout, "description of the package")
    found = {}
    for target in need(json.loads(described)["targets"], "target"):
        name, path = target["name"], target["path"]
        if target["type"] != "system-target":
            depends = {*target.get("target_dependencies", []), *target.get("product_dependencies", [])}
            places = [f"{path}/{each}" for each in need(target["sources"], f"file of {name}")]
            found[name] = path, depends, {place: code((ROOT / place).read_text()) for place in places}
    return found


def rooms(page):
    """The page's table, from the ground up: what each room may use, and what it must not import."""
    table = need(re.search(r"^\| room \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", page, re.M), "table of rooms")[1]
    cells = [[re.findall(r"`([\w-]+)`", cell) for cell in row.split("|")[1:5]] for row in table.splitlines()]
    return {row[0][0]: (set(row[2]), tuple(row[3])) for row in cells}


def drawn(uses):
    """The picture, without the arrows to what a room uses anyway by way of another."""
    def reached(room):
        return {each for near in uses[room] if near in uses for each in {near} | reached(near)}
    names = {room: room.replace("-", "_") for room in uses}
    boxes, arrows = [], []
    for room in reversed(uses):
        libraries = ", ".join(sorted(uses[room] - uses.keys()))
        boxes.append(f'  {names[room]}["{room}{"<br>" * bool(libraries)}{libraries}"]')
        near = [each for each in uses if each in uses[room]]
        arrows += [
            f"  {names[room]} --> {names[each]}" for each in near if not any(each in reached(other) for other in near)]
    return "\n".join(["```mermaid", "flowchart TD", *boxes, *arrows, "```", ""])


def check_rooms(page, told, real):
    faults.extend(f"{room} is not both a target and a row of the page" for room in told.keys() ^ real.keys())
    above, users = set(), collections.defaultdict(list)
    for room, (uses, _) in told.items():
        depends = real[room][1] if room in real else uses
        faults.extend(f"{room} → {each} is in Package.swift and not on the page" for each in sorted(depends - uses))
        faults.extend(f"{room} → {each} is on the page and not in Package.swift" for each in sorted(uses - depends))
        faults.extend(f"{room} → {each} leads down the table" for each in sorted(uses & told.keys() - above))
        for each in uses - told.keys() - SHARED:
            users[each].append(room)
        above.add(room)
    faults.extend(f"{each} belongs to one room, not to {', '.join(of)}" for each, of in users.items() if len(of) > 1)
    if not faults:
        picture = need(PICTURE.search(page), "picture")[0].splitlines()
        right = drawn({room: uses for room, (uses, _) in told.items()}).splitlines()
        faults.extend(f"the picture has too much: {line.strip()} (--write)" for line in picture if line not in right)
        faults.extend(f"the picture lacks: {line.strip()} (--write)" for line in right if line not in picture)


def check_imports(told, everything):
    """What is imported is declared, what is declared is imported, the C library comes through POSIX."""
    known = {each.replace("-", "_") for name, (_, depends, _) in everything.items() for each in {name} | depends}
    for name, (_, depends, files) in everything.items():
        declared, imported = {each.replace("-", "_") for each in depends}, set()
        barred = told[name][1] if name in told else ()
        for path, place, line in lines(files):
            for module in IMPORT.findall(line):
                imported.add(module)
                if module in known - declared:
                    faults.append(f"{place}: imports {module}, on which {name} does not depend in Package.swift")
                if module in PLATFORM and path != CHOOSER or module.startswith(barred):
                    faults.append(f"{place}: imports {module}, which must not be in {name}")
        if name in told:
            faults.extend(f"{name} → {each} is in Package.swift and never imported" for each in declared - imported)


def check_folders(page, files):
    """No folder of RandomForest uses a name that a later one declares."""
    order = re.findall(r"`(\w+)`", need(re.search(r"^`\w+`(?: ← `\w+`)+", page, re.M), "order of folders")[0])
    folder = {path: path.split("/")[2] for path in files}
    wrong = sorted({*folder.values()} ^ {*order})
    faults.extend(f"Sources/RandomForest/{each} is not both a folder and in the page's order" for each in wrong)
    if wrong:
        return
    types, members, names = (collections.defaultdict(set) for _ in range(3))
    for path, text in files.items():
        for found, pattern in ((types, TYPE), (members, MEMBER), (names, ANY)):
            for match in pattern.finditer(text):
                found[match[1] or match[2]].add(folder[path])
    need(types, "type in RandomForest")
    for path, place, line in lines(files):
        for match in re.finditer(r"\b[A-Za-z_]\w*", line):
            name, homes = match[0], types.get(match[0])
            if not homes and (line[:match.start()].endswith(".") or line[match.end():].startswith("(")):
                # A function or a member is known by its name where no other folder has it for anything.
                homes = members[name] if len(names.get(name, ())) == 1 and name not in COMMON else None
            if homes and min(order.index(home) for home in homes) > order.index(folder[path]):
                faults.append(f"{place}: {name} is declared in {', '.join(homes)}, behind {folder[path]}")


def check_files(page):
    """Whatever file the page names is there."""
    folders = [ROOT / name for name in ("Sources", "Tests", "docs", "www", "nginx", "deploy", "data")]
    there = {path.name for path in [*ROOT.iterdir(), *(path for folder in folders for path in folder.rglob("*"))]}
    named = {*re.findall(r"[`/]([\w+.-]+\.(?:swift|py|json|md|html|css|js|conf|template|yml|yaml|csv))`", page)}
    faults.extend(f"the page names {name}, which is not there" for name in sorted(need(named, "file's name") - there))


def main():
    page, everything = PAGE.read_text(), targets()
    told = rooms(page)
    real = {name: target for name, target in everything.items() if target[0].startswith("Sources/")}
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(PICTURE.sub(lambda _: drawn({room: real[room][1] for room in told}), page))
        return
    check_rooms(page, told, real)
    check_imports(told, everything)
    check_folders(page, real["RandomForest"][2])
    check_files(page)
    if faults:
        sys.exit("\n".join(["The sources and docs/architecture.md differ:", *faults]))
    arrows = sum(len(depends) for _, depends, _ in real.values())
    print(f"{len(real)} rooms and {arrows} arrows are as docs/architecture.md has them")


if __name__ == "__main__":
    main()
