// An answered table: what became of each row and where it stands, so that any of a million can be shown without
// holding them all.

import { cellsOf, piecesOf, turns } from "./csv.js";

/** The columns that the service adds, which stand last. */
export const answerNames = ["prediction", "probability", "prediction_set", "needs_review", "warnings", "error", "id"];

/** What becomes of a row, in the order in which a person should look at them. */
export const kinds = ["wrong", "unlike", "review", "sure"];

/** What stands for no drug among the numbers of drugs. */
const none = -1;

/** Whether the last columns are those of an answer, under names that they have when others have theirs. */
export function isAnswered(header) {
  const last = header.slice(-answerNames.length);
  return header.length > answerNames.length
    && last.every((name, place) => name.replace(/^(answer_)+/, "") === answerNames[place]);
}

/** One row of the bytes: the places where its cells end, the last one behind it. */
function recordIn(bytes, from) {
  const ends = [];
  let isQuoted = false;
  let lines = 1;
  for (let place = from; place < bytes.length; place += 1) {
    const byte = bytes[place];
    if (byte === 0x22) isQuoted = !isQuoted;
    else if (byte === 0x0a && !isQuoted) {
      ends.push(bytes[place - 1] === 0x0d ? place - 1 : place);
      return { ends, next: place + 1, lines };
    } else if (byte === 0x0a) lines += 1;
    else if (byte === 0x2c && !isQuoted) ends.push(place);
  }
  return null;
}

const decoder = new TextDecoder();

/** The numbers of names that are met again and again, without making a text of each. */
class Names {
  list = [];
  #bytes = [];

  constructor(names) {
    for (const name of names) this.#add(name, new TextEncoder().encode(name));
  }

  #add(name, bytes) {
    this.#bytes.push(bytes);
    return this.list.push(name) - 1;
  }

  find(bytes, from, to) {
    return this.#bytes.findIndex((own) => own.length === to - from && own.every((byte, place) => byte === bytes[from + place]));
  }

  number(bytes, from, to) {
    const known = this.find(bytes, from, to);
    if (known !== -1) return known;
    const name = decoder.decode(bytes.subarray(from, to));
    const [text = ""] = cellsOf(name, ",");
    const same = this.list.indexOf(text);
    return same === -1 ? this.#add(text, bytes.slice(from, to)) : same;
  }
}

/** What the rows of an answered table say. */
export class Answered {
  /** The names of all columns. */
  header = [];
  /** For each row the place in `kinds`. */
  #kinds = [];
  /** For each row the number of the recommended drug, and of that which the table itself gives. */
  #said = [];
  #given = [];
  /** What the names that the table gives mean, by their numbers. */
  #meanings = [];
  #drugOf;
  /** For each row where it begins, and the end of the last. */
  #starts = [];
  /** For each row its line in the table that was asked. */
  #lines = [];
  #names;
  #blob;
  /** Where the table gives a drug itself; -1 when it does not. */
  target = -1;
  /** How many rows there are, and how many of each kind. */
  count = 0;
  counts;
  /** The recommended drugs with the number of their rows, the most first. */
  byDrug;

  /**
   * Reads an answered table.
   *
   * `drugs` are those that may be recommended, `targetIn` says of a header in which column the table gives a drug
   * itself, -1 for none, and `drugOf` which drug that column means. `lines` are those of the rows that were asked,
   * where they are known; else they are counted.
   */
  static async read(blob, { drugs, targetIn, drugOf, lines }) {
    const answered = new Answered();
    answered.#blob = blob;
    answered.#names = new Names(drugs);
    answered.#drugOf = drugOf;
    const turn = turns();
    let rest = new Uint8Array();
    let offset = 0;
    for await (const piece of piecesOf(blob)) {
      const bytes = new Uint8Array(rest.length + piece.length);
      bytes.set(rest);
      bytes.set(piece, rest.length);
      let from = 0;
      for (let record; (record = recordIn(bytes, from)); from = record.next) {
        if (answered.header.length === 0) answered.#takeHeader(bytes.subarray(from, record.next), record, targetIn);
        else answered.#take(bytes, from, record, offset + from);
      }
      offset += from;
      rest = bytes.slice(from);
      await turn();
    }
    answered.#starts.push(offset);
    answered.#count();
    if (lines?.length === answered.count) answered.#lines = lines;
    return answered;
  }

  #line = 1;

