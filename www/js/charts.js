// Charts as SVG inside tables. Lengths are attributes in percent, so that they follow any width and
// need no inline style.

import { make } from "./dom.js";

/** Up to how many drugs find room beside each other. */
const most = 8;

/** The kinds of drugs in their order; the last is all further ones. Each has a colour and strokes of its own. */
export const drugKinds = [...[1, 2, 3, 4, 5, 6, 7, 8].map((number) => `fill-${number}`), "fill-other"];

/** The strokes of those kinds that have some, in squares of 7 pixels. */
const strokes = {
  "fill-2": "M-1 8 L8 -1 M-1 1 L1 -1 M6 8 L8 6",
  "fill-3": "M3.5 0 V2 M0 5.5 H2",
  "fill-4": "M0 3.5 H7",
  "fill-5": "M-1 -1 L8 8 M6 -1 L8 1 M-1 6 L1 8",
  "fill-6": "M3.5 0 V7",
  "fill-7": "M0 0 H7 M0 0 V7",
  "fill-8": "M1 3.5 H6 M3.5 1 V6",
  "fill-against": "M-1 8 L8 -1 M-1 1 L1 -1 M6 8 L8 6",
  "fill-danger": "M0 3.5 H7 M3.5 0 V7",
};

/** A part of a chart as rectangles: the colour of its kind, and the strokes over it. */
export function part(kind, place) {
  const colour = make("rect", { class: kind, ...place });
  return kind in strokes ? [colour, make("rect", { fill: `url(#${hatch(kind)})`, ...place })] : [colour];
}

/** What stands for a kind in a legend. */
export const swatch = (kind) =>
  make("svg", { class: "swatch", "aria-hidden": "true" }, part(kind, { width: "100%", height: "100%", rx: 2 }));

/** The strokes of a kind by an identifier; they stand once on a page. */
function hatch(kind) {
  const id = `hatch-${kind}`;
  if (!document.getElementById(id)) {
    const pattern = make("pattern", { id, width: 7, height: 7, patternUnits: "userSpaceOnUse" },
      make("path", { class: "hatch", d: strokes[kind] }));
    document.body.append(make("svg", { class: "visually-hidden", "aria-hidden": "true" }, pattern));
  }
  return id;
}

/** A bar for a share from 0 to 1. */
export function bar(share, kind = "") {
  return make(
    "svg",
    { "aria-hidden": "true" },
    make("rect", { class: "track", width: "100%", height: "100%", rx: 4 }),
    share > 0 && make("rect", { class: `bar ${kind}`, width: `${share * 100}%`, height: "100%", rx: 4 }),
  );
}

/** A bar to the right of the middle for what is above zero, to the left for what is below. */
export function diverging(value, limit) {
  const half = limit === 0 ? 0 : (Math.min(Math.abs(value) / limit, 1) * 100) / 2;
  return make(
    "svg",
    { "aria-hidden": "true" },
    make("rect", { class: "track", width: "100%", height: "100%", rx: 4 }),
    half > 0 && make("rect", {
      class: `bar ${value > 0 ? "for" : "against"}`,
      x: `${value > 0 ? 50 : 50 - half}%`,
      width: `${half}%`,
      height: "100%",
      rx: 2,
    }),
    make("line", { class: "axis", x1: "50%", x2: "50%", y1: 0, y2: "100%" }),
  );
}

/** A mean with its interval on an axis from -limit to limit, with zero in the middle. */
export function interval(mean, [low, high], limit) {
  const place = (value) => `${50 + (Math.max(-1, Math.min(1, value / limit)) * 96) / 2}%`;
  return make(
    "svg",
    { "aria-hidden": "true", class: "interval" },
    make("rect", { class: "track", width: "100%", height: "100%", rx: 4 }),
    make("line", { class: "axis", x1: "50%", x2: "50%", y1: 0, y2: "100%" }),
    make("line", { class: "whisker", x1: place(low), x2: place(high), y1: "50%", y2: "50%" }),
    make("circle", { class: "middle", cx: place(mean), cy: "50%", r: 6 }),
  );
}

/** A confusion matrix: the drugs given in rows, those recommended in columns. `corner` has two lines. */
export function heatMap(matrix, classes, { caption, corner }) {
  const isLarge = classes.length > most;
  const table = make(
    "table",
    { class: isLarge ? "heat many" : "heat" },
    make("caption", {}, caption),
    make(
      "thead",
      {},
      make(
        "tr",
        {},
        make("td", { class: "corner" }, corner.map((line) => make("span", {}, line))),
        classes.map((name) => make("th", { scope: "col", dir: "auto" }, name)),
      ),
    ),
    make(
      "tbody",
      {},
      matrix.map((cells, given) => {
        const sum = cells.reduce((total, cell) => total + cell, 0);
        return make(
          "tr",
          {},
          make("th", { scope: "row", dir: "auto" }, classes[given]),
          cells.map((cell, recommended) =>
            make("td", { class: shade(cell, sum, given === recommended) }, String(cell)),
          ),
        );
      }),
    ),
  );
  return isLarge ? make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption }, table) : table;
}

function shade(cell, sum, isRight) {
  if (cell === 0) return "none";
  return `${isRight ? "right" : "wrong"}-${Math.ceil((cell / sum) * 4)}`;
}

/** Two or more distributions over the same bins, as columns beside each other. Shares are 0 to 1. */
export function pairs(distributions, kinds) {
  const most = Math.max(...distributions.flat()) || 1;
  const step = 100 / distributions[0].length;
  const width = (step * 0.86) / distributions.length;
  const chart = make("svg", { "aria-hidden": "true" }, make("line", { class: "axis", x1: 0, x2: "100%", y1: "100%", y2: "100%" }));
  distributions.forEach((shares, kind) => shares.forEach((share, bin) => {
    if (share === 0) return;
    const height = (share / most) * 100;
    chart.append(...part(kinds[kind], {
      x: `${bin * step + step * 0.07 + kind * width}%`, y: `${100 - height}%`, width: `${width}%`, height: `${height}%`,
    }));
  }));
  return chart;
}

/** A line from top to bottom where something changed, at a share of the width. */
export const mark = (share, kind) =>
  make("line", { class: `mark ${kind}`, x1: `${share * 100}%`, x2: `${share * 100}%`, y1: 0, y2: "100%" });

/**
 * Columns over time, each a stack of parts. `columns` are lists of numbers; `kinds` are the classes
 * of the parts.
 */
export function columns(columns, kinds) {
  const totals = columns.map((parts) => parts.reduce((sum, part) => sum + part, 0));
  const most = Math.max(1, ...totals);
  const step = 100 / columns.length;
  const chart = make("svg", { "aria-hidden": "true" });
  for (const share of [0, 0.5, 1]) {
    const y = `${share * 100}%`;
    chart.append(make("line", { class: "grid-line", x1: 0, x2: "100%", y1: y, y2: y }));
  }
  columns.forEach((parts, index) => {
    let top = 100;
    parts.forEach((value, kind) => {
      const height = (value / most) * 100;
      top -= height;
      if (value === 0) return;
      chart.append(
        ...part(kinds[kind], {
          x: `${index * step + step * 0.1}%`,
          y: `${top}%`,
          width: `${step * 0.8}%`,
          height: `${height}%`,
        }),
      );
    });
  });
  return { chart, most };
}
