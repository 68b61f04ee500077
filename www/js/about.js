// How it works: the chosen patient's values go through every step of the page.

import { predict, Problem, Unavailable } from "./api.js";
import { bar } from "./charts.js";
import { byId, head, make, put, row } from "./dom.js";
import { percent } from "./numbers.js";
import { describe, spoken } from "./patient.js";
import { texts } from "./texts.js";

const words = texts.about;
const buttons = [...document.querySelectorAll("#patients [data-patient]")];
const categories = ["Sex", "BP", "Cholesterol"];
/** The upper ends of the bins, which belong to them, and the bins' names. */
const ageBins = [[19, 29, 39, 49, 59, 69], ["<20s", "20s", "30s", "40s", "50s", "60s", ">60s"]];
const ratioBins = [[9, 19, 29], ["<10", "10-20", "20-30", ">30"]];
const threshold = 15;

let patient;

function binOf(value, [ends, names]) {
  const place = ends.findIndex((end) => value <= end);
  return names[place === -1 ? ends.length : place];
}

/** The nodes of the page's tree that a patient passes. */
function pathOf({ Age, BP, Cholesterol, Na_to_K: ratio }) {
  if (ratio >= threshold) return ["root", "Y"];
  if (BP === "HIGH") return ["root", "low", "high", Age > 50 ? "B" : "A"];
  return ["root", "low", "other", BP === "LOW" && Cholesterol === "HIGH" ? "C" : "X"];
}

function show(next) {
  patient = next;
  byId("patient").textContent = describe(patient);
  const ageBin = binOf(patient.Age, ageBins);
  const ratioBin = binOf(patient.Na_to_K, ratioBins);
  const shown = { ...patient, "age-bin": ageBin, "ratio-bin": ratioBin };
  for (const place of document.querySelectorAll("[data-show]")) {
    place.textContent = shown[place.dataset.show];
  }
  const ones = new Set([
    ...categories.map((name) => `${name}=${patient[name]}`), `Age=${ageBin}`, `Na_to_K=${ratioBin}`,
  ]);
  for (const chip of document.querySelectorAll("[data-column]")) {
    const name = chip.dataset.column;
    const value = name in patient ? patient[name] : ones.has(name) ? 1 : 0;
    chip.querySelector("b").textContent = value;
    chip.classList.toggle("on", value !== 0);
  }
  const path = new Set(pathOf(patient));
  for (const node of document.querySelectorAll("[data-node]")) {
    node.classList.toggle("taken", path.has(node.dataset.node));
  }
  for (const button of buttons) {
    const isChosen = button.dataset.patient === JSON.stringify(patient);
    button.setAttribute("aria-pressed", isChosen);
  }
  put(byId("votes-chart"));
  byId("votes-text").textContent = words.askFor;
  byId("ask").hidden = false;
  byId("ratio").value = patient.Na_to_K;
  moveRatio();
}

function moveRatio() {
  const value = Number(byId("ratio").value);
  byId("ratio-value").textContent = value;
  byId("dot").setAttribute("cx", `${((value - 5) / 35) * 100}%`);
  const bin = binOf(value, ratioBins);
  byId("bin-sees").textContent = words.bins[bin];
  byId("measured-sees").textContent = words.measured(value, threshold);
}

async function ask() {
  const asked = patient;
  byId("ask").disabled = true;
  try {
    const answer = await predict(asked);
    if (asked === patient) showVotes(answer);
  } catch (failure) {
    if (!(failure instanceof Unavailable || failure instanceof Problem)) throw failure;
    byId("votes-text").textContent = failure.message;
  } finally {
    byId("ask").disabled = false;
  }
}

function showVotes({ prediction, votes, probabilities, prediction_set: set }) {
  const trees = Object.values(votes).reduce((sum, number) => sum + number, 0);
  const drugs = Object.entries(votes).sort((one, other) => other[1] - one[1]);
  byId("votes-text").textContent = words.voted(votes[prediction], trees, prediction, set);
  byId("ask").hidden = true;
  put(
    byId("votes-chart"),
    make(
      "table",
      { class: "bars" },
      head(words.voteColumns, ["", "unseen", "end", "end"]),
      make(
        "tbody",
        {},
        drugs.map(([drug, number], index) =>
          row(drug, [bar(number / trees), String(number), percent(probabilities[drug])], {
            classes: ["draw", "end", "end"],
            rowClass: index === 0 ? "first" : null,
          })),
      ),
    ),
  );
}

/** The patient that the address names, or null when it names none or a wrong one. */
function addressed() {
  const asked = Object.fromEntries(new URLSearchParams(location.search));
  const patient = { ...asked, Age: Number(asked.Age), Na_to_K: Number(asked.Na_to_K) };
  const isWhole = categories.every((name) => texts.values[patient[name]]) && spoken(patient.Sex).endsWith("male");
  return isWhole && patient.Age >= 0 && patient.Na_to_K > 0 ? patient : null;
}

for (const button of buttons) {
  button.disabled = false;
  button.addEventListener("click", () => show(JSON.parse(button.dataset.patient)));
}
byId("ask").disabled = false;
byId("ask").addEventListener("click", ask);
byId("ratio").disabled = false;
byId("ratio").addEventListener("input", moveRatio);
show(addressed() ?? JSON.parse(buttons[0].dataset.patient));
