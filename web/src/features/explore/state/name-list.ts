// Lists of names as text: commas between them, a backslash before a comma, colon or backslash that belongs to a name. Pure.

export const encodeName = (name: string): string => name.replace(/[\\,:]/g, (sign) => `\\${sign}`);

/** Splits at a sign that no backslash protects; the parts keep their backslashes. */
export function splitAt(text: string, sign: ',' | ':'): string[] {
  const parts: string[] = [];
  let part = '';
  for (let index = 0; index < text.length; index += 1) {
    const here = text[index] ?? '';
    if (here === '\\') {
      part += here + (text[index + 1] ?? '');
      index += 1;
    } else if (here === sign) {
      parts.push(part);
      part = '';
    } else {
      part += here;
    }
  }
  return [...parts, part];
}

export const decodeName = (text: string): string => text.replace(/\\(.)/gs, '$1');

export const encodeNames = (names: readonly string[]): string => names.map(encodeName).join(',');

export const decodeNames = (text: string): string[] =>
  text === '' ? [] : splitAt(text, ',').map(decodeName);
