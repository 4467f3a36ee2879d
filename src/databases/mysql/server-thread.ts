import type { Row, ServerLimits } from '../physical-connection.ts';

/** One connection as its server knows it: told apart from those of other servers, and of the same one before a restart. */
export interface ServerThread {
  /** The server, among all servers. */
  readonly server: string;
  /** When it started, in seconds by its own clock. */
  readonly startedAt: number;
  /** The connection's number there. Each server has its own, and begins anew when it starts. */
  readonly id: number;
}

/**
 * Asks a server, in one row, who it is, which of its connections this is, and what it takes. A comment of each
 * server's own holds what the other one does not know: a MariaDB has no `server_uuid`, and before 10.11 no
 * `server_uid`. The clock and the uptime are both those of the statement's start, so their difference is the same
 * whenever one asks. A session whose own time limit is not set yet has the server's, which may be a millisecond: the
 * statement brings its own. Sources: MySQL "Comments", MariaDB "Comment Syntax"; both show these tables to every account.
 */
export const INTRODUCTION =
  '/*M! set statement max_statement_time = 0 for */ select /*+ max_execution_time(60000) */ connection_id() as id, @@max_allowed_packet as bytes, @@local_infile as loads, ' +
  "/*!80000 @@server_uuid */ /*M! concat_ws('|', @@hostname, @@port, @@server_id, " +
  "(select variable_value from information_schema.global_variables where variable_name = 'SERVER_UID')) */ as server, " +
  'unix_timestamp() - variable_value as started_at ' +
  "from /*!80000 performance_schema */ /*M! information_schema */.global_status where variable_name = 'Uptime'";

/** Reads the answer to {@link INTRODUCTION}. */
export function readIntroduction(row: Row | undefined): {
  readonly thread: ServerThread;
  readonly limits: ServerLimits;
} {
  return {
    thread: { server: String(row?.['server']), startedAt: Number(row?.['started_at']), id: Number(row?.['id']) },
    limits: { maxStatementBytes: Number(row?.['bytes']), loadsFiles: Number(row?.['loads']) === 1 },
  };
}
