import { SqlDecimal } from '../decimal/sql-decimal.ts';
import type { OwnForms } from '../dialects/caller-statements.ts';
import type { Issue } from '../errors/issue.ts';
import type { Tables } from '../repositories/session.ts';
import type { SqlArgument, SqlInput } from '../schemas/sql-call.schema.ts';
import { BESIDE, type Token, Tokens } from './tokens.ts';

type Kind = 'decimal' | 'instant';

/** A column, or the least or greatest of it, with its first and its last token. */
interface Operand {
  readonly name: string;
  readonly kind: Kind;
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
  readonly #tokens: Tokens;
  readonly #tables: ReadonlySet<string>;
  readonly #kinds: Map<string, Kind>;
  readonly #values: readonly SqlArgument[];
  readonly #forms: OwnForms;
  /** Names of results that are marked as instants. */
  readonly #results = new Set<string>();
  readonly #edits: { readonly at: number; readonly remove: number; readonly add: string }[] = [];

  constructor(text: string, values: readonly SqlArgument[], tables: Tables, forms: OwnForms) {
    this.#tokens = new Tokens(text);
    this.#values = values;
    this.#forms = forms;
    const named = new Set(this.#tokens.all.filter(({ kind }) => kind === 'name').map((token) => token.text));
    const touched = Object.values(tables).filter((table) => named.has(table.name));
    this.#tables = new Set(touched.map((table) => table.name));
    this.#kinds = new Map(
      touched
        .flatMap(({ columns }) => columns)
        .flatMap(({ name, kind }) => (kind === 'decimal' || kind === 'instant' ? [[name, kind] as const] : [])),
    );
    if (this.#kinds.size > 0) {
      this.#addAliases();
      this.#tokens.all.forEach((token, at) => {
        if (this.#isColumn(at)) {
          this.#judge(token, at);
        }
      });
      this.#judgeInsert();
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
    const token = this.#tokens.all[at];
    return (
      token?.kind === 'name' &&
      this.#kinds.has(token.text) &&
      this.#tokens.text(at - 1) !== 'as' &&
      this.#tokens.text(at + 1) !== '.'
    );
  }

  /** Another name of a column is a column too. */
  #addAliases(): void {
    for (const at of this.#tokens.all.keys()) {
      if (this.#isColumn(at)) {
        const { kind, first, last } = this.#operand(at);
        const alias = this.#tokens.all[last + (this.#tokens.text(last + 1) === 'as' ? 2 : 1)];
        if (alias?.kind === 'name' && !FOLLOWS.has(alias.text) && !this.#kinds.has(alias.text)) {
          this.#kinds.set(alias.text, kind);
          if (kind === 'instant' && this.#tokens.isCall(at - 1) && first !== at) {
            this.#results.add(alias.text);
          }
        }
      }
    }
  }

  #operand(at: number): Operand {
    let [first, last] = [at, at];
    while (this.#tokens.text(first - 1) === '.') {
      first -= 2;
    }
    const { text: name } = this.#tokens.all[at] as Token;
    while (this.#tokens.text(first - 1) === '(' && this.#tokens.text(last + 1) === ')') {
      const call = this.#tokens.isCall(first - 1);
      if (call && !ORDERED.has(this.#tokens.text(first - 2))) {
        break;
      }
      first -= call ? 2 : 1;
      last += 1;
    }
    return { name, kind: this.#kinds.get(name) as Kind, first, last };
  }

  #judge(token: Token, at: number): void {
    const operand = this.#operand(at);
    const call = this.#tokens.callAround(operand.first);
    if (call !== undefined) {
      this.#judgeCall(token, operand, call);
      return;
    }
    const left = this.#tokens.text(operand.first - 1);
    const right = this.#tokens.text(operand.last + 1);
    const compared = COMPARES.has(right) || COMPARES.has(left) || /^(?:not|between|in)$/.test(right);
    if (this.#rowIsCompared(operand)) {
      this.#refuse(operand, `${token.text} in a row that is compared`);
    } else if (compared && this.#results.has(token.text)) {
      this.#refuse(operand, `${token.text} compared by its other name`);
    } else if (COMPARES.has(right)) {
      this.#judgeOther(
        operand,
        operand.last + (/^(?:is|not|distinct|from)$/.test(this.#tokens.text(operand.last + 2)) ? 3 : 2),
        1,
      );
    } else if (COMPARES.has(left)) {
      this.#judgeOther(operand, operand.first - 2, -1);
    } else if (['between', 'in'].includes(right === 'not' ? this.#tokens.text(operand.last + 2) : right)) {
      this.#judgeList(operand, operand.last + (right === 'not' ? 3 : 2));
    } else if (
      this.#tokens.isSign(operand.first - 1) ||
      this.#tokens.isSign(operand.last + 1) ||
      /^(?:like|glob|collate|regexp|match)$/.test(right)
    ) {
      this.#refuse(operand, `an expression of ${token.text}`);
    } else if (operand.kind === 'instant' && (/^(?:then|else)$/.test(left) || /^(?:over|filter)$/.test(right))) {
      this.#refuse(operand, `an expression of ${token.text}`);
    } else if (operand.first !== at && operand.kind === 'instant') {
      this.#tag(operand);
    }
  }

  /** Whether it is one of several values in parentheses that are compared together. */
  #rowIsCompared({ first, last }: Operand): boolean {
    if (this.#tokens.text(first - 1) !== ',' && this.#tokens.text(last + 1) !== ',') {
      return false;
    }
    const open = this.#tokens.openBefore(first);
    if (open === undefined) {
      return false;
    }
    const { end } = this.#tokens.itemsOf(open);
    return (
      COMPARES.has(this.#tokens.text(open - 1)) ||
      COMPARES.has(this.#tokens.text(end + 1)) ||
      /^(?:in|between|not)$/.test(this.#tokens.text(end + 1))
    );
  }

  #judgeCall(token: Token, { kind, first, last }: Operand, call: number): void {
    const name = this.#tokens.text(call);
    const alone = this.#tokens.text(first - 1) === '(' && this.#tokens.text(last + 1) === ')';
    if (name === 'count') {
      return;
    }
    if (kind === 'decimal' && SUMMED.has(name) && alone) {
      const { start, end } = this.#tokens.all[call] as Token;
      this.#edits.push({ at: start, remove: end - start, add: this.#forms[name as 'sum' | 'avg'] });
      return;
    }
    this.#refuse({ kind }, `${name}() of ${token.text}`);
  }

  /** What an operand is compared with. */
  #judgeOther(operand: Operand, at: number, step: 1 | -1): void {
    const other = this.#tokens.all[at];
    const beyond = this.#tokens.all[at + step];
    const computes = beyond?.kind === 'sign' && !BESIDE.has(beyond.text) && !COMPARES.has(beyond.text);
    if (other?.kind === 'mark') {
      this.#judgeMark(operand, at);
    } else if (other?.kind === 'literal' || this.#tokens.isSign(at)) {
      this.#refuse(operand, `${operand.name} compared with what is written in the text`);
    } else if (
      other?.kind === 'name' &&
      !other.quoted &&
      !/^(?:null|any|all|excluded)$/.test(other.text) &&
      !this.#sameKind(operand, at, step)
    ) {
      this.#refuse(operand, `${operand.name} compared with ${other.text}`);
    }
    if (computes) {
      this.#refuse(operand, `${operand.name} compared with an expression`);
    }
  }

  #sameKind({ kind }: Operand, at: number, step: 1 | -1): boolean {
    for (let look = at; look >= 0 && look < this.#tokens.all.length && look !== at + 6 * step; look += step) {
      const token = this.#tokens.all[look] as Token;
      if (token.kind === 'name' && this.#kinds.get(token.text) === kind) {
        return true;
      }
      if (token.kind === 'sign' && !['.', '(', ')'].includes(token.text)) {
        return false;
      }
    }
    return false;
  }

  /** The marks of `between … and …`, or of `in (…)`. */
  #judgeList(operand: Operand, from: number): void {
    const end = this.#tokens.text(from) === '(' ? ')' : '';
    for (let at = from, ands = 0; at < this.#tokens.all.length; at += 1) {
      const { kind, text } = this.#tokens.all[at] as Token;
      ands += text === 'and' ? 1 : 0;
      if (text === 'select' || (end === '' ? ands > 1 : text === end)) {
        return;
      }
      if (kind === 'mark') {
        this.#judgeMark(operand, at);
      } else if (kind === 'literal' || this.#tokens.isSign(at)) {
        this.#refuse(operand, `${operand.name} compared with what is written in the text`);
      }
      if (end === '' && ands === 1 && text !== 'and') {
        return;
      }
    }
  }

  #judgeMark({ kind, name }: Pick<Operand, 'kind' | 'name'>, at: number): void {
    const index = this.#tokens.all.slice(0, at).filter((token) => token.kind === 'mark').length;
    const value = this.#values[index];
    this.#judgeValues({ kind, name }, index, Array.isArray(value) ? value.flat() : [value]);
  }

  #judgeValues({ kind, name }: Pick<Operand, 'kind' | 'name'>, index: number, items: readonly SqlInput[]): void {
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
      depth += this.#tokens.text(look) === ')' ? 1 : this.#tokens.text(look) === '(' ? -1 : 0;
      if (depth < 0 || (depth === 0 && /^(?:by|having|where|on|limit|values|set)$/.test(this.#tokens.text(look)))) {
        return;
      }
    }
    this.#edits.push({ at: (this.#tokens.all[first] as Token).start, remove: 0, add: `${this.#forms.instant}(` });
    this.#edits.push({ at: (this.#tokens.all[last] as Token).end, remove: 0, add: ')' });
  }

  /** The values of an insert stand where their columns do. */
  #judgeInsert(): void {
    const into = this.#tokens.all.findIndex((_, at) => this.#tokens.text(at) === 'into');
    const table = this.#tokens.text(into + 2) === '.' ? into + 3 : into + 1;
    if (into < 0 || !this.#tables.has(this.#tokens.all[table]?.text ?? '')) {
      return;
    }
    if (this.#tokens.text(table + 1) !== '(') {
      const expected = 'the columns of the table by name: insert into … (symbol, …)';
      this.issues.push({ path: 'text', expected, received: 'an insert without them' });
      return;
    }
    const columns = this.#tokens.itemsOf(table + 1);
    const names = columns.items.map(([at = -1]) => this.#tokens.all[at]?.text ?? '');
    const rows = this.#tokens.all[columns.end + 2];
    if (rows?.kind === 'mark' && this.#tokens.text(columns.end + 1) === 'values') {
      this.#judgeRows(names, columns.end + 2);
      return;
    }
    const selected = this.#tokens.text(columns.end + 1) === 'select';
    for (let open = columns.end + (selected ? 1 : 2); selected || this.#tokens.text(open) === '('; ) {
      const row = this.#tokens.itemsOf(open);
      for (const [index, item] of row.items.entries()) {
        this.#judgeItem(names[index] ?? '', item);
      }
      if (selected) {
        return;
      }
      open = row.end + (this.#tokens.text(row.end + 1) === ',' ? 2 : 1);
    }
  }

  /** Rows that are given as one value. */
  #judgeRows(names: readonly string[], at: number): void {
    const index = this.#tokens.all.slice(0, at).filter(({ kind }) => kind === 'mark').length;
    const rows = this.#values[index];
    names.forEach((name, column) => {
      const kind = this.#kinds.get(name);
      const values = Array.isArray(rows) ? rows.map((row) => (Array.isArray(row) ? row[column] : row)) : [rows];
      if (kind !== undefined) {
        this.#judgeValues({ kind, name }, index, values);
      }
    });
  }

  /** What is given for a column. */
  #judgeItem(name: string, item: readonly number[]): void {
    const kind = this.#kinds.get(name);
    const [first = -1] = item;
    if (kind === undefined || item.some((at) => this.#kinds.get(this.#tokens.all[at]?.text ?? '') === kind)) {
      return;
    }
    if (item.length === 1 && this.#tokens.all[first]?.kind === 'mark') {
      this.#judgeMark({ kind, name }, first);
    } else if (item.length !== 1 || this.#tokens.text(first) !== 'null') {
      this.#refuse({ kind }, `${name} given by what is written in the text`);
    }
  }

  #refuse({ kind }: Pick<Operand, 'kind'>, received: string): void {
    const expected = `${ADVICE[kind]}; SQLite knows no more of it than its order, min, max${kind === 'decimal' ? ', sum, avg' : ''} and count (compute in JavaScript)`;
    this.issues.push({ path: 'text', expected, received });
  }
}

const ADVICE = {
  decimal: 'a decimal beside ? and sql.decimal(…)',
  instant: 'an instant beside ? and a Date (or sql.instant(…))',
} as const;
