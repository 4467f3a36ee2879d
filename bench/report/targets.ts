import type { RunResult, SpecialResult, TargetResult, WorkResult } from './result.ts';

type Measured = Pick<RunResult, 'works' | 'special'>;

const WRITES = ['insert', 're-upsert', 'mixed'];

/** How many times the speed of a contender the library has to reach in a work. */
const AGAINST: readonly (readonly [works: readonly string[], contender: string, atLeast: number])[] = [
  [WRITES, 'mysql2', 1],
  [WRITES, 'mikro-orm', 4],
  [WRITES, 'drizzle', 2],
  [WRITES, 'typeorm', 2],
  [WRITES, 'sequelize', 2],
  [WRITES, 'kysely', 1.3],
  [WRITES, 'knex', 1.3],
  [['range'], 'mysql2', 0.85],
  [['range'], 'mikro-orm', 8],
  [['columns'], 'undecoded rows', 0.9],
  [['one-by-one'], 'mysql2', 0.85],
];

const CANDLES_PER_SECOND = 1_000_000;

/** A figure of a special work, and what it must be. */
const FIGURES: readonly {
  readonly special: string;
  readonly figure: string;
  readonly title: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly below?: number;
}[] = [
  { special: 'import', figure: 'ratio', title: 'import against bare LOAD DATA LOCAL of the same file', atLeast: 0.8 },
  { special: 'cold-start', figure: 'importMs', title: 'cold import of the library, in ms', below: 150 },
  { special: 'cold-start', figure: 'commandVersionMs', title: 'tradestore --version, in ms', below: 300 },
  { special: 'cold-start', figure: 'commandHelpMs', title: 'tradestore --help, in ms', below: 300 },
  { special: 'large-latest', figure: 'ratio', title: 'latest candle, large table against 10,000 rows', atLeast: 0.8 },
  { special: 'stats', figure: 'ofBudget', title: 'getStats on the large table, share of its budget', atMost: 1 },
  ...['pages', 'snapshot'].flatMap((mode) => [
    {
      special: `stream-${mode}`,
      figure: 'rssGrowthMiB',
      title: `stream by ${mode}, growth of memory in MiB`,
      below: 64,
    },
    { special: `stream-${mode}`, figure: 'firstRowMs', title: `stream by ${mode}, first row in ms`, below: 50 },
  ]),
  { special: 'writer', figure: 'longestQueueShare', title: 'writer, longest queue by highWaterMark', atMost: 1 },
  { special: 'writer', figure: 'lostRows', title: 'writer, rows lost', atMost: 0 },
  {
    special: 'writer',
    figure: 'lateGrowthMiB',
    title: 'writer, memory in the second half over the first, in MiB',
    below: 32,
  },
];

/** Compares the measurements with the targets; a work that was not run, or an absent contender, misses none. */
export function judge(measured: Measured): TargetResult[] {
  return [...ratioTargets(measured.works), ...rateTargets(measured.works), ...figureTargets(measured.special)];
}

function ratioTargets(works: readonly WorkResult[]): TargetResult[] {
  return AGAINST.flatMap(([names, contender, atLeast]) =>
    works
      .filter(({ name }) => names.includes(name))
      .map((work): TargetResult => {
        const ratio = work.rows.find(({ name }) => name === contender)?.oursToThis;
        const target = { name: `${work.title}: against ${contender}`, wanted: `at least ${atLeast}` };
        return ratio === undefined
          ? { ...target, found: whyNot(work, contender), verdict: 'not measured' }
          : { ...target, found: ratio.toFixed(2), verdict: ratio >= atLeast ? 'pass' : 'MISSED' };
      }),
  );
}

function rateTargets(works: readonly WorkResult[]): TargetResult[] {
  return works
    .filter(({ name }) => name === 'columns')
    .map((work): TargetResult => {
      const rate = work.rows.find(({ name }) => name === 'tradestore')?.median;
      const target = {
        name: `${work.title}: candles a second`,
        wanted: `over ${CANDLES_PER_SECOND.toLocaleString('en')}`,
      };
      return rate === undefined
        ? { ...target, found: whyNot(work, 'tradestore'), verdict: 'not measured' }
        : {
            ...target,
            found: Math.round(rate).toLocaleString('en'),
            verdict: rate > CANDLES_PER_SECOND ? 'pass' : 'MISSED',
          };
    });
}

function figureTargets(special: readonly SpecialResult[]): TargetResult[] {
  return FIGURES.flatMap(({ special: name, figure, title, atLeast, atMost, below }) =>
    special
      .filter((result) => result.name === name)
      .map((result): TargetResult => {
        const value = result.figures[figure];
        const wanted =
          atLeast !== undefined ? `at least ${atLeast}` : atMost !== undefined ? `at most ${atMost}` : `below ${below}`;
        if (typeof value !== 'number') {
          // a special work has no contender that could be missing
          return { name: title, wanted, found: result.error ?? 'nothing', verdict: 'MISSED' };
        }
        const reached =
          value >= (atLeast ?? Number.NEGATIVE_INFINITY) &&
          value <= (atMost ?? Number.POSITIVE_INFINITY) &&
          value < (below ?? Number.POSITIVE_INFINITY);
        return {
          name: title,
          wanted,
          found: String(Math.round(value * 100) / 100),
          verdict: reached ? 'pass' : 'MISSED',
        };
      }),
  );
}

function whyNot({ errors, notOffered }: WorkResult, contender: string): string {
  return errors[contender] ?? (notOffered.includes(contender) ? 'not offered' : `${contender} did not take part`);
}
