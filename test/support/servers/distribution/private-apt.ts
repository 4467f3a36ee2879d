import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeptFolder } from '../kept-folder.ts';
import { run } from '../run.ts';
import type { Archive } from './archive.ts';

export type Apt = (program: 'apt-get' | 'apt-cache', ...args: string[]) => Promise<string>;

/**
 * An apt of its own lists and cache, which knows this one archive and no installed package: it
 * needs no rights, changes nothing on the machine, and checks signatures as ever. How to reach the
 * network (a proxy, a login) stays as the machine has it configured.
 */
export async function preparePrivateApt(archive: Archive, folder: KeptFolder): Promise<Apt> {
  const at = (name: string) => join(folder.path, name);
  await mkdir(at('lists/partial'), { recursive: true });
  await mkdir(at('cache/archives/partial'), { recursive: true });
  await mkdir(at('none'));
  await writeFile(at('status'), '');
  const { keyring, mirror, suite, components } = archive;
  await writeFile(at('sources.list'), `deb [signed-by=${keyring} target=Packages] ${mirror} ${suite} ${components}\n`);
  await writeFile(at('apt.conf'), configuration(at));

  const apt: Apt = (program, ...args) => run(program, ['-qq', '-c', at('apt.conf'), ...args], { folder });
  await apt('apt-get', 'update');
  return apt;
}

function configuration(at: (name: string) => string): string {
  return `
#clear APT::Default-Release;
#clear APT::Update;
APT::Update::Error-Mode "any";
APT::Get::AllowUnauthenticated "false";
APT::Install-Recommends "false";
APT::Install-Suggests "false";
APT::Sandbox::User "root";
Acquire::AllowInsecureRepositories "false";
Acquire::Languages "none";
Acquire::Retries "3";
Debug::NoLocking "true";
Dir::Cache "${at('cache')}";
Dir::Etc::SourceList "${at('sources.list')}";
Dir::Etc::SourceParts "${at('none')}";
Dir::Etc::Preferences "${at('none/preferences')}";
Dir::Etc::PreferencesParts "${at('none')}";
Dir::State::Lists "${at('lists')}";
Dir::State::status "${at('status')}";
`;
}
