// Charts as SVG inside tables. Lengths are attributes in percent, so that they follow any width and
// need no inline style.

import { make } from "./dom.js";

/** Up to how many drugs find room beside each other. */
const most = 8;

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
    parts.forEach((part, kind) => {
      const height = (part / most) * 100;
      top -= height;
      if (part === 0) return;
      chart.append(
        make("rect", {
          class: kinds[kind],
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
