import type { ServerDialect } from '../test/support/servers/index.ts';
import { installedVersions } from './installed-versions.ts';
import type { Options } from './options.ts';
import type { Participants } from './participants.ts';
import { RowFiles } from './process/row-files.ts';
import { Team } from './process/team.ts';
import { describeMachine } from './report/machine.ts';
import type { RunResult, SpecialResult, WorkResult } from './report/result.ts';
import { say } from './report/say.ts';
import { judge } from './report/targets.ts';
import { type BenchServer, startBenchServer } from './server/bench-server.ts';
import { BenchDatabase } from './server/database.ts';
import { runSpecial, SPECIALS } from './special/specials.ts';
import { prepareReading, readingWorks } from './works/reading.ts';
import { runWork } from './works/run-works.ts';
import { FULL, QUICK, type Sizes, SMOKE } from './works/sizes.ts';
import type { Databases, Work } from './works/work.ts';
import { prepareWriting, writingWorks } from './works/writing.ts';

const SIZES = { full: FULL, quick: QUICK, smoke: SMOKE };

interface Assignment extends Options, Participants {
  /** For files that are needed during the run. */
  readonly folder: string;
}

/** Runs everything that was requested, on one new server. */
export async function benchOn(dialect: ServerDialect, assignment: Assignment): Promise<RunResult> {
  const { size, repeats, storage, contestants, notInstalled, only } = assignment;
  const sizes = SIZES[size];
  say(`starting the server, its data ${storage === 'disk' ? 'on the disk' : 'in memory'}`);
  const server = await startBenchServer(dialect, storage);
  const team = new Team();
  try {
    const works = await runWorks(server, team, assignment, sizes);
    await team.dismissAll();
    const special: SpecialResult[] = [];
    for (const work of SPECIALS.filter(({ name }) => only.test(name))) {
      special.push(await runSpecial(work, { server, sizes, repeats, folder: assignment.folder }));
    }
    return {
      server: dialect,
      serverVersion: server.version,
      settings: server.settings,
      storage,
      date: new Date().toISOString(),
      options: { size, repeats },
      sizes,
      machine: describeMachine(),
      versions: installedVersions(contestants),
      contestants: contestants
        .filter(({ name }) => team.how.has(name))
        .map(({ name, role }) => ({ name, role, how: team.how.get(name) ?? '' })),
      notInstalled,
      works,
      special,
      targets: size === 'smoke' ? [] : judge({ works, special }),
    };
  } finally {
    await team.dismissAll();
    await server.stop();
  }
}

async function runWorks(
  server: BenchServer,
  team: Team,
  { only, contestants, repeats, folder }: Assignment,
  sizes: Sizes,
): Promise<WorkResult[]> {
  const [writing, reading] = [writingWorks(sizes), readingWorks(sizes)].map((works) =>
    works.filter(({ name }) => only.test(name)),
  ) as [Work[], Work[]];
  const databases: Databases = {
    written: await BenchDatabase.open(await server.makeDatabase('bench_written')),
    read: await BenchDatabase.open(await server.makeDatabase('bench_read')),
  };
  if (writing.length > 0) {
    await prepareWriting(databases, sizes);
  }
  if (reading.length > 0) {
    say('filling the tables that are read');
    await prepareReading(databases, sizes);
  }
  const results: WorkResult[] = [];
  for (const work of [...writing, ...reading]) {
    results.push(await runWork(work, contestants, { databases, team, files: new RowFiles(folder), repeats }));
  }
  await Promise.all([databases.written.close(), databases.read.close()]);
  return results;
}
