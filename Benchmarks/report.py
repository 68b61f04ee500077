"""Tables and files of results: a list of {"case", "peer", "ours", "theirs", "ratio"}."""
import json
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent / ".bench"


class Report:
    def __init__(self, name):
        self.name, self.rows, self.section = name, [], None

    def begin(self, title):
        print(f"\n{title}", flush=True)
        self.section = title

    def add(self, case, peer, ours, theirs, unit, less_is_better=True, note=""):
        """One comparison; the ratio is above 1 where ours is better."""
        ratio = (theirs / ours if less_is_better else ours / theirs) if ours and theirs else None
        self.rows.append({"case": case, "peer": peer, "ours": ours, "theirs": theirs,
                          "ratio": ratio, "unit": unit, "note": note})
        shown = f"{ratio:9.2f} ×" if ratio else f"{'':11}"
        print(f"  {case:52} {peer:22} ours {ours:12,.4g}  theirs {theirs:12,.4g} {unit:8} {shown}"
              f"  {note}", flush=True)

    def write(self):
        BENCH.mkdir(exist_ok=True)
        path = BENCH / f"{self.name}.json"
        path.write_text(json.dumps(self.rows, indent=1) + "\n")
        print(f"\nwritten: .bench/{self.name}.json")
