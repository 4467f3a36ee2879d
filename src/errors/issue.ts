/** One fault of an input: where it is, what was expected there and what came. */
export interface Issue {
  /** Path of the faulty value: `high`, `[3].symbol`, `config.limits[0]`. Empty for the input as a whole. */
  readonly path: string;
  /** What would have been accepted, in words. */
  readonly expected: string;
  /** What came, as a short excerpt. */
  readonly received: string;
}

/** Writes an issue as one line: `high: expected a price not below low (2.1), received "2.0"`. */
export function formatIssue(issue: Issue): string {
  const where = issue.path === '' ? 'input' : issue.path;
  return `${where}: expected ${issue.expected}, received ${issue.received}`;
}
