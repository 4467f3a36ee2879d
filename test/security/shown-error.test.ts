import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { shownCause, shownMessage } from '../../src/errors/shown-fault.ts';

const ofServer = (errno: number, sqlMessage: string): Error =>
  Object.assign(new Error(sqlMessage), { errno, sqlMessage });
const ofSqlite = (message: string): Error => Object.assign(new Error(message), { errcode: 1 });

describe('the message of a database', () => {
  it.each([
    [
      1062,
      "Duplicate entry 'S3CR' for key 'bots.bots_name_unique'",
      "Duplicate entry ? for key 'bots.bots_name_unique'",
    ],
    [1062, "Duplicate entry 'S3' for key 'CR' for key 'name'", "Duplicate entry ? for key 'name'"],
    [1062, "Duplicate entry 'S3\nCR' for key 'name'", "Duplicate entry ? for key 'name'"],
    [
      1366,
      "Incorrect decimal value: 'S3CR' for column 'volume' at row 7",
      "Incorrect decimal value: ? for column 'volume' at row 7",
    ],
    [
      1366,
      "Incorrect decimal value: 'S3CR' for column `a`.`b`.`c` at row 7",
      'Incorrect decimal value: ? for column `a`.`b`.`c` at row 7',
    ],
    [1292, "Truncated incorrect DOUBLE value: 'S3CR'", 'Truncated incorrect DOUBLE value: ?'],
    [1406, "Data too long for column 'name' at row 1", "Data too long for column 'name' at row 1"],
    [1048, "Column 'high' cannot be null", "Column 'high' cannot be null"],
    [3819, "Check constraint 'high_is_highest' is violated.", "Check constraint 'high_is_highest' is violated."],
    [
      1064,
      "You have an error in your SQL syntax; near 'S3CR', 'it' at line 1",
      'You have an error in your SQL syntax; near ? at line 1',
    ],
    [1105, "XPATH syntax error: '~S3CR'", 'XPATH syntax error: ?'],
    [1690, "BIGINT value is out of range in '(`a`.`b` - 100)'", 'BIGINT value is out of range in ?'],
  ])('is shown without its values: %i, %s', (errno, said, shown) => {
    expect(shownMessage(ofServer(errno, said))).toBe(shown);
  });

  it.each([
    ['UNIQUE constraint failed: bots.name', 'UNIQUE constraint failed: bots.name'],
    ['near "S3CR": syntax error', 'near ?: syntax error'],
    ['unrecognized token: "\'S3CR"', 'unrecognized token: ?'],
    ['no such table: bots', 'no such table: bots'],
  ])('is shown without its values by SQLite: %s', (said, shown) => {
    expect(shownMessage(ofSqlite(said))).toBe(shown);
  });

  it('is left as it is where it is of Node or of a driver', () => {
    const error = new Error("connect ECONNREFUSED '127.0.0.1'\nmore");
    expect(shownMessage(error)).toBe("connect ECONNREFUSED '127.0.0.1'");
    expect(shownCause(error)).toBe(error);
  });

  it('is all that is kept of its error, with where it came from and what says which it is', () => {
    const error = Object.assign(ofServer(1062, "Duplicate entry 'S3CR' for key 'name'"), {
      code: 'ER_DUP_ENTRY',
      sqlState: '23000',
      sql: "insert into bots values ('S3CR')",
      connecting: true,
    });
    const shown = shownCause(error) as Error;
    expect(shown).toMatchObject({
      name: 'Error',
      message: "Duplicate entry ? for key 'name'",
      errno: 1062,
      code: 'ER_DUP_ENTRY',
      sqlState: '23000',
      connecting: true,
    });
    expect(inspect(shown, { showHidden: true })).not.toContain('S3CR');
    expect(shown.stack).toMatch(/^Error: Duplicate entry \? for key 'name'\n {4}at .*shown-error\.test/);
  });
});
