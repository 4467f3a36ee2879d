import { type FaultRun, faultScenario } from './fault-scenario.ts';
import { byForm } from './run-settings.ts';

const TIMES = byForm({ whole: 90, short: 15 });

faultScenario('a cutting network before a', [], (scenario) => {
  /** Again and again, on whatever connection sends the text next. */
  const often = (cut: (text: string) => void, text: string) => async (run: FaultRun) => {
    for (let time = 0; time < TIMES; time += 1) {
      await run.at(time / TIMES);
      cut(text);
    }
  };

  scenario.holds(
    'reset in mid-statement',
    often((text) => scenario.proxy.cutWithin(text), 'insert into'),
  );
  scenario.holds(
    'reset in mid-file',
    often((text) => scenario.proxy.cutWithin(text), '5000.25\t'),
  );
  scenario.holds(
    'half the bytes of a packet',
    often((text) => scenario.proxy.halveAnswer(text), 'insert into'),
  );
  scenario.holds(
    'the answer to a statement cut off',
    often((text) => scenario.proxy.cutAfter(text), 'insert into'),
  );
  scenario.holds(
    'the answer to a COMMIT cut off',
    // with the byte before a statement: MySQL's driver gives its attributes there, of which there are none
    often((text) => scenario.proxy.cutAfter(`${scenario.dialect === 'mysql' ? '\u0001' : '\u0003'}${text}`), 'commit'),
  );
});
