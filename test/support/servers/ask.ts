import { createConnection } from 'mysql2/promise';

const connectTimeoutMs = 5_000;

/** The first row of what the server answers, if it answers in rows, on a connection of its own. */
export async function ask(url: string, sql: string): Promise<string[]> {
  const connection = await createConnection({ uri: url, connectTimeout: connectTimeoutMs });
  try {
    const [rows] = await connection.query({ sql, rowsAsArray: true });
    return Array.isArray(rows) ? ((rows[0] ?? []) as string[]) : [];
  } finally {
    connection.destroy();
  }
}
