// Small parts to build pages with. Texts go in as text, never as markup.

const svgNames = new Set(["svg", "rect", "line", "circle", "text", "path", "g", "title", "defs", "pattern"]);

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/** Makes an element. Attributes that are null, undefined or false are left out. */
export function make(name, attributes = {}, ...children) {
  const element = svgNames.has(name)
    ? document.createElementNS("http://www.w3.org/2000/svg", name)
    : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  put(element, children);
  return element;
}

/** Replaces what an element holds. Lists are taken apart; null, undefined and false are left out. */
export function put(element, ...children) {
  const isThere = (child) => child !== null && child !== undefined && child !== false;
  element.replaceChildren(...children.flat(Infinity).filter(isThere));
}

/** The rows of a `<dl class="facts">`, from pairs of name and text or nodes. */
export function facts(pairs) {
  return pairs.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value)));
}

/** A row of a table whose first cell is its header. `classes` are those of the cells after it. */
export function row(header, cells, { classes = [], rowClass } = {}) {
  return make(
    "tr",
    { class: rowClass },
    make("th", { scope: "row" }, header),
    cells.map((cell, index) => make("td", { class: classes[index] }, cell)),
  );
}

/** The head of a table. A name of the class `unseen` is for assistive technology alone. */
export function head(names, classes = []) {
  return make(
    "thead",
    {},
    make(
      "tr",
      {},
      names.map((name, index) =>
        classes[index] === "unseen"
          ? make("th", { scope: "col" }, make("span", { class: "visually-hidden" }, name))
          : make("th", { scope: "col", class: classes[index] }, name),
      ),
    ),
  );
}

/** A message with a title; `kind` is `caution`, `danger`, `good` or nothing. */
export function note(kind, title, ...content) {
  return make(
    "div",
    { class: `note ${kind}` },
    make("h3", {}, title),
    content.map((part) => (typeof part === "string" ? make("p", {}, part) : part)),
  );
}

/** Changes a live region only when there is news, because each change is read aloud. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
