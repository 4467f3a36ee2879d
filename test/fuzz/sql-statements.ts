import type { Chooser } from '../support/chooser.ts';

/** A value with the literal that stands for it, written in another way than the library writes it. */
export interface FuzzValue {
  readonly value: string | number | bigint | boolean | Date | Buffer | null;
  readonly literal: string;
}

/** A statement with marks, and where each of them stands. */
export interface FuzzStatement {
  readonly text: string;
  readonly places: readonly number[];
  readonly values: readonly FuzzValue[];
}

const LETTERS = [
  ..."''''\"`\\\\\\\\;?*/-#!%_@$:(){}[]<>=,.\n\r\t\u0001\u001a\u007f abcnrtbZxXuU019",
  '\u00a0',
  'ä',
  'ß',
  '\u2019',
  '\u6f27',
  '\u7e17',
  '\u8868',
  '\uff07',
  '\u{1f680}',
  '\u0301',
  '\ufeff',
  '\uffff',
  "' or 1=1 -- ",
  '*/',
  '/*',
  "\\'",
  "''",
  " union select 'out' -- ",
];

/** Text of anything that may be a letter. */
export function oddText(choose: Chooser, longest = 12): string {
  return Array.from({ length: choose.below(longest) }, () => choose.of(LETTERS)).join('');
}

/** Any value, with its literal by the plainest of rules: for a session with backslash escapes, in utf8mb4. */
export function oddValue(choose: Chooser): FuzzValue {
  switch (choose.below(10)) {
    case 0: {
      const value = choose.of([0, -0, 1, -1, 0.1, -2.5, 1e-300, 1e-7, 5e-324, 2 ** 53 - 1, choose.below(1e9) / 1000]);
      return { value, literal: value < 0 ? `(${value})` : String(value) };
    }
    case 1: {
      const value = choose.of([0n, -(2n ** 63n), 2n ** 64n - 1n, BigInt(choose.below(2 ** 30)) * 4_294_967_296n]);
      return { value, literal: value < 0 ? `(${value})` : String(value) };
    }
    case 2: {
      const value = choose.percent(50);
      return { value, literal: value ? 'true' : 'false' };
    }
    case 3:
      return { value: null, literal: 'null' };
    case 4: {
      const value = new Date(
        Date.UTC(1000 + choose.below(8_999), choose.below(12), 1, choose.below(24), 0, 0, choose.below(1000)),
      );
      const text = value
        .toISOString()
        .slice(0, 23)
        .replace('T', ' ')
        .replace(/\.000$/, '');
      return { value, literal: `'${text}'` };
    }
    case 5: {
      const value = Buffer.from(
        Array.from({ length: choose.below(6) }, () => choose.of([0, 39, 92, 34, 96, 255, 128, 49, choose.below(256)])),
      );
      return { value, literal: `_binary x'${value.toString('hex')}'` };
    }
    default: {
      const value = choose.percent(15) ? String(choose.below(1000) / 10) : oddText(choose);
      return { value, literal: `'${value.replace(/\\/g, '\\\\').replace(/'/g, "''")}'` };
    }
  }
}

/** What may stand between two words, and is none. */
function gap(choose: Chooser): string {
  const inner = oddText(choose, 8);
  switch (choose.below(12)) {
    case 0:
      return ` /*${choose.of(['', ' ', '+', '*'])}${inner
        .replaceAll('*/', '')
        .replace(/^[!M+/]+/, '')
        .replace(/\*$/, '')} */ `;
    case 1:
      return ` -- ${inner.replace(/\n/g, '')}\n`;
    case 2:
      return ` #${inner.replace(/\n/g, '')}\n`;
    case 3:
      return ` /*${choose.of(['!', '!40000', '!50100', '!99999', '!080000', 'M!', 'M!100000', 'M!999999'])} */ `;
    case 4:
      return choose.of(['\n', '\t', '\r\n', '  ']);
    default:
      return ' ';
  }
}

/** A text in the statement itself, without a mark. */
function ownText(choose: Chooser, doubleQuotes: boolean): string {
  const inner = oddText(choose, 8);
  return doubleQuotes && choose.percent(30)
    ? `"${inner.replace(/[\\]/g, '').replaceAll('"', '""')}"`
    : `'${choose.percent(50) ? inner.replace(/['\\]/g, '\\$&') : inner.replace(/\\/g, '').replaceAll("'", "''")}'`;
}

