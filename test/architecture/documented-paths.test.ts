import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const PAGES = ['*.md', 'docs/**/*.md', 'test/README.md', 'bench/README.md', 'bench/results/*.md'];
const FOLDERS = 'src|test|bench|docs|scripts|migrations|examples|samples|\\.ci|\\.github';
const pages = PAGES.flatMap((pattern) => globSync(pattern)).sort();
const files = globSync(`{${FOLDERS.replaceAll('\\', '').replaceAll('|', ',')}}/**/*.{ts,sql}`, {
  exclude: (path) => path.endsWith('node_modules'),
});

describe('the documentation', () => {
  it.each(pages)('%s links to what exists', (page) => {
    const targets = [...textOf(page).matchAll(/\]\((?!https?:|#)([^)#]+)(#[^)]*)?\)/g)].map(([, path = '']) => path);
    expect(targets.filter((path) => !existsSync(join(dirname(page), path)))).toEqual([]);
  });

  it.each(pages)('%s links to headings that exist', (page) => {
    const targets = [...textOf(page).matchAll(/\]\((?!https?:)([^)#]*\.md)?#([^)]+)\)/g)];
    const lost = targets.filter(([, path, heading = '']) => {
      const target = path === undefined ? page : join(dirname(page), path);
      return existsSync(target) && !headingsOf(target).has(heading);
    });
    expect(lost.map(([link]) => link)).toEqual([]);
  });

  it.each(pages)('%s names paths and modules that exist', (page) => {
    const named = [...textOf(page).matchAll(/`([^`\s]+)`/g)].map(([, token = '']) => token);
    expect(named.filter((token) => isPath(token) && !exists(token, page))).toEqual([]);
  });
});

describe('ARCHITECTURE.md', () => {
  it('names every folder of the sources', () => {
    const folders = globSync('src/*/').map((folder) => `\`${folder.replace(/\/?$/, '/')}\``);
    const page = textOf('ARCHITECTURE.md');
    expect(folders.filter((folder) => !page.includes(folder))).toEqual([]);
  });
});

/** A path of this repository, or the name of a module with or without its folder. */
function isPath(token: string): boolean {
  return new RegExp(`^(?:${FOLDERS})/`).test(token) || /^[\w*./-]+\.ts$/.test(token);
}

function exists(token: string, page: string): boolean {
  const path = token.replace(/:\d+$/, '').replace(/\/$/, '');
  if (existsSync(path) || existsSync(join(dirname(page), path))) {
    return true;
  }
  if (isInUserProject(path, page)) {
    return true;
  }
  const pattern = path.replaceAll('.', '\\.').replaceAll('*', '[^/]*').replaceAll('…', '.*');
  const name = new RegExp(`(?:^|/)${pattern}$`);
  return files.some((file) => name.test(file));
}

/** A guide names files that its reader writes: those of its own snippets. */
function isInUserProject(path: string, page: string): boolean {
  return textOf(page, { withBlocks: true }).includes(`file=${path}\n`);
}

/** A page without its fenced blocks, which are code and not references. */
function textOf(page: string, { withBlocks = false } = {}): string {
  const text = readFileSync(page, 'utf8');
  return withBlocks ? text : text.replaceAll(/^```.*\n[\s\S]*?^```$/gm, '');
}

/** The anchors of a page, as GitHub makes them of its headings. */
function headingsOf(page: string): ReadonlySet<string> {
  const headings = [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
