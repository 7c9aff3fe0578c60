// Steps in words. Pure.
import type { Step, StepRows } from '@/api/types';
import { formatCount, formatNumber } from '@/lib/format';

/** The step's own words, in one line: what it reads, and what comes of it. */
export function stepSummary(step: Step): string {
  const pairs = (of: Record<string, string>): string =>
    Object.entries(of)
      .map(([from, to]) => `${from} \u2192 ${to}`)
      .join(', ');
  switch (step.op) {
    case 'trim':
    case 'null_tokens':
      return step.columns?.join(', ') || 'all texts';
    case 'rename':
      return pairs(step.columns);
    case 'filter':
      return step.condition;
    case 'derive':
      return `${step.column} = ${step.expression}`;
    case 'deduplicate':
      return step.key?.join(', ') || 'whole rows';
    case 'look_up':
      return `${step.dataset}: ${Object.values(step.take).join(', ')}`;
    case 'split':
      return `${step.column} \u2192 ${step.into.join(', ')}`;
    case 'parse_date':
    case 'parse_number':
    case 'unit':
    case 'flatten':
      return 'into' in step && step.into ? `${step.column} \u2192 ${step.into}` : step.column;
    default:
      // A newer server may know others.
      return ((step as { columns?: string[] }).columns ?? []).join(', ');
  }
}

/** `1,000 rows, 12 rejected, 30 left out` */
export function rowsInWords({ rows_in, rows_out, rejected }: StepRows): string {
  const leftOut = rows_in - rows_out - rejected;
  return [
    formatCount(rows_out, 'row'),
    rejected > 0 && `${formatNumber(rejected, 'integer')} rejected`,
    leftOut > 0 && `${formatNumber(leftOut, 'integer')} left out`,
  ]
    .filter(Boolean)
    .join(', ');
}