const ONE = [
  '@',
  'hex(@)',
  'length(@)',
  'concat(@)',
  'upper(@)',
  'char_length(@)',
  'quote(@)',
  '@ is null',
  'coalesce(null, @)',
  'if(1, @, null)',
  'cast(@ as char)',
  'cast(@ as binary)',
  "json_quote(concat('', cast(@ as char character set utf8mb4)))",
  'collation(@)',
  'coercibility(@)',
  'charset(@)',
  '(@)',
  'reverse(@)',
  'date_add(@, interval 1 day)',
  '@ + 0',
  '@ + interval 1 day',
  'crc32(@)',
  'to_base64(@)',
  'soundex(@)',
  'trim(@)',
];
const TWO = [
  'concat(@, @)',
  '@ = @',
  '@ <=> @',
  '@ < @',
  '@ like @',
  '@ in (@, @)',
  '@ between @ and @',
  'nullif(@, @)',
  'greatest(@, @)',
  'case when @ = @ then @ else @ end',
  'instr(@, @)',
  'replace(@, @, @)',
  'locate(@, @)',
  'field(@, @, @)',
  "concat_ws(@, @, 'x')",
  'find_in_set(@, @)',
  'strcmp(@, @)',
];

/** A statement that a server takes, or refuses for its values, with marks wherever a value may stand. */
export function statement(choose: Chooser, doubleQuotes: boolean): FuzzStatement {
  const values: FuzzValue[] = [];
  const places: number[] = [];
  let text = '';
  const add = (piece: string): void => {
    for (const part of piece.split(/(@)/)) {
      if (part === '@' && choose.percent(75)) {
        places.push(text.length);
        values.push(oddValue(choose));
        text += '?';
      } else {
        text += part === '@' ? ownText(choose, doubleQuotes) : part;
      }
    }
  };
  text += `${gap(choose)}select${gap(choose)}`;
  const columns = 1 + choose.below(3);
  for (let column = 0; column < columns; column += 1) {
    text += column === 0 ? '' : `${gap(choose)},${gap(choose)}`;
    add(choose.of(choose.percent(60) ? ONE : TWO));
    if (choose.percent(10)) {
      text += ` /*${choose.of(['!', '!40000', '!99999', 'M!', 'M!999999'])} + 0 */ `;
    }
    if (choose.percent(20)) {
      text += ` as \`${oddText(choose, 6).replace(/[^\x21-\x5f\x61-\x7e\u00a1-\u9fff]/g, '')}c\``;
    }
    text += gap(choose);
  }
  if (choose.percent(40)) {
    text += `from${gap(choose)}fuzzed where${gap(choose)}`;
    add(
      choose.of([
        't = @',
        'l = @',
        't like @',
        'd > @',
        'd = @',
        'at >= @',
        'f < @',
        'b = @',
        'n in (@, @)',
        'concat(t, @) <> l',
      ]),
    );
    text += gap(choose);
  }
  if (choose.percent(10)) {
    text += ' union all select ';
    for (let column = 0; column < columns; column += 1) {
      text += column === 0 ? '' : ', ';
      add('@');
    }
    text += gap(choose);
  }
  return { text, places, values };
}

/** A statement of which letters are lost, doubled or put elsewhere: most of them are none any more. */
export function broken(choose: Chooser, doubleQuotes: boolean): string {
  let { text } = statement(choose, doubleQuotes);
  for (let times = 1 + choose.below(3); times > 0; times -= 1) {
    const at = choose.below(text.length);
    text =
      choose.below(3) === 0
        ? text.slice(0, at) + text.slice(at + 1)
        : text.slice(0, at) +
          choose.of(["'", '"', '`', '\\', '/*', '*/', '--', '-- ', '#', '?', '\n', '/*!', '/*!99999 ']) +
          text.slice(at);
  }
  return text;
}

/** The statement as the server itself is to read it: each mark replaced by the literal of its value. */
export function withLiterals({ text, places, values }: FuzzStatement): string {
  let from = 0;
  const pieces = places.map((place, index) => {
    const piece = text.slice(from, place) + (values[index] as FuzzValue).literal;
    from = place + 1;
    return piece;
  });
  return pieces.join('') + text.slice(from);
}
