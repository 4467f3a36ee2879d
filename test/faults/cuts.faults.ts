import { type FaultRun, onStage } from './fault-scenario.ts';
import { byForm } from './run-settings.ts';

const TIMES = byForm({ whole: 90, short: 15 });

onStage('a cutting network before a', [], (stage) => {
  /** Again and again, on whatever connection sends the text next. */
  const often = (cut: (text: string) => void, text: string) => async (run: FaultRun) => {
    for (let time = 0; time < TIMES; time += 1) {
      await run.at(time / TIMES);
      cut(text);
    }
  };

  stage.holds(
    'reset in mid-statement',
    often((text) => stage.proxy.cutWithin(text), 'insert into'),
  );
  stage.holds(
    'reset in mid-file',
    often((text) => stage.proxy.cutWithin(text), '5000.25\t'),
  );
  stage.holds(
    'half the bytes of a packet',
    often((text) => stage.proxy.halveAnswer(text), 'insert into'),
  );
  stage.holds(
    'the answer to a statement cut off',
    often((text) => stage.proxy.cutAfter(text), 'insert into'),
  );
  stage.holds(
    'the answer to a COMMIT cut off',
    // with the byte before a statement: MySQL's driver gives its attributes there, of which there are none
    often((text) => stage.proxy.cutAfter(`${stage.dialect === 'mysql' ? '\u0001' : '\u0003'}${text}`), 'commit'),
  );
});
