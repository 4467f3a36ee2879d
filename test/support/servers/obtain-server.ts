import { type ServerDialect, titles } from './database.ts';
import { setAgainstUs } from './hostile-globals.ts';
import { distributionProvider } from './providers/distribution.ts';
import { localProvider } from './providers/local.ts';
import { urlProvider } from './providers/url.ts';
import { reasonOf } from './reason.ts';
import { say } from './say.ts';
import {
  NothingThere,
  type ObtainedServer,
  type ProviderName,
  providerNames,
  type ServerProvider,
} from './server-provider.ts';
import type { TestSettings } from './test-settings.ts';

export interface FoundServer extends ObtainedServer {
  dialect: ServerDialect;
  provider: ProviderName;
}

const providers: Record<ProviderName, ServerProvider> = {
  url: urlProvider,
  // Loaded when it is needed: testcontainers takes longer to load than SQLite's tests to begin.
  docker: async (...args) => (await import('./providers/docker.ts')).dockerProvider(...args),
  local: localProvider,
  distribution: distributionProvider,
};

/** No provider has a server; `tried` says why for each of them. */
export class MissingServer extends Error {
  override name = 'MissingServer';
  readonly dialect: ServerDialect;
  readonly tried: string[];

  constructor(dialect: ServerDialect, tried: string[]) {
    super(`no ${titles[dialect]} server is available`);
    this.dialect = dialect;
    this.tried = tried;
  }
}

export async function obtainServer(dialect: ServerDialect, settings: TestSettings): Promise<FoundServer> {
  const tried: string[] = [];
  const names = providersOf(dialect, settings);
  for (const provider of names) {
    try {
      const { url, version, stop } = await providers[provider](dialect, settings);
      if (settings.hostile) await setAgainstUs(dialect, url);
      return { dialect, provider, url, version, stop };
    } catch (error) {
      const reason = reasonOf(error);
      tried.push(`${provider}: ${reason}`);
      const isLast = provider === names.at(-1);
      if (!isLast && !(error instanceof NothingThere))
        say(`${titles[dialect]} not from the provider "${provider}": ${reason}`);
    }
  }
  throw new MissingServer(dialect, tried);
}

// A server that is named by its URL is not replaced by another one when it is down.
function providersOf(dialect: ServerDialect, { forcedProvider, urls, hostile }: TestSettings): readonly ProviderName[] {
  // a server that was there before has other users, whom its globals would be set against too
  if (hostile)
    return providerNames.filter((provider) => provider !== 'url' && (forcedProvider ?? provider) === provider);
  if (forcedProvider) return [forcedProvider];
  return urls[dialect] ? ['url'] : providerNames;
}
