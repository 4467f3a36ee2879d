import { type Contestant, OURS } from '../contestants.ts';
import { type Digest, sameDigest } from '../data/digest.ts';
import type { Measurement } from '../process/order.ts';
import type { RowFiles } from '../process/row-files.ts';
import type { Team } from '../process/team.ts';
import type { ContestantResult, WorkResult } from '../report/result.ts';
import { say } from '../report/say.ts';
import { median, quantile } from '../report/statistics.ts';
import type { Databases, Work } from './work.ts';

interface Field {
  readonly databases: Databases;
  readonly team: Team;
  readonly files: RowFiles;
  readonly repeats: number;
}

/** Lets every contestant do the work, in turn, several times over. */
export async function runWork(work: Work, contestants: readonly Contestant[], field: Field): Promise<WorkResult> {
  const expectedOf = new Map<Work, Digest>();
  const measured = new Map<Contestant, Measurement[]>();
  const errors: Record<string, string> = {};
  const notOffered: string[] = [];

  const measure = async (contestant: Contestant, { warm }: { warm: boolean }): Promise<Measurement | undefined> => {
    const own = contestant.slow ? (work.forSlow ?? work) : work;
    const order = warm ? own.warmUp : own.order;
    await own.prepare?.(field.databases);
    const startedAt = new Date();
    const process = await field.team.member(contestant, field.databases[work.on].target);
    const measurement = await process.carryOut(field.files.orderFor(contestant, order));
    if (measurement === undefined || warm) {
      return measurement;
    }
    const expected = expectedOf.get(own) ?? own.expected();
    expectedOf.set(own, expected);
    const found = await own.found(field.databases, measurement, startedAt);
    if (!sameDigest(found, expected)) {
      throw new Error(`wrong rows: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`);
    }
    return measurement;
  };
  const guarded = async (contestant: Contestant, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      errors[contestant.name] = (error as Error).message;
      measured.delete(contestant);
      say(`${contestant.name}: ${errors[contestant.name]}`);
      // its state is not known any more
      await field.team.dismiss(contestant);
    }
  };

  for (const contestant of contestants) {
    await guarded(contestant, async () => {
      if ((await measure(contestant, { warm: true })) === undefined) {
        notOffered.push(contestant.name);
      } else {
        measured.set(contestant, []);
      }
    });
  }
  for (let repeat = 0; repeat < field.repeats; repeat += 1) {
    for (const contestant of rotated([...measured.keys()], repeat)) {
      await guarded(contestant, async () => {
        const measurement = (await measure(contestant, { warm: false })) as Measurement;
        measured.get(contestant)?.push(measurement);
        const figure = `${Math.round(speedOf(measurement)).toLocaleString('en')} rows/s`;
        say(`${work.name}, ${repeat + 1} of ${field.repeats}: ${contestant.name}: ${figure}`);
      });
    }
  }
  const { name, title, unit, ceiling } = work;
  return { name, title, unit, ceiling, rows: resultsOf(work, measured), errors, notOffered };
}

// each round starts with another contender
function rotated<Item>(items: readonly Item[], by: number): Item[] {
  const cut = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(cut), ...items.slice(0, cut)];
}

function resultsOf(work: Work, measured: ReadonlyMap<Contestant, readonly Measurement[]>): ContestantResult[] {
  const figures = [...measured].map(([contestant, samples]) => ({
    contestant,
    samples,
    figure: figureOf(work, samples),
  }));
  const figureNamed = (name: string | undefined) => figures.find(({ contestant }) => contestant.name === name)?.figure;
  const ours = figureNamed(OURS);
  const ceiling = figureNamed(work.ceiling);
  const isRate = work.unit === 'rows/s';
  return figures
    .map(({ contestant: { name, role }, samples, figure }) => {
      const firstRows = samples.flatMap(({ firstRowMs }) => firstRowMs ?? []);
      return {
        name,
        role,
        median: figure,
        p95Ms: isRate ? undefined : quantile(latenciesOf(samples), 0.95),
        firstRowMs: firstRows.length === 0 ? undefined : median(firstRows),
        oursToThis: ours && (isRate ? ours / figure : figure / ours),
        ofCeiling: ceiling && (isRate ? figure / ceiling : ceiling / figure),
        cpuMsPer100kRows: median(samples.map(({ cpuMs, rows }) => (cpuMs / rows) * 100_000)),
        maxRssMiB: Math.max(...samples.map(({ maxRssMiB }) => maxRssMiB)),
        samples: samples.map(({ digest, latenciesMs = [], ...sample }) => ({
          ...sample,
          medianMs: isRate ? undefined : median(latenciesMs),
        })),
      };
    })
    .sort((a, b) => (isRate ? b.median - a.median : a.median - b.median));
}

function figureOf({ unit }: Work, samples: readonly Measurement[]): number {
  return median(samples.map((sample) => (unit === 'rows/s' ? speedOf(sample) : median(latenciesOf([sample])))));
}

function speedOf({ rows, ms }: Measurement): number {
  return (rows / ms) * 1000;
}

function latenciesOf(samples: readonly Measurement[]): number[] {
  return samples.flatMap(({ latenciesMs }) => latenciesMs ?? []);
}
