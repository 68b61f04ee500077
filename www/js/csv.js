// Reads CSV (RFC 4180) in pieces of any size, so that a large table never lies in memory at once.

/** Takes text in pieces and hands out the rows that are whole. */
export class RowReader {
  #cell = "";
  #row = [];
  #isQuoted = false;
  /** Whether the last character was a quote inside quotes: the end of them, or half of a pair. */
  #isQuote = false;
  #wasReturn = false;
  #delimiter;

  constructor(delimiter = ",") {
    this.#delimiter = delimiter;
  }

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
    if (character === this.#delimiter) this.#endCell();
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

/** The cells of one line, such as the names in a cell that blanks separate. */
export function cellsOf(line, delimiter) {
  const reader = new RowReader(delimiter);
  const rows = [...reader.read(line), ...reader.end()];
  return rows[0] ?? [];
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

/**
 * The first rows of a file, in any way of writing that the service recognises: UTF-8, UTF-16 or
 * Latin-1, and the mark that gives the header most columns. Throws a `TypeError` for what is no text.
 */
export async function firstRows(file, most) {
  const start = file.slice(0, 64 * 1024);
  const text = decoded(new Uint8Array(await start.arrayBuffer()));
  if (text.includes("\0")) throw new TypeError("no text");
  const readings = [",", ";", "\t"].map((delimiter) => {
    const reader = new RowReader(delimiter);
    const rows = reader.read(text);
    if (start.size === file.size) rows.push(...reader.end());
    return rows;
  });
  const columns = (rows) => rows[0]?.length ?? 0;
  return readings.reduce((best, rows) => columns(rows) > columns(best) ? rows : best).slice(0, most);
}

/** The beginning of a text, which may end inside a character. */
function decoded(bytes) {
  const decode = (encoding, fatal = false) =>
    new TextDecoder(encoding, { fatal }).decode(bytes, { stream: true });
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first > 0 && second === 0)) return decode("utf-16le");
  if ((first === 0xfe && second === 0xff) || (first === 0 && second > 0)) return decode("utf-16be");
  try {
    return decode("utf-8", true);
  } catch {
    return decode("windows-1252");
  }
}
