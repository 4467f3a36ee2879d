import type { ContestantResult, RunResult, WorkResult } from './result.ts';

/** A table as text, before it is known where it goes. */
export interface Grid {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Remarks below it. */
  readonly remarks: readonly string[];
}

type Column = readonly [name: string, cell: (row: ContestantResult) => string];

const P95: Column = ['p95 ms', ({ p95Ms }) => p95Ms?.toFixed(3) ?? ''];
const FIRST_ROW: Column = ['first row ms', ({ firstRowMs }) => firstRowMs?.toFixed(1) ?? ''];

/** The tables of a run: one for each work, the special works, and the targets. */
export function gridsOf(result: Pick<RunResult, 'works' | 'special' | 'targets'>): Grid[] {
  return [...result.works.map(workGrid), ...specialGrids(result), ...targetGrids(result)];
}

function workGrid(work: WorkResult): Grid {
  const isRate = work.unit === 'rows/s';
  const streams = work.rows.some(({ firstRowMs }) => firstRowMs !== undefined);
  const columns: Column[] = [
    ['', ({ name, role }) => (role === 'ceiling' ? `${name} (ceiling)` : name)],
    isRate
      ? ['rows/s', ({ median }) => Math.round(median).toLocaleString('en')]
      : ['median ms', ({ median }) => median.toFixed(3)],
    ...(isRate ? [] : [P95]),
    ...(streams ? [FIRST_ROW] : []),
    ['tradestore is', ({ oursToThis }) => (oursToThis === undefined ? '' : `${oursToThis.toFixed(2)} ×`)],
    ['of the ceiling', ({ ofCeiling }) => (ofCeiling === undefined ? '' : `${Math.round(ofCeiling * 100)} %`)],
    ['client CPU s per 100k', ({ cpuMsPer100kRows }) => (cpuMsPer100kRows / 1000).toFixed(2)],
    ['max RSS MiB', ({ maxRssMiB }) => maxRssMiB.toFixed(0)],
  ];
  return {
    title: work.title,
    head: columns.map(([name]) => name),
    rows: work.rows.map((row) => columns.map(([, cell]) => cell(row))),
    remarks: [
      ...fewerRows(work),
      ...(work.notOffered.length === 0 ? [] : [`Not offered: ${work.notOffered.join(', ')}.`]),
      ...Object.entries(work.errors).map(([name, error]) => `ERROR: ${name}: ${error}`),
    ],
  };
}

// contenders that would take hours do the same with fewer rows
function fewerRows({ rows }: WorkResult): string[] {
  const done = rows.map(({ name, samples }) => ({ name, count: samples[0]?.rows ?? 0 }));
  const most = Math.max(...done.map(({ count }) => count));
  return done
    .filter(({ count }) => count < most)
    .map(({ name, count }) => `${name} did ${count.toLocaleString('en')} of the ${most.toLocaleString('en')} rows.`);
}

function specialGrids({ special }: Pick<RunResult, 'special'>): Grid[] {
  return special.map(({ title, figures, error }) => ({
    title,
    head: ['', ''],
    rows: Object.entries(figures).map(([name, value]) => [wordsOf(name), textOf(value)]),
    remarks: error === undefined ? [] : [`ERROR: ${error}`],
  }));
}

function targetGrids({ targets }: Pick<RunResult, 'targets'>): Grid[] {
  if (targets.length === 0) {
    return [];
  }
  const rows = targets.map(({ name, wanted, found, verdict }) => [name, wanted, found, verdict]);
  return [{ title: 'Targets', head: ['', 'wanted', 'found', ''], rows, remarks: [] }];
}

function wordsOf(name: string): string {
  return name.replaceAll(/MiB|[A-Z][a-z\d]*/g, (word) => (word === 'MiB' ? ' MiB' : ` ${word.toLowerCase()}`));
}

function textOf(value: number | string): string {
  if (typeof value === 'string') {
    return value;
  }
  return Number.isInteger(value) || value >= 1000 ? Math.round(value).toLocaleString('en') : value.toFixed(2);
}
