import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const FROM =
  /^(?:import|export)(?: type)?(?: (?:[\w$]+|\*(?: as [\w$]+)?|\{[^}]*\})(?:, \{[^}]*\})? from)? ['"]([^'"]+)['"];$/gm;
const CALL = /\bimport\(\s*['"]([^'"]+)['"]/g;
const COMMENT_LINE = /^\s*(?:\/?\*|\/\/)/;

/** What a module imports, types included, in whatever way. Relies on the form that the formatter gives. */
export function importsOf(source: string): string[] {
  const lines = source.split('\n').filter((line) => !COMMENT_LINE.test(line));
  const code = lines.join('\n');
  return [...new Set([...code.matchAll(FROM), ...code.matchAll(CALL)].map((match) => match[1] as string))];
}

/**
 * Writes the skeletons of a folder's modules, or of their declarations: files of the same names that hold
 * nothing but imports. The parsers that read TypeScript forget imports of types or do not know the
 * language's latest words; of skeletons, any parser sees every arrow.
 */
export function writeSkeletons(root: string, folder: string, into: string): void {
  for (const path of globSync(`${folder}/**/*.ts`, { cwd: root })) {
    const target = join(into, path.replace(/\.d\.ts$/, '.ts'));
    mkdirSync(dirname(target), { recursive: true });
    const imports = importsOf(readFileSync(join(root, path), 'utf8'));
    writeFileSync(target, imports.map((specifier) => `import '${specifier}';\n`).join(''));
  }
}
