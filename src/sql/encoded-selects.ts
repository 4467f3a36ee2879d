import type { ColumnChecker, EncodedKind } from './encoded-inserts.ts';
import type { Tokens } from './tokens.ts';

/** Names that are given to the results of a select from outside of it: `with t (a, b) as (select …)`. */
export function columnListsOf(tokens: Tokens): { readonly at: number; readonly item: readonly number[] }[] {
  return tokens.all.flatMap((_, at) => {
    if (tokens.text(at) !== '(') {
      return [];
    }
    const as = tokens.closeOf(at) + 1;
    const hint = tokens.text(as + 1) === 'not' ? as + 2 : as + 1;
    const open = tokens.text(hint) === 'materialized' ? hint + 1 : as + 1;
    if (tokens.text(as) !== 'as' || tokens.text(open) !== '(' || tokens.text(open + 1) !== 'select') {
      return [];
    }
    const { items } = tokens.itemsOf(open + 1);
    return tokens
      .itemsOf(at)
      .items.map(([name = -1], index) => ({ at: name, item: items[index] ?? [] }))
      .filter(({ item }) => !item.some((look) => tokens.text(look) === 'count'));
  });
}

const SETS = /^(?:union|except|intersect)$/;

/** What several selects give together is one column: all of it in one form. */
export function checkSetOperations(checker: ColumnChecker): void {
  const { tokens } = checker;
  for (const at of tokens.all.keys()) {
    if (SETS.test(tokens.text(at))) {
      const right = tokens.text(at + 1) === 'all' ? at + 2 : at + 1;
      const left = tokens.selectBefore(at);
      const [ours, others] = [tokens.itemsOf(left).items, tokens.itemsOf(right).items];
      const whole = [...ours, ...others].some((item) => tokens.text(item.at(-1) ?? -1) === '*');
      for (const [index, item] of whole ? [] : ours.entries()) {
        checkPair(checker, item, others[index] ?? []);
      }
      if (tokens.text(right) === 'values' && ours.some((item) => kindOf(checker, item) !== undefined)) {
        checker.refuse({ kind: 'decimal' }, 'a column together with what is written in the text');
      }
    }
  }
}

function checkPair(checker: ColumnChecker, left: readonly number[], right: readonly number[]): void {
  const [a, b] = [kindOf(checker, left), kindOf(checker, right)];
  const kind = a ?? b;
  if (kind === undefined || a === b) {
    return;
  }
  const [other = -1] = a === undefined ? left : right;
  if (checker.tokens.all[other]?.kind === 'placeholder') {
    checker.checkPlaceholder({ kind, name: 'the column' }, other);
  } else if (checker.tokens.text(other) !== 'null') {
    checker.refuse({ kind }, 'a column together with other values');
  }
}

function kindOf({ tokens, kinds }: ColumnChecker, item: readonly number[]): EncodedKind | undefined {
  const found = item.find((at) => tokens.all[at]?.kind === 'name' && kinds.has(tokens.all[at]?.text ?? ''));
  const counted = item.some((at) => tokens.text(at) === 'count');
  return found === undefined || counted ? undefined : kinds.get(tokens.all[found]?.text ?? '');
}

/** A value that is looked for between columns, or among them. */
export function checkSearched(checker: ColumnChecker): void {
  const { tokens, kinds } = checker;
  for (const [at, { kind: given }] of tokens.all.entries()) {
    const word = tokens.text(at + 1) === 'not' ? at + 2 : at + 1;
    if (given === 'name' || given === 'sign' || !/^(?:between|in)$/.test(tokens.text(word))) {
      continue;
    }
    const end = tokens.text(word) === 'in' ? tokens.closeOf(word + 1) : endOfBetween(tokens, word);
    const name = tokens.all.slice(word + 1, end).find((token) => token.kind === 'name' && kinds.has(token.text))?.text;
    const kind = kinds.get(name ?? '');
    if (name !== undefined && kind !== undefined) {
      if (given === 'placeholder') {
        checker.checkPlaceholder({ kind, name }, at);
      } else {
        checker.refuse({ kind }, `${name} compared with what is written in the text`);
      }
    }
  }
}

/** Where the second limit of a `between` ends, at most. */
function endOfBetween(tokens: Tokens, between: number): number {
  const and = tokens.all.findIndex((_, at) => at > between && tokens.text(at) === 'and');
  const end = tokens.all.findIndex(
    (_, at) => at > and + 1 && /^(?:and|or|\)|order|group|limit)$/.test(tokens.text(at)),
  );
  return end < 0 ? tokens.all.length : end;
}
