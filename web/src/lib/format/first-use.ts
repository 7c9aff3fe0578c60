// The first number and the first date that are formatted wait for the platform to load its tables, 20 to 40 ms each. Done
// here while nothing else is to be done, not in the first drawing of a dashboard.
import { formatNumber } from './number';
import { formatRange } from './time';

export function loadFormats(): void {
  const now = new Date().toISOString();
  formatNumber(0, 'number', 'full');
  formatRange(now, now, 'UTC');
}
