import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { KeptFolder } from '../kept-folder.ts';
import type { Archive } from './archive.ts';
import { filesIn, findFile, locateLoader, unpackPackage } from './unpack-package.ts';

/** What `unpacked.json` beside the files says about them. All paths are relative to it. */
export interface UnpackedServer {
  version: string;
  program: string;
  loader: string;
  /** The folders of the shared libraries. */
  libraries: string[];
  share: string;
}

// Tools, manuals and the like, which are half of what is unpacked.
const ballast = ['usr/bin', 'usr/share/doc', 'usr/share/lintian', 'usr/share/man'];

/** Fetches the server with all that it loads, and returns the folder it is in. */
export async function unpackServer(archive: Archive, folder: KeptFolder): Promise<string> {
  const { tree, version } = await unpackPackage(archive, folder, ballast);
  const unpacked: UnpackedServer = { version, ...(await locate(tree)) };
  await writeFile(join(tree, 'unpacked.json'), JSON.stringify(unpacked, null, 2));
  return tree;
}

async function locate(tree: string): Promise<Omit<UnpackedServer, 'version'>> {
  const files = await filesIn(tree);
  return {
    ...locateLoader(files),
    program: findFile(files, /\/sbin\/(mysqld|mariadbd)$/),
    share: dirname(dirname(findFile(files, /\/english\/errmsg\.sys$/))),
  };
}
