const DAY_MS = 86_400_000;
const REMEMBERED_DAYS = 1_000;
const dates = new Map<number, string>();

/**
 * A day, counted from 1970, as text: `2024-01-31`. Those of the last thousand days are remembered, since times
 * that are written together lie on few.
 */
export function dateText(day: number): string {
  let text = dates.get(day);
  if (text === undefined) {
    text = new Date(day * DAY_MS).toISOString().slice(0, 10);
    if (dates.size >= REMEMBERED_DAYS) {
      dates.clear();
    }
    dates.set(day, text);
  }
  return text;
}
