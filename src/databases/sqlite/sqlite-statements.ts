import { padDecimal } from '../column-storage.ts';
import { type RawSqlDialect, transactionRefusal } from '../raw-sql-dialect.ts';
import { decimalFunctions } from './sqlite-functions.ts';

export const sqliteStatements: RawSqlDialect = {
  rules: {
    backslashEscapes: false,
    serverComments: false,
    brackets: true,
    // every letter beyond ASCII may be part of a name. Source: sqlite.org/lang_expr.html#varparam, tokenize.c
    namedMarks: /\?\d|(?:[:@#]|(?<![\w$\u0080-\uffff])\$)[\w$\u0080-\uffff]/,
  },
  encodeDecimal: padDecimal,
  encodedValues: decimalFunctions,
  encodeInstant: (value) => BigInt(value.getTime()),
  largestInteger: 2n ** 63n - 1n,
  refusal: (bare) => transactionRefusal(bare),
  // no built-in function changes the session, and a reset costs more than most statements
  leavesSessionClean: (bare) => /^(?:select|values|with|insert|replace|update|delete)\b/.test(bare),
  beforeStreaming: [],

  tableNames:
    "select name from sqlite_schema where type = 'table' and name not like 'sqlite\\_%' escape '\\' order by name",

  procedures: false,
};
