// Charts over the ranges of numbers, as SVG whose lengths are attributes in percent: bands of probabilities over
// one number, a map of the likeliest drug over two. Drugs have a colour and a letter.

import { drugKinds } from "./charts.js";
import { make } from "./dom.js";

/** From which share of the chart on a letter finds room, along it and across. */
const room = [0.03, 0.18];

/** The class of the colour of a drug by its place. */
export const colour = (place) => drugKinds[Math.min(place, drugKinds.length - 1)];

/** A letter for each name: what tells them apart behind what all begin with, or their number. */
export function letters(names) {
  const folded = names.map((name) => [...name.toLowerCase()]);
  let shared = 0;
  while (folded.length > 1 && folded[0][shared] && folded.every((name) => name[shared] === folded[0][shared])) shared += 1;
  for (const start of [shared, 0]) {
    const found = names.map((name) => ([...name][start] ?? "").toUpperCase());
    if (found.every(Boolean) && new Set(found).size === names.length) return found;
  }
  return names.map((_, index) => String(index + 1));
}

/** The hatching of what the training did not see, once a page. */
export const hatching = () =>
  make("svg", { class: "hatching", width: 0, height: 0, "aria-hidden": "true" },
    make("defs", {},
      make("pattern", { id: "untrained", width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
        make("rect", { class: "veil", width: 7, height: 7 }), make("line", { class: "stroke", x1: 0, x2: 0, y1: 0, y2: 7 }))));

const percent = (share) => `${Math.round(share * 1e5) / 1e3}%`;

/** Where a number lies between the first and the last edge, as a share. */
export const shareOf = (edges, value) => (value - edges[0]) / (edges.at(-1) - edges[0]);

/** Hatches the parts of a range that the training did not span; `place` makes a rectangle of two shares. */
function hatch({ edges, trained }, place) {
  if (!trained) return [];
  const [low, high] = trained.map((value) => Math.min(1, Math.max(0, shareOf(edges, value))));
  return [[0, low], [high, 1]].filter(([start, end]) => end > start)
    .map(([start, end]) => make("rect", { fill: "url(#untrained)", ...place(start, end) }));
}

const across = (start, end) => ({ x: percent(start), width: percent(end - start), y: 0, height: "100%" });
const upward = (start, end) => ({ y: percent(1 - end), height: percent(end - start), x: 0, width: "100%" });
const mark = (kind, at) => make("line", { class: kind, x1: percent(at), x2: percent(at), y1: 0, y2: "100%" });

/**
 * The probabilities of the drugs as bands over a number. `curve` is one of POST /predict/what-if, `drugs` pairs of
 * name and letter, `marks` pairs of class and number.
 */
export function bands(curve, drugs, marks, label) {
  const { edges, probabilities } = curve;
  const shares = edges.map((edge) => shareOf(edges, edge));
  const rects = [];
  /** The widest place of each drug for its letter. */
  const widest = new Map();
  for (let piece = 0; piece < edges.length - 1; piece += 1) {
    let top = 0;
    drugs.forEach(([name], place) => {
      const share = probabilities[name]?.[piece] ?? 0;
      if (share <= 0) return;
      const [start, end] = [shares[piece], shares[piece + 1]];
      rects.push(make("rect", {
        class: colour(place), x: percent(start), width: percent(end - start), y: percent(top), height: percent(share),
      }));
      const middle = { x: (start + end) / 2, y: top + share / 2, size: (end - start) * share };
      if (end - start > room[0] && share > room[1] && middle.size > (widest.get(place)?.size ?? 0)) widest.set(place, middle);
      top += share;
    });
  }
  return make("svg", { class: "bands", role: "img", "aria-label": label }, rects, hatch(curve, across),
    [...widest].map(([place, at]) => letter(drugs[place][1], at)),
    marks.filter(([, value]) => typeof value === "number").map(([kind, value]) => mark(kind, shareOf(edges, value))));
}

const letter = (text, { x, y }) => make("text", { class: "letter", x: percent(x), y: percent(y), dy: "0.35em" }, text);

/** Which drug leads over a number: pairs of its place and the upper end. */
export function course({ edges, probabilities }, names) {
  const parts = [];
  for (let piece = 0; piece < edges.length - 1; piece += 1) {
    const shares = names.map((name) => probabilities[name]?.[piece] ?? 0);
    const leading = shares.indexOf(Math.max(...shares));
    if (parts.at(-1)?.[0] === leading) parts.at(-1)[1] = edges[piece + 1];
    else parts.push([leading, edges[piece + 1]]);
  }
  return parts;
}

/**
 * The likeliest drug over two numbers, by colour, and by shade how likely it is. `map` is that of POST
 * /predict/what-if, `at` the pair of numbers that is marked; `choose` gets the pair that is pressed on.
 */
export function map(found, drugs, at, label, choose) {
  const { x, y, classes, labels, probabilities } = found;
  const [columns, rows] = [x, y].map(({ edges }) => edges.map((edge) => shareOf(edges, edge)));
  const places = classes.map((name) => drugs.findIndex(([drug]) => drug === name));
  const least = 1 / classes.length;
  const rects = [];
  const largest = new Map();
  labels.forEach((row, line) => {
    const [bottom, top] = [rows[line], rows[line + 1]];
    for (let column = 0; column < row.length;) {
      const drug = row[column];
      const shade = Math.round(((probabilities[line][column] - least) / (1 - least)) * 20) / 20;
      let end = column + 1;
      while (end < row.length && row[end] === drug &&
        Math.abs((probabilities[line][end] - least) / (1 - least) - shade) < 0.026) end += 1;
      const [left, right] = [columns[column], columns[end]];
      rects.push(make("rect", {
        class: colour(places[drug]), "fill-opacity": Math.max(0.15, 0.15 + 0.85 * shade ** 2),
        x: percent(left), width: percent(right - left), ...{ y: percent(1 - top), height: percent(top - bottom) },
      }));
      const middle = { x: (left + right) / 2, y: 1 - (top + bottom) / 2, size: (right - left) * (top - bottom) };
      if (middle.size > (largest.get(drug)?.size ?? 0)) largest.set(drug, middle);
      column = end;
    }
  });
  const [across1, up] = [shareOf(x.edges, at[0]), 1 - shareOf(y.edges, at[1])];
  const chart = make("svg", { class: "map", role: "img", "aria-label": label }, rects, hatch(x, across), hatch(y, upward),
    [...largest].map(([drug, place]) => letter(drugs[places[drug]][1], place)),
    Number.isFinite(across1) && Number.isFinite(up) && [
      mark("now thin", across1),
      make("line", { class: "now thin", x1: 0, x2: "100%", y1: percent(up), y2: percent(up) }),
      make("circle", { class: "now", cx: percent(across1), cy: percent(up), r: 6 }),
    ]);
  chart.addEventListener("click", (event) => {
    const box = chart.getBoundingClientRect();
    const [right, down] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    choose([x, y].map(({ edges }, index) => edges[0] + (index === 0 ? right : 1 - down) * (edges.at(-1) - edges[0])));
  });
  return chart;
}
