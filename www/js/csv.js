// Reads CSV (RFC 4180) in pieces of any size, so that a large table never lies in memory at once.

/** Takes text in pieces and hands out the rows that are whole. */
export class RowReader {
  #cell = "";
  #row = [];
  #isQuoted = false;
  /** Whether the last character was a quote inside quotes: the end of them, or half of a pair. */
  #isQuote = false;
  #wasReturn = false;

  /** The rows that this piece completes, each a list of cells. Empty lines are left out. */
  read(text) {
    const rows = [];
    for (const character of text) this.#take(character, rows);
    return rows;
  }

  /** The last row, where no line break ends it. */
  end() {
    const rows = [];
    this.#endRow(rows);
    return rows;
  }

  #take(character, rows) {
    const wasReturn = this.#wasReturn;
    this.#wasReturn = false;
    if (this.#isQuoted && !this.#isQuote) {
      if (character === '"') this.#isQuote = true;
      else this.#cell += character;
      return;
    }
    if (character === '"') {
      // The second of a pair stands for one quote; any other opens quotes.
      if (this.#isQuote) this.#cell += '"';
      this.#isQuoted = true;
      this.#isQuote = false;
      return;
    }
    this.#isQuoted = this.#isQuote = false;
    if (character === ",") this.#endCell();
    else if (character === "\r") {
      this.#wasReturn = true;
      this.#endRow(rows);
    } else if (character === "\n") {
      if (!wasReturn) this.#endRow(rows);
    } else this.#cell += character;
  }

  #endCell() {
    this.#row.push(this.#cell);
    this.#cell = "";
  }

  #endRow(rows) {
    if (this.#row.length === 0 && this.#cell === "") return;
    this.#endCell();
    rows.push(this.#row);
    this.#row = [];
  }
}

/** Calls `take` with every row of a file; throws a `TypeError` when it is not UTF-8. */
export async function readRows(file, take) {
  const reader = new RowReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  // Browsers differ in whether a stream is an async iterable.
  const stream = file.stream().getReader();
  for (;;) {
    const { done, value } = await stream.read();
    const text = decoder.decode(value ?? new Uint8Array(), { stream: !done });
    for (const row of reader.read(text)) take(row);
    if (done) break;
  }
  for (const row of reader.end()) take(row);
}

/** Rows as CSV. */
export function writeRows(rows) {
  const cell = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return rows.map((cells) => `${cells.map(cell).join(",")}\n`).join("");
}

/** The first rows of a file. */
export async function firstRows(file, most) {
  const rows = [];
  const start = file.slice(0, 64 * 1024);
  const reader = new RowReader();
  const text = new TextDecoder("utf-8", { fatal: true }).decode(await start.arrayBuffer(), {
    stream: true,
  });
  rows.push(...reader.read(text));
  if (start.size === file.size) rows.push(...reader.end());
  return rows.slice(0, most);
}
