// The story of drug200: the rule that can be seen in that table, and what its bins hide.

import { byId } from "./dom.js";

const fields = ["Age", "Sex", "BP", "Cholesterol", "Na_to_K"];
const drugs = ["DrugY", "drugA", "drugB", "drugC", "drugX"];
/** Halfway between the greatest ratio without DrugY and the least with it, where the forest cuts too. */
const threshold = 14.83;
const bins = {
  "<10": "<10: 9 or less. All of it lies below 14.83.",
  "10-20": "10-20: anything above 9, up to 19. On which side of 14.83, nobody can tell.",
  "20-30": "20-30: anything above 19, up to 29. All of it lies above 14.83.",
  ">30": ">30: anything above 29. All of it lies above 14.83.",
};
const measured = (value) =>
  value >= threshold
    ? `${value}: ${threshold} or more, so DrugY.`
    : `${value}: below ${threshold}, so the other measurements decide.`;

let ratioField;

/** Whether this describes drug200. */
export function isDrug200(description) {
  const isSame = (these, those) => these.toSorted().join() === those.toSorted().join();
  return description.target === "Drug" && isSame(description.fields.map(({ name }) => name), fields) &&
    isSame(description.drugs, drugs) && Object.keys(bins).join() === description.field("Na_to_K").bins?.labels.join();
}

/** The nodes of the page's tree that a patient passes. */
function pathOf({ Age, BP, Cholesterol, Na_to_K: ratio }) {
  if (ratio >= threshold) return ["root", "Y"];
  if (BP === "HIGH") return ["root", "low", "high", Age > 50 ? "B" : "A"];
  return ["root", "low", "other", BP === "LOW" && Cholesterol === "HIGH" ? "C" : "X"];
}

/** The drug at the end of a patient's way through the page's tree. */
export function drugOf(patient) {
  const leaf = pathOf(patient).at(-1);
  return drugs.find((drug) => drug.endsWith(leaf));
}

/** Takes a patient down the tree, and to the line of ratios. */
export function tell(patient, description) {
  ratioField = description.field("Na_to_K");
  const path = new Set(pathOf(patient));
  for (const node of document.querySelectorAll("[data-node]")) {
    node.classList.toggle("taken", path.has(node.dataset.node));
  }
  byId("ratio").value = patient.Na_to_K;
  byId("ratio").disabled = false;
  byId("ratio").oninput = moveRatio;
  moveRatio();
}

function moveRatio() {
  const value = Number(byId("ratio").value);
  byId("ratio-value").textContent = value;
  byId("dot").setAttribute("cx", `${((value - 5) / 35) * 100}%`);
  byId("bin-sees").textContent = bins[ratioField.bin(value)];
  byId("measured-sees").textContent = measured(value);
}