  #takeHeader(bytes, { lines }, targetIn) {
    this.header = cellsOf(decoder.decode(bytes), ",");
    this.target = targetIn(this.header.slice(0, -answerNames.length));
    this.#line += lines;
  }

  #take(bytes, from, { ends, lines }, offset) {
    const width = ends.length;
    const start = (column) => (column === 0 ? from : ends[column - 1] + 1);
    const own = (name) => width - answerNames.length + answerNames.indexOf(name);
    const isFilled = (name) => ends[own(name)] > start(own(name));
    const number = (column) => this.#names.number(bytes, start(column), ends[column]);
    const kind = isFilled("error") ? 0 : isFilled("warnings") ? 1 : bytes[start(own("needs_review"))] === 0x74 ? 2 : 3;
    if (kind === 0) {
      // The answer leaves empty lines out. The service counts them, and says so at the next wrong row.
      const text = decoder.decode(bytes.subarray(start(own("error")), ends[own("error")]));
      const told = /^"?(?:the rest: )?line (\d+): /.exec(text);
      if (told) this.#line = Number(told[1]);
    }
    this.#starts.push(offset);
    this.#lines.push(this.#line);
    this.#kinds.push(kind);
    this.#said.push(kind === 0 ? none : number(own("prediction")));
    if (this.target !== -1) {
      const isEmpty = ends[this.target] === start(this.target);
      this.#given.push(isEmpty ? none : this.#meaning(number(this.target)));
    }
    this.#line += lines;
  }

  #count() {
    const rows = new Map();
    this.count = this.#kinds.length;
    this.counts = Object.fromEntries(kinds.map((kind) => [kind, 0]));
    for (let row = 0; row < this.count; row += 1) {
      this.counts[kinds[this.#kinds[row]]] += 1;
      const drug = this.#said[row];
      if (drug !== none) rows.set(drug, (rows.get(drug) ?? 0) + 1);
    }
    this.byDrug = [...rows].map(([drug, number]) => [this.#names.list[drug], number]).sort((one, other) => other[1] - one[1]);
  }

  /** The names that the service's columns have because the table has theirs. */
  get renamed() {
    return this.header.slice(-answerNames.length).filter((name, place) => name !== answerNames[place]);
  }

  #meaning(number) {
    const known = this.#names.list;
    this.#meanings[number] ??= known.indexOf(this.#drugOf(known[number]));
    return this.#meanings[number] === -1 ? number : this.#meanings[number];
  }

  /** Whether a row's recommendation is another drug than the table gives. */
  #differs(row) {
    return this.#kinds[row] !== 0 && this.#given[row] !== none && this.#given[row] !== this.#said[row];
  }

  /**
   * How often the recommendation is the drug that the table gives: a matrix of `classes`, with the drug of the
   * table in rows. `others` counts answered rows that give none of the drugs that are recommended.
   */
  agreement(drugs) {
    const numbers = drugs.map((drug) => this.#names.list.indexOf(drug));
    const classes = drugs.filter((_, place) => numbers[place] !== -1);
    const place = new Map(classes.map((drug, index) => [this.#names.list.indexOf(drug), index]));
    const matrix = classes.map(() => classes.map(() => 0));
    let others = 0;
    this.#said.forEach((said, row) => {
      if (said === none) return;
      const [given, recommended] = [place.get(this.#given[row]), place.get(said)];
      if (given === undefined || recommended === undefined) others += 1;
      else matrix[given][recommended] += 1;
    });
    return { classes, matrix, others };
  }

  /**
   * The numbers of the rows of a kind or of all, of a recommended drug or of all. The kind `differs` are those whose
   * recommendation is another drug than the table gives; `isFirst` puts those first that are to be looked at first.
   */
  pick({ kind = "", drug = "", isFirst = false } = {}) {
    const wanted = kinds.indexOf(kind);
    const name = this.#names.list.indexOf(drug);
    const groups = kinds.map(() => []);
    for (let row = 0; row < this.count; row += 1) {
      const own = this.#kinds[row];
      if (wanted !== -1 ? own !== wanted : kind === "differs" && !this.#differs(row)) continue;
      if (drug === "" || this.#said[row] === name) groups[isFirst ? own : 0].push(row);
    }
    return isFirst ? groups.flat() : groups[0];
  }

  /** Rows by their numbers: `{line, kind, differs, cells, answer}`, the last by the names of the service's columns. */
  rows(numbers) {
    return Promise.all(numbers.map(async (row) => {
      const cells = cellsOf(await this.#blob.slice(this.#starts[row], this.#starts[row + 1]).text(), ",");
      const own = cells.splice(-answerNames.length);
      return {
        line: this.#lines[row], kind: kinds[this.#kinds[row]], differs: this.target !== -1 && this.#differs(row), cells,
        answer: Object.fromEntries(answerNames.map((name, place) => [name, own[place] ?? ""])),
      };
    }));
  }
}
