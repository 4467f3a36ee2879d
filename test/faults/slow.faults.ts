import { faultScenario } from './fault-scenario.ts';
import { byForm } from './run-settings.ts';

// a call takes as long as the network does, so more are made side by side
const MANY_CALLERS = byForm({
  whole: { writerRows: 200_000, singles: 20_000, callers: 40 },
  short: { writerRows: 12_000, singles: 800, callers: 40 },
});

faultScenario('a slow network before a', [], (scenario) => {
  scenario.holds(
    '300 ms latency',
    async ({ at }) => {
      scenario.proxy.delay(300);
      await at(1);
    },
    { quiet: true, size: MANY_CALLERS, options: { pool: { max: 50 } } },
  );

  scenario.holds(
    '100 kB/s',
    async ({ at }) => {
      scenario.proxy.limit(100_000);
      await at(1);
    },
    { quiet: true, size: byForm({ whole: undefined, short: { writerRows: 5_000, singles: 400 } }) },
  );
});
