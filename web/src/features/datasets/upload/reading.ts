// What a viewer says of how a file is written, as fields of a form and as options of the API. Pure, so that it can be tested.
import type { Inference, ReadOptions } from '@/api/types';

export interface ReadingDraft {
  quote: 'double' | 'single' | 'none';
  escape: 'none' | 'backslash';
  comment: string;
  // Separated by commas; nothing for the usual ones.
  nullTokens: string;
}

export function draftOf(options: ReadOptions): ReadingDraft {
  const quote = options.quote === 'none' ? 'none' : options.quote === "'" ? 'single' : 'double';
  return {
    quote,
    escape: options.escape === '\\' ? 'backslash' : 'none',
    comment: options.comment ?? '',
    nullTokens: options.null_tokens?.join(', ') ?? '',
  };
}

/** Only what differs from what is read without a word. */
export function optionsOf(draft: ReadingDraft): ReadOptions {
  const tokens = draft.nullTokens
    .split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '');
  return {
    ...(draft.quote === 'single' && { quote: "'" }),
    ...(draft.quote === 'none' && { quote: 'none' }),
    ...(draft.escape === 'backslash' && draft.quote !== 'none' && { escape: '\\' }),
    ...(draft.comment !== '' && { comment: draft.comment }),
    ...(tokens.length > 0 && { null_tokens: tokens }),
  };
}

export const isDelimited = ({ format }: Inference): boolean => format === 'csv' || format === 'tsv';

/** Whether there are texts in the file that may mean "no value". */
export const hasTexts = (inference: Inference): boolean =>
  isDelimited(inference) || ['ndjson', 'json', 'xlsx'].includes(inference.format);
