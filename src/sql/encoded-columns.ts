import type { EncodedValues } from '../databases/raw-sql-dialect.ts';
import { SqlDecimal } from '../decimal/sql-decimal.ts';
import type { Issue } from '../errors/issue.ts';
import type { Tables } from '../executor/session.ts';
import type { SqlArgument, SqlInput } from '../schemas/sql-call.schema.ts';
import { checkInsert, type EncodedKind } from './encoded-inserts.ts';
import { checkSearched, checkSetOperations, columnListsOf } from './encoded-selects.ts';
import { BESIDE, type Token, Tokens } from './tokens.ts';

/** A column, or the least or greatest of it, with its first and its last token. */
interface Operand {
  readonly name: string;
  readonly kind: EncodedKind;
  readonly first: number;
  readonly last: number;
}

const COMPARES = new Set(['=', '==', '<', '>', '<=', '>=', '<>', '!=', 'is']);
const FOLLOWS = new Set(
  'as asc desc nulls rows range groups from where group order limit having union except intersect window and or not in between is like glob collate then else end when over filter on set values select join left inner cross using returning do'.split(
    ' ',
  ),
);
const ORDERED = new Set(['min', 'max']);
const SUMMED = new Set(['sum', 'avg']);

/**
 * Reads what a statement does with columns whose values are kept in a form of the library's own, and has sums and
 * results understand that form. What would compare or compute with the form itself is a fault.
 */
export class EncodedColumns {
  readonly issues: Issue[] = [];
  readonly tokens: Tokens;
  readonly #tables: ReadonlySet<string>;
  readonly kinds: Map<string, EncodedKind>;
  readonly values: readonly SqlArgument[];
  readonly #forms: EncodedValues;
  /** Names of results that are marked as instants. */
  readonly #results = new Set<string>();
  readonly #makesTable: boolean;
  /** Where names are given to the results of a select. */
  readonly #listed = new Set<number>();
  readonly #edits: { readonly at: number; readonly remove: number; readonly add: string }[] = [];

  constructor(text: string, values: readonly SqlArgument[], tables: Tables, forms: EncodedValues) {
    this.tokens = new Tokens(text);
    this.values = values;
    this.#forms = forms;
    this.#makesTable =
      /^(?:create|alter)$/.test(this.tokens.text(0)) &&
      this.tokens.all.some((_, at) => this.tokens.text(at) === 'select');
    const named = new Set(this.tokens.all.filter(({ kind }) => kind === 'name').map((token) => token.text));
    const touched = Object.values(tables).filter((table) => named.has(table.name));
    this.#tables = new Set(touched.map((table) => table.name));
    this.kinds = new Map(
      touched
        .flatMap(({ columns }) => columns)
        .flatMap(({ name, kind }) => (kind === 'decimal' || kind === 'instant' ? [[name, kind] as const] : [])),
    );
    if (this.kinds.size > 0) {
      this.#addAliases();
      this.tokens.all.forEach((token, at) => {
        if (this.#isColumn(at)) {
          this.#check(token, at);
        }
      });
      checkInsert(this, this.#tables);
      checkSetOperations(this);
      checkSearched(this);
    }
  }

  /** The statement with the functions that know the form. */
  edited(text: string): string {
    let edited = text;
    for (const { at, remove, add } of this.#edits.toSorted((a, b) => b.at - a.at)) {
      edited = edited.slice(0, at) + add + edited.slice(at + remove);
    }
    return edited;
  }

  #isColumn(at: number): boolean {
    const token = this.tokens.all[at];
    return (
      token?.kind === 'name' &&
      this.kinds.has(token.text) &&
      !this.#listed.has(at) &&
      this.tokens.text(at - 1) !== 'as' &&
      this.tokens.text(at + 1) !== '.'
    );
  }

