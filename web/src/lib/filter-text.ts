// A filter as text that stands in an address and that people can read: `flights.carrier:equals:UA,DL`.
import type { Cell, Filter, FilterOperator, MemberFilter } from '@/api/types';
import { isMemberFilter } from './members';

/** Names that need no quotes; others are written as JSON. */
const plainName = /^[\w.]+$/;

/** Values are typed: `~` is missing, `#12` a number, `!true` a boolean, anything else text. */
function encodeValue(value: Cell): string {
  if (value === null) return '~';
  if (typeof value === 'number') return `#${value}`;
  if (typeof value === 'boolean') return `!${value}`;
  const text = typeof value === 'object' ? JSON.stringify(value) : value;
  return text.replace(/[\\,]/g, (char) => `\\${char}`).replace(/^[~#!]/, (char) => `\\${char}`);
}

function decodeValue(text: string): Cell {
  if (text === '~') return null;
  if (text.startsWith('#')) {
    const number = Number(text.slice(1));
    return Number.isFinite(number) ? number : text;
  }
  if (text === '!true') return true;
  if (text === '!false') return false;
  return text.replace(/\\(.)/g, '$1');
}

function splitValues(text: string): string[] {
  const parts: string[] = [];
  let part = '';
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index] ?? '';
    if (char === '\\') {
      part += char + (text[index + 1] ?? '');
      index += 1;
    } else if (char === ',') {
      parts.push(part);
      part = '';
    } else {
      part += char;
    }
  }
  parts.push(part);
  return parts;
}

export function encodeFilter(filter: Filter): string {
  if (!isMemberFilter(filter) || !plainName.test(filter.member)) return JSON.stringify(filter);
  const head = `${filter.member}:${filter.operator}`;
  return filter.values?.length ? `${head}:${filter.values.map(encodeValue).join(',')}` : head;
}

/** null when the text is not a filter: a broken link loses a chip, not the page. */
export function decodeFilter(text: string): Filter | null {
  if (text.startsWith('{')) {
    try {
      const parsed: unknown = JSON.parse(text);
      if (typeof parsed !== 'object' || parsed === null) return null;
      return 'or' in parsed || 'and' in parsed || 'member' in parsed ? (parsed as Filter) : null;
    } catch {
      return null;
    }
  }
  const found = /^([\w.]+):(\w+)(?::([\s\S]*))?$/.exec(text);
  if (!found) return null;
  const [, member = '', operator = '', values] = found;
  const filter: MemberFilter = { member, operator: operator as FilterOperator };
  if (values !== undefined) filter.values = splitValues(values).map(decodeValue);
  return filter;
}
