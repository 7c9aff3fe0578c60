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

const limits = { rowDays: [1, 36_500], versionDays: [0, 3_650] } as const;

export const formOf = ({ keep_days, versions_kept_days }: DatasetSettings): KeepingForm => ({
  rows: keep_days === null ? 'all' : 'days',
  rowDays: keep_days === null ? '' : String(keep_days),
  versions: versions_kept_days === null ? 'server' : 'days',
  versionDays: versions_kept_days === null ? '' : String(versions_kept_days),
});

export function daysProblem(field: keyof typeof limits, text: string): string | null {
  const [least, most] = limits[field];
  const days = Number(text.trim());
  if (/^\d{1,6}$/.test(text.trim()) && days >= least && days <= most) return null;
  return `Enter a whole number of days, ${least} to ${formatCount(most, 'day')}`;
}

/** null while something typed is not valid. */
export function settingsOf(form: KeepingForm): DatasetSettings | null {
  if (form.rows === 'days' && daysProblem('rowDays', form.rowDays) !== null) return null;
  if (form.versions === 'days' && daysProblem('versionDays', form.versionDays) !== null)
    return null;
  return {
    keep_days: form.rows === 'days' ? Number(form.rowDays) : null,
    versions_kept_days: form.versions === 'days' ? Number(form.versionDays) : null,
  };
}

export const sameSettings = (a: DatasetSettings, b: DatasetSettings): boolean =>
  a.keep_days === b.keep_days && a.versions_kept_days === b.versions_kept_days;

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
  return days === 0
    ? 'not at all once the next one is there'
    : `for ${formatCount(days, 'day')} after the next one came`;
}
