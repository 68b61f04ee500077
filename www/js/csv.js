// Reads CSV (RFC 4180) in pieces of any size, so that a large table never lies in memory at once.

const [quote, newline, carriageReturn] = ['"', "\n", "\r"].map((mark) => mark.charCodeAt(0));
/** How long the page may wait for work on a table, in milliseconds. */
const slice = 12;

/** Lets the page live between two pieces of work: resolves at once, or when it has had its turn. */
export function turns() {
  let start = performance.now();
  return async () => {
    if (performance.now() - start < slice) return;
    await new Promise((resolve) => setTimeout(resolve));
    start = performance.now();
  };
}

/** The bytes of a file, piece by piece. */
export async function* piecesOf(file) {
  // Browsers differ in whether a stream is an async iterable.
  const stream = file.stream().getReader();
  for (;;) {
    const { done, value } = await stream.read();
    if (done) return;
    yield value;
  }
}

/** Takes text in pieces and hands out the rows that are whole. */
export class RowReader {
  #cell = "";
  #row = [];
  #isQuoted = false;
  /** Whether the last character was a quote inside quotes: the end of them, or half of a pair. */
  #isQuote = false;
  #wasReturn = false;
  #delimiter;
  /** The line that is read, from 1, and that on which the row began. */
  #line = 1;
  #start = 1;

  constructor(delimiter = ",") {
    this.#delimiter = delimiter.charCodeAt(0);
  }

  /** The rows that this piece completes, each a list of cells with its `line`. Empty lines are left out. */
  read(text) {
    const rows = [];
    let from = 0;
    const keep = (end) => {
      if (end > from) this.#cell += text.slice(from, end);
      from = end + 1;
    };
    for (let place = 0; place < text.length; place += 1) {
      const code = text.charCodeAt(place);
      if (this.#isQuoted && !this.#isQuote) {
        if (code === quote) {
          this.#isQuote = true;
          keep(place);
        } else if (code === newline) this.#line += 1;
        continue;
      }
      if (code === quote) {
        // The second of a pair stands for one quote; any other opens quotes.
        if (this.#isQuote) this.#cell += '"';
        keep(place);
        this.#isQuoted = true;
        this.#isQuote = false;
        continue;
      }
      this.#isQuoted = this.#isQuote = false;
      const wasReturn = this.#wasReturn;
      this.#wasReturn = false;
      if (code === this.#delimiter) {
        keep(place);
        this.#endCell();
      } else if (code === newline && wasReturn) {
        from = place + 1;
      } else if (code === newline || code === carriageReturn) {
        this.#wasReturn = code === carriageReturn;
        keep(place);
        this.#endRow(rows);
      }
    }
    keep(text.length);
    return rows;
  }

  /** The last row, where no line break ends it. */
  end() {
    const rows = [];
    this.#endRow(rows);
    return rows;
  }

  #endCell() {
    this.#row.push(this.#cell);
    this.#cell = "";
  }

  #endRow(rows) {
    this.#line += 1;
    if (this.#row.length > 0 || this.#cell.trim() !== "") {
      this.#endCell();
      rows.push(Object.assign(this.#row, { line: this.#start }));
      this.#row = [];
    }
    this.#cell = "";
    this.#start = this.#line;
  }
}

/** The cells of one line, such as the names in a cell that blanks separate. */
export function cellsOf(line, delimiter) {
  const reader = new RowReader(delimiter);
  const rows = [...reader.read(line), ...reader.end()];
  return rows[0] ?? [];
}

/** Calls `take` with every row of a file; throws a `TypeError` when it is not in the encoding. */
export async function readRows(file, { delimiter, encoding }, take) {
  const reader = new RowReader(delimiter);
  const decoder = new TextDecoder(encoding, { fatal: true });
  const turn = turns();
  for await (const piece of piecesOf(file)) {
    for (const row of reader.read(decoder.decode(piece, { stream: true }))) take(row);
    await turn();
  }
  for (const row of [...reader.read(decoder.decode()), ...reader.end()]) take(row);
}

/** One row as CSV. */
export function writeRow(cells, delimiter = ",") {
  const isPlain = (text) => !text.includes(delimiter) && !/["\r\n]/.test(text);
  return `${cells.map((text) => (isPlain(text) ? text : `"${text.replaceAll('"', '""')}"`)).join(delimiter)}\n`;
}

/**
 * The first rows of a file, with its `delimiter` and `encoding`, in any way of writing that the service
 * recognises: UTF-8, UTF-16 or Latin-1, and the mark that gives the header most columns. `isWhole` tells whether
 * these are all. Throws a `TypeError` for what is no text.
 */
export async function beginningOf(file, size) {
  const start = file.slice(0, size);
  const { text, encoding } = decoded(new Uint8Array(await start.arrayBuffer()));
  if (text.includes("\0")) throw new TypeError("no text");
  const isWhole = start.size === file.size;
  const header = text.slice(0, 64 * 1024);
  const columns = (delimiter) => {
    const reader = new RowReader(delimiter);
    return [...reader.read(header), ...reader.end()][0]?.length ?? 0;
  };
  const delimiter = [",", ";", "\t"].reduce((best, one) => (columns(one) > columns(best) ? one : best));
  const reader = new RowReader(delimiter);
  const rows = reader.read(text);
  if (isWhole) rows.push(...reader.end());
  return { rows, delimiter, encoding, isWhole };
}

/** The beginning of a text, which may end inside a character. */
function decoded(bytes) {
  const decode = (encoding, fatal = false) => ({
    encoding, text: new TextDecoder(encoding, { fatal }).decode(bytes, { stream: true }),
  });
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first > 0 && second === 0)) return decode("utf-16le");
  if ((first === 0xfe && second === 0xff) || (first === 0 && second > 0)) return decode("utf-16be");
  try {
    return decode("utf-8", true);
  } catch {
    return decode("windows-1252");
  }
}
