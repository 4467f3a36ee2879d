import { readFileSync } from 'node:fs';
import { leavesOf, type Table } from '../../src/config/option.ts';
import { OPTIONS } from '../../src/config/options.ts';

/** What is documented of an option in the sources. */
export interface OptionDocs {
  /** Without the default. */
  readonly text: string;
  /** What is written behind `@default`. */
  readonly default: string | undefined;
}

/** Where options are documented: those of a retry budget with the type that retrying itself uses. */
const SOURCES = ['src/retry/retry.ts', 'src/config/options.ts'];
const DOCUMENTED = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(?:readonly )?(\w+)\??: /g;

/** What is documented, by the last name of each option or group. */
export const DOCS: ReadonlyMap<string, OptionDocs> = new Map(
  SOURCES.flatMap((path) => [...readFileSync(path, 'utf8').matchAll(DOCUMENTED)]).map(([, comment = '', name = '']) => {
    const plain = comment.replace(/\s*\n\s*\*\s?/g, ' ').trim();
    const [text = '', ...values] = plain.split(/\s*@default /);
    return [name, { text, default: values[0] }] as const;
  }),
);

/** The headings, by the option below each. */
const HEADINGS = new Map(
  [...readFileSync('src/config/options.ts', 'utf8').matchAll(/\/\/ --- (.+) ---\n\s*(\w+):/g)].map(
    ([, heading = '', name = '']) => [name, heading],
  ),
);

const INTRODUCTION = `\
# Every variable that tradestore reads; all may be left out. Each line shows the default.
# Copy this file to .env: the command line and \`npx mikro-orm\` read that in the folder they are started in. Variables
# that are set override it; \`--env-file\` names another file (if that is missing, Node.js itself may say so, with exit
# code 9), \`--no-env-file\` none. The library reads the environment alone: load the file there with
# \`node --env-file=.env collector.js\` or \`docker run --env-file .env\`.
# A value that contains a # needs quotes.
#
# Written by \`npm run env-example\` from src/config/options.ts.
`;
const WIDTH = 118;

/** The text of `.env.example`. */
export function envExample(): string {
  return [INTRODUCTION, ...paragraphs(OPTIONS)].join('\n');
}

function paragraphs(table: Table): string[] {
  return Object.entries(table).flatMap(([name, entry]) => {
    const docs = DOCS.get(name);
    const heading = HEADINGS.has(name) ? [`# --- ${HEADINGS.get(name)} ---\n`] : [];
    if ('fields' in entry) {
      const isBudget = 'attempts' in entry.fields;
      return [...heading, ...(isBudget ? [`${lines(docs?.text ?? '')}\n`] : []), ...paragraphs(entry.fields)];
    }
    const { variable, default: value, expected } = entry;
    if (variable === undefined) {
      return [];
    }
    const written = value === undefined ? '' : String(value);
    const text = [docs?.text ?? '', range(expected, docs?.text), unset(written, docs?.default)]
      .filter(Boolean)
      .join(' ');
    return [...heading, `${lines(text)}\n#${variable}=${written}\n`];
  });
}

/** The unit of a time, or the range of another number. */
function range(expected: string, text = ''): string {
  if (expected.includes('(milliseconds)')) {
    return text.includes('in milliseconds') ? '' : 'In milliseconds.';
  }
  return expected.startsWith('a whole') ? `${expected.replace('a whole', 'A whole')}.` : '';
}

function unset(written: string, documented = 'none'): string {
  return written === '' ? `Default: ${documented === '[]' ? 'none' : documented}.` : '';
}

const VARIABLE_OF = new Map(leavesOf(OPTIONS).map(({ path, option }) => [path, option.variable]));

/** A comment of the sources as lines of comment here, where options go by their variables. */
function lines(comment: string): string {
  const plain = comment
    .replace(/\{@link (\w+)\}/g, '$1')
    .replace(/'(\w+)'/g, '$1')
    .replace(/`([^`]+)`/g, (_all, name: string) => {
      const budget = VARIABLE_OF.get(`${name}.attempts`)?.replace('ATTEMPTS', '*');
      return VARIABLE_OF.get(name) ?? budget ?? name;
    });
  const wrapped: string[] = [];
  for (const word of plain.split(' ')) {
    const line = wrapped.at(-1);
    if (line === undefined || line.length + word.length + 1 > WIDTH) {
      wrapped.push(`# ${word}`);
    } else {
      wrapped[wrapped.length - 1] = `${line} ${word}`;
    }
  }
  return wrapped.join('\n');
}
