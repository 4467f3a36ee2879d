/** One fault of an input: where it is, what was expected there and what came. */
export interface Issue {
  /** Path of the faulty value: `high`, `[3].symbol`, `config.limits[0]`. Empty for the input as a whole. */
  readonly path: string;
  /** What would have been accepted, in words. */
  readonly expected: string;
  /** What came, as a short excerpt. */
  readonly received: string;
}

const LONGEST_PATH = 300;
const LONGEST_WORDS = 500;

/** The same issue, cut to what one reads: a name that came as input may have any length. */
export function cutIssue(issue: Issue): Issue {
  const { path, expected, received } = issue;
  const isShort = path.length <= LONGEST_PATH && expected.length <= LONGEST_WORDS && received.length <= LONGEST_WORDS;
  return isShort
    ? issue
    : { path: cut(path, LONGEST_PATH), expected: cut(expected, LONGEST_WORDS), received: cut(received, LONGEST_WORDS) };
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}… (${text.length} characters)` : text;
}

/** Writes an issue as one line: `high: expected a price not below low (2.1), received "2.0"`. */
export function formatIssue(issue: Issue): string {
  const { path, expected, received } = cutIssue(issue);
  return `${path === '' ? 'input' : path}: expected ${expected}, received ${received}`;
}
