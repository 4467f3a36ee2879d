export interface TextLine {
  /** From 1. */
  readonly number: number;
  /** Without the line end; `undefined` if it cannot be read, for the reason in `fault`. */
  readonly text: string | undefined;
  readonly fault?: string | undefined;
}

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** Twice the size of the largest message. A file with one line of gigabytes must not take all memory. */
const LONGEST_LINE_BYTES = 32 * 1024 * 1024;

/**
 * Splits a stream into lines, at `\n` only: other line separators, such as U+2028, are ordinary characters of JSON
 * text. Holds one line at a time.
 */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<TextLine, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let number = 0;
  let parts: Buffer[] = [];
  let length = 0;
  const finish = (): TextLine => {
    number += 1;
    const line = length > LONGEST_LINE_BYTES ? tooLong(number) : decode(decoder, number, Buffer.concat(parts));
    parts = [];
    length = 0;
    return line;
  };
  const append = (part: Buffer): void => {
    length += part.length;
    if (length <= LONGEST_LINE_BYTES) {
      parts.push(part);
    } else {
      parts = [];
    }
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      append(chunk.subarray(start, end));
      yield finish();
      start = end + 1;
    }
    if (start < chunk.length) {
      append(chunk.subarray(start));
    }
  }
  if (length > 0) {
    yield finish();
  }
}

function decode(decoder: InstanceType<typeof TextDecoder>, number: number, bytes: Buffer): TextLine {
  try {
    const end = bytes.at(-1) === CARRIAGE_RETURN ? bytes.length - 1 : bytes.length;
    return { number, text: decoder.decode(bytes.subarray(0, end)) };
  } catch {
    return { number, text: undefined, fault: 'it is not UTF-8 text' };
  }
}

function tooLong(number: number): TextLine {
  return { number, text: undefined, fault: `it is longer than ${LONGEST_LINE_BYTES} bytes` };
}
