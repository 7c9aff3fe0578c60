// How long rows and versions are kept: what was typed, what it means in words, and whether it takes something away. Pure.
import type { DatasetSettings } from '@/api/types';
import { formatCount } from '@/lib/format';

/** As typed; a text is only looked at where its choice is made. */
export interface KeepingForm {
  rows: 'all' | 'days';
  rowDays: string;
  versions: 'server' | 'days';
  versionDays: string;
}

const most = { rowDays: 36_500, versionDays: 3_650 } as const;

/** The server would take none for versions; nobody who types it means what it does. */
const noneMeans = {
  rowDays: 'with 0, no row would stay',
  versionDays: 'with 0, a version would be gone as soon as the next one is there',
} as const;

export const formOf = ({ keep_days, versions_kept_days }: DatasetSettings): KeepingForm => ({
  rows: keep_days === null ? 'all' : 'days',
  rowDays: keep_days === null ? '' : String(keep_days),
  versions: versions_kept_days === null ? 'server' : 'days',
  versionDays: versions_kept_days === null ? '' : String(versions_kept_days),
});

/** `saved`: what holds already is never wrong, whoever set it. */
export function daysProblem(
  field: keyof typeof most,
  text: string,
  saved: number | null = null,
): string | null {
  const whole = /^\d{1,6}$/.test(text.trim());
  const days = Number(text.trim());
  if (whole && ((days >= 1 && days <= most[field]) || days === saved)) return null;
  if (whole && days === 0) return `Enter at least 1 day: ${noneMeans[field]}`;
  return `Enter a whole number of days, 1 to ${formatCount(most[field], 'day')}`;
}

/** null while something typed is not valid. */
export function settingsOf(form: KeepingForm, saved: DatasetSettings): DatasetSettings | null {
  const { keep_days, versions_kept_days } = saved;
  if (form.rows === 'days' && daysProblem('rowDays', form.rowDays, keep_days) !== null) return null;
  if (
    form.versions === 'days' &&
    daysProblem('versionDays', form.versionDays, versions_kept_days) !== null
  )
    return null;
  return {
    keep_days: form.rows === 'days' ? Number(form.rowDays) : null,
    versions_kept_days: form.versions === 'days' ? Number(form.versionDays) : null,
    // Not on this form; whoever has set it keeps it.
    keys_kept_days: saved.keys_kept_days,
  };
}

export const sameSettings = (a: DatasetSettings, b: DatasetSettings): boolean =>
  a.keep_days === b.keep_days &&
  a.versions_kept_days === b.versions_kept_days &&
  a.keys_kept_days === b.keys_kept_days;

/** Whether rows go that would have stayed. */
export const takesRows = (before: DatasetSettings, after: DatasetSettings): boolean =>
  after.keep_days !== null && (before.keep_days === null || after.keep_days < before.keep_days);

/** Whether versions may go that would have stayed. What the server says is not known here, so any number may be less. */
export const takesVersions = (before: DatasetSettings, after: DatasetSettings): boolean =>
  after.versions_kept_days !== before.versions_kept_days &&
  (after.versions_kept_days === null ||
    before.versions_kept_days === null ||
    after.versions_kept_days < before.versions_kept_days);

const DAY = 86_400_000;

/** The first day (in UTC) of which rows are kept. */
export const firstDayKept = (keepDays: number, now: number): string =>
  new Date(now - keepDays * DAY).toISOString().slice(0, 10);

export function versionsKept(days: number | null): string {
  if (days === null) return 'as long as the server is set to, a week unless somebody changed it';
  return `for ${formatCount(days, 'day')} after the next one came`;
}
