import { CONTESTANTS, type Contestant, OURS } from './contestants.ts';
import type { Options } from './options.ts';
import { preparePrisma } from './prisma/generate.ts';
import { preparePython } from './python/environment.ts';

/** Those who take part, and why the others cannot. */
export interface Participants {
  readonly contestants: readonly Contestant[];
  readonly notInstalled: Readonly<Record<string, string>>;
}

/** Prepares whatever has to be made before a contestant can start, and leaves out those for whom it fails. */
export function participants({ contender }: Options): Participants {
  // every ratio is one to the library or to a ceiling
  const wanted = CONTESTANTS.filter(({ name, role }) => contender.test(name) || role === 'ceiling' || name === OURS);
  const faults = new Map<Contestant, string>();
  const hinder = (hindered: readonly Contestant[], prepare: () => string | undefined) => {
    const fault = hindered.length === 0 ? undefined : prepare();
    for (const contestant of fault === undefined ? [] : hindered) {
      faults.set(contestant, fault as string);
    }
  };
  hinder(
    wanted.filter(({ language }) => language === 'python'),
    preparePython,
  );
  hinder(
    wanted.filter(({ name }) => name === 'prisma'),
    preparePrisma,
  );
  return {
    contestants: wanted.filter((contestant) => !faults.has(contestant)),
    notInstalled: Object.fromEntries([...faults].map(([{ name }, fault]) => [name, fault])),
  };
}
