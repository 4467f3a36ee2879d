import { setTimeout as sleep } from 'node:timers/promises';
import { faultScenario } from './fault-scenario.ts';
import { byForm } from './run-settings.ts';

// the short form takes no longer than a few of its seconds
const SECOND_MS = byForm({ whole: 1_000, short: 100 });

faultScenario('a killed', [], (scenario) => {
  scenario.holds('server killed and restarted five times', async ({ at }) => {
    for (const part of [0.1, 0.25, 0.4, 0.55, 0.7]) {
      await at(part);
      await scenario.server.kill('SIGKILL');
      await scenario.server.restart();
    }
  });

  scenario.holds('every connection killed each second', async (run) => {
    while (!run.done) {
      await sleep(SECOND_MS);
      scenario.proxy.resetAll();
    }
  });
});
