import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './cache-folder.ts';
import { initialise } from './initialise.ts';
import { withLockedFolder } from './locked-folder.ts';
import type { ServerProgram } from './server-program.ts';

const templates = join(cacheFolder, 'templates');

/** An initialised data directory to copy: making one takes MySQL seconds, copying it a moment. */
export async function dataTemplate(program: ServerProgram): Promise<string> {
  const name = `${program.dialect}-${process.arch}-${program.version.replaceAll(/[^\w.+-]/g, '_')}`;
  const template = join(templates, name);
  if (existsSync(template)) return template;
  return withLockedFolder(`${template}.lock`, async (folder) => {
    if (!existsSync(template)) await rename(await initialise(program, folder), template);
    return template;
  });
}
