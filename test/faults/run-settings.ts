export const SEED_VARIABLE = 'FAULTS_SEED';
export const SHORT_VARIABLE = 'FAULTS_SHORT';

/** Whether this is the short form, which is for every change. */
export const short: boolean = (process.env[SHORT_VARIABLE] ?? '') !== '';

/** What everything that is drawn is drawn from; the command prints it. */
export const seed = Number(process.env[SEED_VARIABLE] ?? 1);

/** One of two values, by the form of the run. */
export function byForm<T>(forms: { readonly whole: T; readonly short: T }): T {
  return short ? forms.short : forms.whole;
}

/** How much is written during a fault. */
export const SIZE = byForm({
  whole: { writerRows: 200_000, singles: 20_000 },
  short: { writerRows: 12_000, singles: 800 },
});
