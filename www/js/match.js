// A table whose columns or values are called otherwise than the description has them: which is which is picked by
// hand, and the table is sent in the description's words.

import { answerNames, isAnswered } from "./answered.js";
import { readRows, writeRow } from "./csv.js";
import { make, put } from "./dom.js";
import { match as words } from "./texts/table.js";

/** Up to how many values of a column are listed to be picked for. */
const most = 20;
/** What stands for no column, as for a name that is not there. */
const none = -1;

/** What is picked for a table, of which `names` are the columns and `rows` the first rows. */
export class Matching {
  /** The part of the page on which it is picked. */
  element;
  #names;
  #rows;
  /** For each field, and for the drug of the table itself, the place of its column. */
  #picks;
  #missingValues;
  /** By the place of a column what its values mean. */
  #values = new Map();
  /** How many columns at the end are earlier answers. */
  #answered = 0;
  #drops;

  constructor(names, rows, description) {
    this.#names = names;
    this.#rows = rows;
    this.#missingValues = description.missingValues;
    while (isAnswered(names.slice(0, names.length - this.#answered))) this.#answered += answerNames.length;
    const own = names.slice(0, names.length - this.#answered);
    this.#picks = [
      ...description.columns(own).map(({ field, place }) => ({ field, place, found: place })),
      ...[description.targetIn(own)].map((place) => ({ field: description.targetField, place, found: place, isDrug: true })),
    ];
    this.#drops = make("input", { type: "checkbox", checked: true });
    this.#draw(own);
  }

  #draw(own) {
    const rows = this.#picks.map((pick, index) => {
      const values = make("div", { class: "values" });
      const select = make(
        "select",
        { class: "input", id: `match-${index}`, onchange: () => {
          pick.place = Number(select.value);
          this.#drawValues(values, pick);
        } },
        make("option", { value: none }, words.noColumn),
        own.map((name, place) => make("option", { value: place, selected: place === pick.place }, name || words.column(place + 1))),
      );
      pick.select = select;
      this.#drawValues(values, pick);
      const { field, isDrug } = pick;
      return make(
        "div",
        { class: "match" },
        make("div", {}, make("label", { for: select.id, dir: "auto" }, isDrug ? words.drug : field.title,
          (!field.isRequired || isDrug) && make("span", { class: "maybe" }, ` ${words.maybe}`)), select),
        values,
      );
    });
    const isUnclear = this.missing.length > 0 || this.#picks.some((pick) => this.#unknown(pick).length > 0);
    this.element = make(
      "div",
      {},
      this.#answered > 0 && make(
        "div",
        { class: "note" },
        make("h3", {}, words.answered),
        make("label", { class: "check row" }, this.#drops, words.leaveOut),
      ),
      make(
        "details",
        { class: "matching", open: isUnclear },
        make("summary", {}, words.title),
        make("p", { class: "quiet small" }, words.hint),
        rows,
      ),
    );
  }

  /** Values of a column that the description does not know. */
  #unknown({ field, place }) {
    if (place === none || !field.categories) return [];
    const values = new Set(this.#rows.map((row) => (row[place] ?? "").trim()));
    return [...values].filter((value) => !this.#missingValues.includes(value) && !field.category(value));
  }

  #drawValues(element, pick) {
    const { field, place } = pick;
    const unknown = this.#unknown(pick);
    if (place !== none && !this.#values.has(place)) this.#values.set(place, new Map());
    const meant = this.#values.get(place);
    put(
      element,
      unknown.length > most ? make("p", { class: "quiet small" }, words.tooMany(unknown.length)) : unknown.map((value, number) => {
        const select = make(
          "select",
          { class: "input", id: `${pick.select.id}-${number}`, onchange: () => (select.value === "" ? meant.delete(value) : meant.set(value, select.value)) },
          make("option", { value: "" }, pick.isDrug ? words.otherDrug : words.unknown),
          field.categories.map(({ value: own, label }) =>
            make("option", { value: String(own), selected: meant.get(value) === String(own) }, label)),
        );
        return make("div", {}, make("label", { for: select.id, dir: "auto" }, words.means(value)), select);
      }),
    );
  }

  /** The required fields for which no column is picked. */
  get missing() {
    return this.#picks.filter(({ field, place, isDrug }) => place === none && field.isRequired && !isDrug)
      .map(({ field }) => field.name);
  }

  /** What keeps the table from being sent, with where it is mended; null for nothing. */
  get problem() {
    const open = this.#picks.find(({ field, place, isDrug }) => place === none && field.isRequired && !isDrug);
    if (open) return { text: words.pick(open.field.title), place: open.select };
    const twice = this.#picks.find(({ place }, index) =>
      place !== none && this.#picks.findIndex((other) => other.place === place) < index);
    return twice ? { text: words.twice(this.#names[twice.place]), place: twice.select } : null;
  }

  /** Shows what is picked. */
  open() {
    this.element.querySelector("details").open = true;
  }

  /** How the table is to be rewritten before it is sent; null when it may go as it is. */
  get plan() {
    const header = [...this.#names];
    // A column of a field's name that is not picked for it must not be taken for it.
    for (const { place, found } of this.#picks) {
      if (place !== found && found !== none) header[found] = words.notUsed(header[found]);
    }
    for (const { field, place, found } of this.#picks) {
      if (place !== found && place !== none) header[place] = field.name;
    }
    const values = new Map([...this.#values].filter(([place, meant]) =>
      meant.size > 0 && this.#picks.some((pick) => pick.place === place)));
    const kept = header.length - (this.#drops.checked ? this.#answered : 0);
    const isSame = kept === header.length && values.size === 0 && header.every((name, place) => name === this.#names[place]);
    return isSame ? null : { header, values, kept };
  }
}

/** A table as its plan has it, in UTF-8 and with the marks that it has. Its rows keep their lines. */
export async function rewritten(file, { delimiter, encoding }, { header, values, kept }) {
  try {
    return await rewrite(file, { delimiter, encoding }, { header, values, kept });
  } catch (failure) {
    // What begins as UTF-8 may go on as Latin-1, which any bytes are.
    if (!(failure instanceof TypeError) || encoding !== "utf-8") throw failure;
    return rewrite(file, { delimiter, encoding: "windows-1252" }, { header, values, kept });
  }
}

async function rewrite(file, { delimiter, encoding }, { header, values, kept }) {
  const parts = [];
  let text = "";
  let line = 0;
  const write = (cells, at) => {
    // Lines that were empty are again, so that the service counts as the person does.
    while (++line < at) text += "\n";
    const row = writeRow(cells, delimiter);
    line += row.split("\n").length - 2;
    text += row;
    if (text.length > 1 << 20) {
      parts.push(text);
      text = "";
    }
  };
  await readRows(file, { delimiter, encoding }, (cells) => {
    if (line === 0) return write(header.slice(0, kept), cells.line);
    // A row of another width is a wrong one, of which nothing is left out.
    const own = cells.length === header.length ? cells.slice(0, kept) : cells;
    write(own.map((cell, place) => values.get(place)?.get(cell.trim()) ?? cell), cells.line);
  });
  return new File([...parts, text], file.name, { type: "text/csv" });
}
