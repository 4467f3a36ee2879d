/**
 * Which module may import which. Higher layers import lower ones, never the other way round; type-only
 * imports count. Read by `npm run check:arrows`, which hands over the modules' skeletons (see
 * scripts/architecture/skeleton.ts): paths are the sources' own.
 */

/** From the top down. A module may import its own folder, the layers below, and what `SIDEWAYS` names. */
const LAYERS = [
  ['cli'],
  ['index.ts', 'mikro-orm.ts'],
  ['operations'],
  ['repositories', 'sql'],
  ['executor'],
  ['spool'],
  ['streams'],
  ['entities', 'schemas', 'databases'],
  ['errors', 'config', 'logger', 'retry', 'telemetry', 'time', 'decimal', 'text', 'async'],
];

/** Folders of one layer stay apart, except for these. */
const SIDEWAYS = {
  // how a column is stored is the database's affair
  entities: [
    '^src/databases/(column-storage|storage-of-platform|dialect|sql-literals|physical-connection|mysql/load-data-encoder)\\.ts$',
  ],
  // the migrations are compiled in
  databases: ['^migrations/(mysql|sqlite)/migrations\\.ts$'],
};

const DRIVERS = 'node_modules/(@mikro-orm|kysely|mysql2)/';
const LEAVES = LAYERS.at(-1);
/** What may import less than the layers below it. */
const ONLY = {
  // the command line is a user of the public API
  cli: ['cli', 'index.ts', ...LEAVES],
};
const inside = (names) => `^src/(${names.join('|').replaceAll('.', '\\.')})(/|$)`;

const layerRules = LAYERS.flatMap((layer, depth) =>
  layer.map((name) => {
    // a leaf is used from above and may use other leaves
    const own = LEAVES.includes(name) ? LEAVES : [name];
    const reach = ONLY[name] ?? [...own, ...LAYERS.slice(depth + 1).flat()];
    const allowed = [inside(reach), ...(SIDEWAYS[name] ?? [])];
    return {
      name: `layer-${name.replace('.ts', '')}`,
      comment: `${name} imports nothing in src but ${reach.join(', ')}`,
      severity: 'error',
      from: { path: inside([name]) },
      to: { path: ['^src/', '^migrations/'], pathNot: allowed },
    };
  }),
);

export default {
  forbidden: [
    ...layerRules,
    {
      name: 'every-folder-has-a-layer',
      comment: 'a new folder of src is placed in LAYERS of .dependency-cruiser.mjs on purpose, not by accident',
      severity: 'error',
      from: { path: '^src/', pathNot: inside(LAYERS.flat()) },
      to: {},
    },
    {
      name: 'no-circle',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'pool-knows-no-database',
      comment: 'the pool lends connections of any database',
      severity: 'error',
      from: { path: '^src/databases/pool/' },
      to: { path: '^src/databases/(mysql|sqlite)/' },
    },
    {
      name: 'databases-stay-apart',
      comment: 'what mysql and sqlite share is in the contract, in src/databases itself',
      severity: 'error',
      from: { path: '^src/databases/(mysql|sqlite)/' },
      to: { path: '^src/databases/(mysql|sqlite)/', pathNot: '^src/databases/$1/' },
    },
    {
      name: 'migrations-stand-alone',
      comment: 'a migration that was run must not change when the sources do',
      severity: 'error',
      from: { path: '^migrations/' },
      to: { path: '^src/' },
    },
    {
      name: 'drivers-stop-at-operations',
      comment: 'the ORM, the query builder, the driver and its pool are not known to the edge, the leaves or the cli',
      severity: 'error',
      from: { path: '^src/', pathNot: inside(['operations', 'repositories', 'executor', 'entities', 'databases']) },
      to: { path: DRIVERS },
    },
    {
      name: 'edge-reaches-no-driver',
      comment: 'input is checked without the ORM, over whatever detours',
      severity: 'error',
      from: { path: inside(['schemas', ...LEAVES]) },
      to: { path: DRIVERS, reachable: true },
    },
    {
      name: 'public-types-reach-no-driver',
      comment: 'the declarations that a user compiles against do not mention the ORM, over whatever detours',
      severity: 'error',
      from: { path: '^declarations/src/index\\.ts$' },
      to: { path: DRIVERS, reachable: true },
    },
    {
      name: 'schemas-belong-to-the-edge',
      comment: 'zod is known to the edge, to the settings and to those that call the edge',
      severity: 'error',
      from: { path: '^src/', pathNot: inside(['cli', 'schemas', 'config', 'repositories', 'operations']) },
      to: { path: 'node_modules/zod/' },
    },
    {
      name: 'no-unknown-import',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-undeclared-package',
      comment: 'what the package imports is installed with it',
      severity: 'error',
      from: { path: '^(src|migrations)/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-forgotten-module',
      comment: 'what neither the public API nor the command line reaches is a leftover',
      severity: 'error',
      from: { path: '^src/(index|mikro-orm|cli/main)\\.ts$' },
      to: { path: '^(src|migrations)/', pathNot: '^src/(index|mikro-orm|cli/main)\\.ts$', reachable: false },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
