import { describe, expect, test } from '@jest/globals';
import { linesOf } from '../../src/cli/text-lines.ts';

async function read(...chunks: (string | Buffer)[]) {
  const lines = [];
  for await (const line of linesOf(chunksOf(chunks))) {
    lines.push(line);
  }
  return lines;
}

async function* chunksOf(chunks: readonly (string | Buffer)[]) {
  for (const chunk of chunks) {
    yield Buffer.from(chunk);
  }
}

describe('lines of a stream', () => {
  test('are numbered from 1, with or without an end to the last one', async () => {
    expect(await read('a\n\nb')).toEqual([
      { number: 1, text: 'a' },
      { number: 2, text: '' },
      { number: 3, text: 'b' },
    ]);
    expect(await read('a\n')).toEqual([{ number: 1, text: 'a' }]);
    expect(await read('')).toEqual([]);
  });

  test('are the same however the stream is cut, within a character too', async () => {
    const bytes = Buffer.from('é€😀\r\nzwei\n');
    const pieces = [...bytes].map((byte) => Buffer.from([byte]));
    expect(await read(...pieces)).toEqual(await read(bytes));
    expect((await read(bytes)).map(({ text }) => text)).toEqual(['é€😀', 'zwei']);
  });

  test('end at a newline alone, since other separators are ordinary characters in JSON', async () => {
    expect(await read('{"a":"\u2028\u0085"}\n')).toHaveLength(1);
  });

  test('that are no UTF-8 are named, and the next one is read', async () => {
    expect(await read(Buffer.from([0x61, 0xff, 0x0a, 0x62]))).toEqual([
      { number: 1, text: undefined, fault: 'it is not UTF-8 text' },
      { number: 2, text: 'b' },
    ]);
  });
});
