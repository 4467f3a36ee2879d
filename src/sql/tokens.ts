/** A name, an operator or punctuation, a literal or a placeholder of a statement. */
export interface Token {
  readonly kind: 'name' | 'placeholder' | 'literal' | 'sign';
  /** In lower case; a name without its quotes. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** A quoted name is never a keyword. */
  readonly quoted: boolean;
}

// Source: sqlite.org/lang.html; a text in double quotes is a name where one can be meant
const TOKEN =
  /(?<gap>\s+|--[^\n]*|\/\*.*?(?:\*\/|$))|(?<literal>x?'(?:[^']|'')*'|0x[\da-f]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:e[+-]?\d+)?)|(?<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])|(?<name>[a-z_$\u0080-\uffff][\w$\u0080-\uffff]*)|(?<placeholder>\?)|(?<sign><=>|->>|->|\|\||<<|>>|<=|>=|<>|==|!=|.)/gisu;

function tokensOf(text: string): Token[] {
  return Array.from(text.matchAll(TOKEN)).flatMap(({ 0: found, index: start, groups = {} }): Token[] => {
    const at = { start, end: start + found.length, quoted: groups['quoted'] !== undefined };
    if (groups['gap'] !== undefined) {
      return [];
    }
    if (groups['quoted'] !== undefined) {
      return [{ ...at, kind: 'name', text: found.slice(1, -1).toLowerCase() }];
    }
    const kind = (['literal', 'name', 'placeholder'] as const).find((each) => groups[each] !== undefined) ?? 'sign';
    return [{ ...at, kind, text: found.toLowerCase() }];
  });
}

/** Punctuation: signs that compute nothing. */
export const BESIDE = new Set([',', '(', ')', ';', '.']);
/** Words before a parenthesis that is not the argument list of a function. */
const NO_FUNCTIONS = new Set(
  'in values over by using key conflict select where and or on not when then else case exists from join as returning set having distinct partition'.split(
    ' ',
  ),
);

const ENDS_LIST = /^(?:from|where|group|order|limit|union|except|intersect)$/;

/** The tokens of an SQLite statement, and what surrounds each of them. */
export class Tokens {
  readonly all: readonly Token[];
  /** The number of each placeholder, by its token. */
  readonly #placeholderNumbers = new Map<number, number>();

  constructor(text: string) {
    this.all = tokensOf(text);
    for (const [at, { kind }] of this.all.entries()) {
      if (kind === 'placeholder') {
        this.#placeholderNumbers.set(at, this.#placeholderNumbers.size);
      }
    }
  }

  text(at: number): string {
    const token = this.all[at];
    return token === undefined || token.quoted ? '' : token.text;
  }

  isSign(at: number): boolean {
    const token = this.all[at];
    return token?.kind === 'sign' && !BESIDE.has(token.text);
  }

  /** Whether a parenthesis opens the arguments of a function. */
  isCall(at: number): boolean {
    const before = this.all[at - 1];
    const earlier = this.text(at - 2);
    return (
      before?.kind === 'name' &&
      (before.quoted || !NO_FUNCTIONS.has(before.text)) &&
      !['into', 'on', 'table', 'references', 'with', 'recursive', 'index'].includes(earlier)
    );
  }

  /** The function whose arguments a token is among. */
  callAround(at: number): number | undefined {
    const open = this.openBefore(at);
    return open !== undefined && this.isCall(open) ? open - 1 : undefined;
  }

  /** The parenthesis that a token is in. */
  openBefore(at: number): number | undefined {
    let depth = 0;
    for (let look = at - 1; look >= 0; look -= 1) {
      const text = this.text(look);
      depth += text === ')' ? 1 : text === '(' ? -1 : 0;
      if (depth < 0) {
        return look;
      }
    }
    return undefined;
  }

  /** Where the parenthesis ends that opens here. */
  closeOf(open: number): number {
    let depth = 0;
    for (let at = open; at < this.all.length; at += 1) {
      const text = this.text(at);
      depth += text === '(' ? 1 : text === ')' ? -1 : 0;
      if (depth <= 0) {
        return at;
      }
    }
    return this.all.length;
  }

  /** The select whose results end here. */
  selectBefore(at: number): number {
    let depth = 0;
    for (let look = at - 1; look >= 0; look -= 1) {
      const text = this.text(look);
      depth += text === ')' ? 1 : text === '(' ? -1 : 0;
      if (text === 'select' && depth === 0) {
        return look;
      }
    }
    return at;
  }

  /** How many placeholders precede this one. */
  placeholdersBefore(placeholder: number): number {
    return this.#placeholderNumbers.get(placeholder) ?? 0;
  }

  /** What stands between the commas of a parenthesis, or of a select's results. */
  itemsOf(open: number): { readonly items: number[][]; readonly end: number } {
    const items: number[][] = [[]];
    let depth = 0;
    for (let at = open + 1; at < this.all.length; at += 1) {
      const text = this.text(at);
      depth += text === '(' ? 1 : text === ')' ? -1 : 0;
      if (depth < 0 || (depth === 0 && ENDS_LIST.test(text))) {
        return { items, end: at };
      }
      if (text === ',' && depth === 0) {
        items.push([]);
      } else {
        items.at(-1)?.push(at);
      }
    }
    return { items, end: this.all.length };
  }
}
