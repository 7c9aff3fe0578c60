// API keys in words: what each role of a key may do, when it ends, and how a program sends it. Pure.
import type { ApiKey } from '@/api/types';
import type { Budget, Role } from '@/api/types';
import { formatAge, formatCount } from '@/lib/format';

export type KeyRole = Exclude<Role, 'owner'>;

/** People who manage keys are admins or owners, and either may hand out these. */
export const keyRoles: Record<KeyRole, { label: string; may: string }> = {
  viewer: { label: 'Viewer', may: 'Asks and reads, within what its attributes let it see' },
  editor: { label: 'Editor', may: 'Also loads data and edits models and dashboards' },
  admin: { label: 'Admin', may: 'Also deletes datasets, and sees all rows whatever policies say' },
};

export type End = 'month' | 'quarter' | 'year' | 'never';

const DAY_MS = 86_400_000;
const days: Record<Exclude<End, 'never'>, number> = { month: 30, quarter: 90, year: 365 };

export const endWords: Record<End, string> = {
  month: 'In 30 days',
  quarter: 'In 90 days',
  year: 'In a year',
  never: 'Never, until it is revoked',
};

export const expiryOf = (end: End, now: number = Date.now()): string | null =>
  end === 'never' ? null : new Date(now + days[end] * DAY_MS).toISOString();

export const hasExpired = ({ expires_at }: ApiKey, now: number): boolean =>
  expires_at != null && new Date(expires_at).getTime() <= now;

export function expiryWords(key: ApiKey, now: number): string {
  if (key.expires_at == null) return 'never expires';
  const when = formatAge(key.expires_at, now);
  return hasExpired(key, now) ? `expired ${when}` : `expires ${when}`;
}

export const usedWords = ({ last_used_at }: ApiKey, now: number): string =>
  last_used_at == null ? 'not used yet' : `used ${formatAge(last_used_at, now)}`;

export function budgetWords({ rows, bytes, cost }: Budget): string | null {
  const parts = [
    rows == null ? null : formatCount(rows, 'row', 'rows'),
    bytes == null ? null : `${Math.ceil(bytes / 1_000_000).toLocaleString('en')} MB`,
    cost == null ? null : formatCount(cost, 'unit of cost', 'units of cost'),
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : `at most ${parts.join(' and ')} a question`;
}

/** A first request with a key. */
export const curlExample = (origin: string, token: string): string =>
  `curl ${origin}/api/v1/datasets \\\n  -H 'Authorization: Bearer ${token}'`;
