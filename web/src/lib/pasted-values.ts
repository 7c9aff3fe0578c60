// Values out of a text that is pasted into a list of them: one a line or cell. A comma may be a part of a value, "Atlanta, GA",
// and parts values only where all of them are quoted, or numbers.
import type { Cell } from '@/api/types';

export interface Pasted {
  values: Cell[];
  /** The first part that is no number, where numbers are wanted: then there are no values. */
  wrong: string | null;
}

const quotedList = /^"(?:[^"]|"")*"(?:\s*[,;]\s*"(?:[^"]|"")*")*$/;

const trimmed = (parts: readonly string[]): string[] =>
  parts.map((part) => part.trim()).filter((part) => part !== '');

/** An empty text is a value; of numbers it is none, and not zero. */
function quotedParts(line: string, numeric: boolean): string[] {
  const parts = (line.match(/"(?:[^"]|"")*"/g) ?? []).map((part) =>
    part.slice(1, -1).replaceAll('""', '"'),
  );
  return numeric ? trimmed(parts) : parts;
}

function partsOf(text: string, numeric: boolean): string[] {
  const lines = trimmed(text.split(/[\n\r\t]+/));
  const [line] = lines;
  if (line === undefined || lines.length > 1) return lines;
  if (quotedList.test(line)) return quotedParts(line, numeric);
  return numeric ? trimmed(line.split(/[,;]+/)) : lines;
}

/** A number, or its text where it has more digits than a number keeps. */
function numberOf(part: string): Cell {
  const number = Number(part);
  return Number.isInteger(number) && !Number.isSafeInteger(number) ? part : number;
}

/** null: it is one text, and looked for as such. */
export function pastedValues(text: string, numeric: boolean): Pasted | null {
  const parts = partsOf(text, numeric);
  if (parts.length < 2) return null;
  if (!numeric) return { values: parts, wrong: null };
  const wrong = parts.find((part) => !Number.isFinite(Number(part))) ?? null;
  return { values: wrong === null ? parts.map(numberOf) : [], wrong };
}
