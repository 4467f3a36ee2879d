import { setTimeout as sleep } from 'node:timers/promises';
import { freeze } from '../support/freeze.ts';
import { faultScenario } from './fault-scenario.ts';
import { byForm } from './run-settings.ts';

const AWAY_MS = byForm({ whole: 20_000, short: 8_000 });

faultScenario('a silent', [], (scenario) => {
  scenario.holds(
    `server paused for ${AWAY_MS / 1_000} s (SIGSTOP)`,
    async ({ at }) => {
      await at(0.3);
      await freeze(scenario.server);
      await sleep(AWAY_MS);
      await scenario.server.kill('SIGCONT');
    },
    // nothing need be tried again: the server goes on with what it was sent
    { quiet: true },
  );

  scenario.holds(`network cut without a reset for ${AWAY_MS / 1_000} s`, async ({ at }) => {
    await at(0.3);
    scenario.proxy.blackHole();
    await sleep(AWAY_MS);
    scenario.proxy.heal();
  });
});
