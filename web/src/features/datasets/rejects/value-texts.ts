// The values of a JSON object as they are written: a parsed number may be another one than the text says. Pure.

/** Whole strings, signs of structure, and what stands between them: numbers and words. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:,]|[^\s"{}[\]:,]+/g;

function isObject(raw: string): boolean {
  try {
    const parsed: unknown = JSON.parse(raw);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
  } catch {
    return false;
  }
}

/** By key, as JSON; of two with one key the last. null where the text is no object. */
export function valueTexts(raw: string): Map<string, string> | null {
  if (!isObject(raw)) return null;
  const texts = new Map<string, string>();
  let depth = 0;
  let key: string | null = null;
  let from = 0;
  for (const { 0: token, index } of raw.matchAll(tokens)) {
    if (depth === 1 && key !== null && (token === ',' || token === '}')) {
      texts.set(key, raw.slice(from, index).trim());
      key = null;
    }
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (depth === 1 && token === ':') from = index + 1;
    else if (depth === 1 && token !== ',') key ??= JSON.parse(token) as string;
  }
  return texts;
}
