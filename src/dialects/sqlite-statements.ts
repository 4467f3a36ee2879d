import { type CallerStatements, readsOnly, transactionRefusal } from './caller-statements.ts';

/** What SQLite asks of statements of a caller's own. */
export const sqliteStatements: CallerStatements = {
  rules: {
    backslashEscapes: false,
    serverComments: false,
    brackets: true,
    namedMarks: /\?\d|(?<![\w$])[:@$][a-z_]/i,
  },
  encodeInstant: (value) => BigInt(value.getTime()),
  largestInteger: 2n ** 63n - 1n,
  refusal: (bare) => transactionRefusal(bare),
  isPlainRead: readsOnly,
  beforeSlowRows: [],

  tableNames:
    "select name from sqlite_schema where type = 'table' and name not like 'sqlite\\_%' escape '\\' order by name",

  procedures: false,
};