  /** Another name of a column is a column too. */
  #addAliases(): void {
    for (const { at, item } of columnListsOf(this.tokens)) {
      const name = this.tokens.all[at]?.text ?? '';
      this.#listed.add(at);
      const kind = item
        .map((at) => this.kinds.get(this.tokens.all[at]?.text ?? ''))
        .find((found) => found !== undefined);
      if (kind !== undefined) {
        this.kinds.set(name, kind);
        if (kind === 'instant') {
          this.#results.add(name);
        }
      }
    }
    for (const at of this.tokens.all.keys()) {
      if (this.#isColumn(at)) {
        const { kind, first, last } = this.#operand(at);
        const alias = this.tokens.all[last + (this.tokens.text(last + 1) === 'as' ? 2 : 1)];
        if (alias?.kind === 'name' && !FOLLOWS.has(alias.text) && !this.kinds.has(alias.text)) {
          this.kinds.set(alias.text, kind);
          if (kind === 'instant' && this.tokens.isCall(at - 1) && first !== at) {
            this.#results.add(alias.text);
          }
        }
      }
    }
  }

  #operand(at: number): Operand {
    let [first, last] = [at, at];
    while (this.tokens.text(first - 1) === '.') {
      first -= 2;
    }
    const { text: name } = this.tokens.all[at] as Token;
    const kind = this.kinds.get(name) as EncodedKind;
    while (this.tokens.text(first - 1) === '(' && this.tokens.text(last + 1) === ')') {
      const call = this.tokens.isCall(first - 1);
      const kept =
        ORDERED.has(this.tokens.text(first - 2)) || (kind === 'decimal' && SUMMED.has(this.tokens.text(first - 2)));
      if (call && !kept) {
        break;
      }
      first -= call ? 2 : 1;
      last += 1;
    }
    while (kind === 'decimal' && last > at && /^(?:over|filter)$/.test(this.tokens.text(last + 1))) {
      const open = this.tokens.text(last + 2) === '(';
      last = open ? this.tokens.closeOf(last + 2) : last + 2;
    }
    return { name, kind, first, last };
  }

  #check(token: Token, at: number): void {
    const operand = this.#operand(at);
    this.#useSums(operand, at);
    const call = this.tokens.callAround(operand.first);
    if (call !== undefined) {
      this.#checkCall(token, operand, call);
      return;
    }
    const left = this.tokens.text(operand.first - 1);
    const right = this.tokens.text(operand.last + 1);
    const compared = COMPARES.has(right) || COMPARES.has(left) || /^(?:not|between|in)$/.test(right);
    if (this.#rowIsCompared(operand)) {
      this.refuse(operand, `${token.text} in a row that is compared`);
    } else if (compared && this.#results.has(token.text)) {
      this.refuse(operand, `${token.text} compared by its other name`);
    } else if (COMPARES.has(right)) {
      this.#checkOther(
        operand,
        operand.last + (/^(?:is|not|distinct|from)$/.test(this.tokens.text(operand.last + 2)) ? 3 : 2),
        1,
      );
    } else if (COMPARES.has(left)) {
      this.#checkOther(operand, operand.first - 2, -1);
    } else if (['between', 'in'].includes(right === 'not' ? this.tokens.text(operand.last + 2) : right)) {
      this.#checkList(operand, operand.last + (right === 'not' ? 3 : 2));
    } else if (
      this.tokens.isSign(operand.first - 1) ||
      this.tokens.isSign(operand.last + 1) ||
      /^(?:like|glob|collate|regexp|match)$/.test(right)
    ) {
      this.refuse(operand, `an expression of ${token.text}`);
    } else if (left === 'case' || (left === 'when' && right === 'then')) {
      this.refuse(operand, `${token.text} in a case`);
    } else if (this.#makesTable && left !== 'on') {
      this.refuse(operand, `${token.text} in a view or a table made by a select`);
    } else if (operand.kind === 'instant' && (/^(?:then|else)$/.test(left) || /^(?:over|filter)$/.test(right))) {
      this.refuse(operand, `an expression of ${token.text}`);
    } else if (operand.kind === 'instant' && (operand.first !== at || this.#results.has(token.text))) {
      this.#tag(operand);
    }
  }

  /** Sums and averages are computed by functions that know the form. */
  #useSums({ first }: Operand, at: number): void {
    for (let look = first; look < at; look += 1) {
      const name = this.tokens.text(look);
      if (SUMMED.has(name) && this.tokens.text(look + 1) === '(') {
        const { start, end } = this.tokens.all[look] as Token;
        this.#edits.push({ at: start, remove: end - start, add: this.#forms[name as 'sum' | 'avg'] });
      }
    }
  }

  /** Whether it is one of several values in parentheses that are compared together. */
  #rowIsCompared({ first, last }: Operand): boolean {
    if (this.tokens.text(first - 1) !== ',' && this.tokens.text(last + 1) !== ',') {
      return false;
    }
    const open = this.tokens.openBefore(first);
    if (open === undefined) {
      return false;
    }
    const { end } = this.tokens.itemsOf(open);
    return (
      COMPARES.has(this.tokens.text(open - 1)) ||
      COMPARES.has(this.tokens.text(end + 1)) ||
      /^(?:in|between|not)$/.test(this.tokens.text(end + 1))
    );
  }

  #checkCall(token: Token, { kind }: Operand, call: number): void {
    const name = this.tokens.text(call);
    if (name === 'count') {
      return;
    }
    this.refuse({ kind }, `${name}() of ${token.text}`);
  }

  /** What an operand is compared with. */
  #checkOther(operand: Operand, at: number, step: 1 | -1): void {
    const other = this.tokens.all[at];
    const beyond = this.tokens.all[at + step];
    const computes = beyond?.kind === 'sign' && !BESIDE.has(beyond.text) && !COMPARES.has(beyond.text);
    if (other?.text === (step === 1 ? '(' : ')') && !other.quoted) {
      const [open, close] = step === 1 ? [at, this.tokens.closeOf(at)] : [this.tokens.openBefore(at) ?? at, at];
      if (!this.tokens.isCall(open)) {
        this.#checkGroup(operand, open + 1, close);
      } else if (!this.#sameKind(operand, at, step)) {
        this.refuse(operand, `${operand.name} compared with a function`);
      }
    } else if (other?.kind === 'placeholder') {
      this.checkPlaceholder(operand, at);
    } else if (other?.kind === 'literal' || this.tokens.isSign(at)) {
      this.refuse(operand, `${operand.name} compared with what is written in the text`);
    } else if (
      other?.kind === 'name' &&
      !other.quoted &&
      !/^(?:null|any|all|excluded)$/.test(other.text) &&
      !this.#sameKind(operand, at, step)
    ) {
      this.refuse(operand, `${operand.name} compared with ${other.text}`);
    }
    if (computes) {
      this.refuse(operand, `${operand.name} compared with an expression`);
    }
  }

  #sameKind({ kind }: Operand, at: number, step: 1 | -1): boolean {
    for (let look = at; look >= 0 && look < this.tokens.all.length && look !== at + 6 * step; look += step) {
      const token = this.tokens.all[look] as Token;
      if (token.kind === 'name' && this.kinds.get(token.text) === kind) {
        return true;
      }
      if (token.kind === 'sign' && !['.', '(', ')'].includes(token.text)) {
        return false;
      }
    }
    return false;
  }

  /** What stands behind `between`, or behind `in`. */
  #checkList(operand: Operand, from: number): void {
    if (
      this.tokens.text(from) === '(' &&
      this.tokens.text(operand.last + 1) !== 'between' &&
      this.tokens.text(operand.last + 2) !== 'between'
    ) {
      this.#checkGroup(operand, from + 1, this.tokens.closeOf(from));
      return;
    }
    const and = this.tokens.all.findIndex((_, at) => at > from && this.tokens.text(at) === 'and');
    this.#checkOther(operand, from, 1);
    this.#checkOther(operand, and + 1, 1);
  }

  /** What stands in parentheses: values, or a select of them. */
  #checkGroup(operand: Operand, from: number, end: number): void {
    const select = this.tokens.text(from) === 'select';
    const items = this.tokens.itemsOf(from - (select ? 0 : 1)).items;
    for (const item of items) {
      const [first = from] = item;
      if (item.some((at) => this.kinds.get(this.tokens.all[at]?.text ?? '') === operand.kind)) {
        continue;
      }
      if (this.tokens.text(first) === '(' && first !== from - 1) {
        this.#checkGroup(operand, first + 1, Math.min(end, this.tokens.closeOf(first)));
      } else if (this.tokens.all[first]?.kind === 'placeholder' && item.length === 1) {
        this.checkPlaceholder(operand, first);
      } else if (this.tokens.text(first) !== 'null') {
        this.refuse(operand, `${operand.name} compared with what is written in the text`);
      }
    }
  }

  checkPlaceholder({ kind, name }: Pick<Operand, 'kind' | 'name'>, at: number): void {
    const index = this.tokens.placeholdersBefore(at);
    const value = this.values[index];
    this.checkValues({ kind, name }, index, Array.isArray(value) ? value.flat() : [value]);
  }

  checkValues({ kind, name }: Pick<Operand, 'kind' | 'name'>, index: number, items: readonly SqlInput[]): void {
    const fits = (item: SqlInput): boolean =>
      item === null || (kind === 'decimal' ? item instanceof SqlDecimal : item instanceof Date);
    if (!items.every(fits)) {
      const expected = `${ADVICE[kind]} for ${name}: SQLite keeps it in a form of its own`;
      this.issues.push({ path: `values[${index}]`, expected, received: 'another value' });
    }
  }

  /** Marks the result of the outermost select as an instant. */
  #tag({ first, last }: Operand): void {
    let depth = 0;
    for (let look = first - 1; look >= 0; look -= 1) {
      depth += this.tokens.text(look) === ')' ? 1 : this.tokens.text(look) === '(' ? -1 : 0;
      if (depth < 0 || (depth === 0 && /^(?:by|having|where|on|limit|values|set)$/.test(this.tokens.text(look)))) {
        return;
      }
    }
    this.#edits.push({ at: (this.tokens.all[first] as Token).start, remove: 0, add: `${this.#forms.instant}(` });
    this.#edits.push({ at: (this.tokens.all[last] as Token).end, remove: 0, add: ')' });
  }

  refuse({ kind }: Pick<Operand, 'kind'>, received: string): void {
    const expected = `${ADVICE[kind]}; SQLite knows no more of it than its order, min, max${kind === 'decimal' ? ', sum, avg' : ''} and count (compute in JavaScript)`;
    this.issues.push({ path: 'text', expected, received });
  }
}

const ADVICE = {
  decimal: 'a decimal beside ? and sql.decimal(…)',
  instant: 'an instant beside ? and a Date (or sql.instant(…))',
} as const;
