"""drugctl predict: a table is answered without the service, also by one that was killed and asked again."""

import csv
import io
import signal
import subprocess
import time

from client import ask
from service import PROGRAMS, ROOT

# More than two checkpoints.
ROWS = 300_000


def command(service, table, output):
    return [PROGRAMS / "drugctl", "predict", "--models", service.models, "--data", table, "--output", output]


def rows_of(text):
    return [{name: value for name, value in row.items() if name != "id"} for row in csv.DictReader(io.StringIO(text))]


def test_it_says_what_the_service_says(service, tmp_path):
    lines = (ROOT / "data/drug200.csv").read_text().splitlines()
    table = tmp_path / "table.csv"
    table.write_text("\n".join([*lines, "45,M,HIGH,NORMAL,,DrugY", "119,F,LOW,HIGH,20,drugX"]) + "\n")
    answer = ask(service, "POST", "/predict/batch", table.read_text(), {"Content-Type": "text/csv"})
    assert answer.status == 200
    output = tmp_path / "answers.csv"
    subprocess.run(command(service, table, output), check=True, stdout=subprocess.DEVNULL)
    assert rows_of(output.read_text()) == rows_of(answer.body.decode())


def test_killed_it_goes_on_where_it_stopped(service, tmp_path):
    table = tmp_path / "table.csv"
    with open(table, "w") as file:
        file.write("number,Age,Sex,BP,Cholesterol,Na_to_K\n")
        file.writelines(f"{row},{row % 130},{'FM'[row % 2]},LOW,HIGH,{5 + row % 3100 / 100}\n" for row in range(ROWS))
    whole, broken = tmp_path / "whole.csv", tmp_path / "broken.csv"
    subprocess.run(command(service, table, whole), check=True, stdout=subprocess.DEVNULL)
    checkpoint = tmp_path / "broken.csv.part.json"
    program = subprocess.Popen(command(service, table, broken), stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not checkpoint.exists() and program.poll() is None and time.monotonic() < deadline:
        time.sleep(0.001)
    program.send_signal(signal.SIGKILL)
    assert program.wait() == -signal.SIGKILL, "it was killed on its way"
    assert checkpoint.exists() and not broken.exists()
    # What was written after the checkpoint counts for nothing.
    with open(tmp_path / "broken.csv.part", "ab") as file:
        file.write(b"half a row, ")
    again = subprocess.run(command(service, table, broken), check=True, capture_output=True, text=True)
    assert "Going on after " in again.stdout
    assert broken.read_bytes() == whole.read_bytes()
    assert not checkpoint.exists() and not (tmp_path / "broken.csv.part").exists()
    # Another table under the name begins anew.
    table.write_text("number,Age,Sex,BP,Cholesterol,Na_to_K\n1,45,M,HIGH,NORMAL,15.5\n")
    subprocess.run([*command(service, table, broken), "--force"], check=True, stdout=subprocess.DEVNULL)
    assert len(rows_of(broken.read_text())) == 1
