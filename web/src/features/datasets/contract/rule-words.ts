// Rules in words. Pure.
import type { Cell, ContractRule, Reaction } from '@/api/types';
import { formatCount } from '@/lib/format';
import { typeWords } from '@/components/type-sign';

const listed = 5;

const said = (value: Cell | undefined): string =>
  value === true ? 'yes' : value === false ? 'no' : String(value ?? '');

function bounds({ min, max, exclusive }: Extract<ContractRule, { check: 'range' }>): string {
  const above = min === undefined || min === null ? null : said(min);
  const below = max === undefined || max === null ? null : said(max);
  if (exclusive) {
    const parts = [above && `more than ${above}`, below && `less than ${below}`];
    return `is ${parts.filter(Boolean).join(' and ')}`;
  }
  if (above !== null && below !== null) return `is from ${above} to ${below}`;
  return above === null ? `is at most ${below ?? ''}` : `is at least ${above}`;
}

/** What it asks, without naming its column: `is from 0 to 10,000`. */
export function demandOf(rule: ContractRule): string {
  switch (rule.check) {
    case 'required':
      return 'is never missing';
    case 'type':
      return `is of the type ${(typeWords[rule.type] ?? { label: rule.type }).label.toLowerCase()}`;
    case 'range':
      return bounds(rule);
    case 'allowed': {
      const first = rule.values.slice(0, listed).map(said).join(', ');
      const more = rule.values.length - listed;
      return `is one of ${first}${more > 0 ? ` and ${formatCount(more, 'other')}` : ''}`;
    }
    case 'pattern':
      return `matches ${rule.pattern}`;
    case 'reference':
      return `stands in ${rule.key} of ${rule.dataset}`;
    case 'unique':
      return rule.columns.length > 1 ? 'are unique together' : 'is unique';
    default:
      // A newer server may know others.
      return `holds to ${(rule as { check: string }).check}`;
  }
}

export const columnsOf = (rule: ContractRule): readonly string[] =>
  'columns' in rule ? rule.columns : [rule.column];

const outcomes: Record<Reaction, string> = {
  reject: 'else the row is rejected',
  null: 'else the value becomes missing',
  fail: 'else the load fails',
};

export const outcomeOf = (rule: ContractRule): string => outcomes[rule.on_violation ?? 'reject'];

/** `amount is at least 0` */
export const ruleText = (rule: ContractRule): string =>
  `${columnsOf(rule).join(', ')} ${demandOf(rule)}`;
