import { globSync, readFileSync } from 'node:fs';
import type { DatabaseOperations } from '../../src/index.ts';

/** What is there at run time and not in the declarations: `Class.method` of those whose comment says `@internal`. */
const INTERNAL: ReadonlySet<string> = new Set(
  globSync('src/{operations,repositories,sql}/**/*.ts').flatMap((path) => {
    const source = readFileSync(path, 'utf8');
    const owner = /^export (?:abstract )?class (\w+)/m.exec(source)?.[1];
    const methods = source.matchAll(/@internal(?:(?!\*\/).)*\*\/\s+(?:(?:protected|async)\s+)*(\w+)[(<]/gs);
    return [...methods].map(([, name]) => `${owner}.${name}`);
  }),
);

/**
 * The public methods of an instance and of what hangs on it, by the name that errors give them, as they are
 * found on the objects themselves: a new one is in it by itself.
 *
 * @param options.withInput only those that take something
 */
export function publicMethods(db: DatabaseOperations, options: { readonly withInput?: boolean } = {}): string[] {
  const own = Object.entries(db);
  return [
    ...methodsOf(db).map(([name, method]) => ({ name, method })),
    ...own.flatMap(([part, value]) =>
      methodsOf(value as object).map(([name, method]) => ({ name: `${part}.${name}`, method })),
    ),
  ]
    .filter(({ method }) => options.withInput !== true || takesInput(method))
    .map(({ name }) => name)
    .sort();
}

/** Defaults make a function's `length` 0, so its head is read. */
function takesInput(method: () => unknown): boolean {
  return !/^(?:async\s*)?\*?\s*[\w$]*\(\s*\)/.test(String(method));
}

function methodsOf(object: object): [name: string, method: () => unknown][] {
  const found = new Map<string, () => unknown>();
  for (let from = object; !ROOTS.has(from); from = Object.getPrototypeOf(from)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(from))) {
      if (typeof value === 'function' && name !== 'constructor' && !INTERNAL.has(`${from.constructor.name}.${name}`)) {
        found.set(name, value);
      }
    }
  }
  return [...found];
}

const ROOTS: ReadonlySet<unknown> = new Set([Object.prototype, Function.prototype, null]);
