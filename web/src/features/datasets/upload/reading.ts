// What a viewer says of how a file is written, as fields of a form and as options of the API. Pure, so that it can be tested.
import type { Inference, ReadOptions } from '@/api/types';

type Encoding = NonNullable<ReadOptions['encoding']>;

/** Everything that is empty or `found` is left to what the server finds. */
export interface ReadingDraft {
  delimiter: string;
  header: 'found' | 'names' | 'row';
  quote: 'double' | 'single' | 'none';
  escape: 'none' | 'backslash';
  comment: string;
  short: 'reject' | 'fill';
  encoding: Encoding | 'found';
  // Separated by commas; nothing for the usual ones.
  nullTokens: string;
  jsonPath: string;
  sheet: string;
  cellRange: string;
}

export function draftOf(options: ReadOptions): ReadingDraft {
  const quote = options.quote === 'none' ? 'none' : options.quote === "'" ? 'single' : 'double';
  const { header } = options;
  return {
    delimiter: options.delimiter ?? '',
    header: header === true ? 'names' : header === false ? 'row' : 'found',
    quote,
    escape: options.escape === '\\' ? 'backslash' : 'none',
    comment: options.comment ?? '',
    short: options.ragged_rows ?? 'reject',
    encoding: options.encoding ?? 'found',
    nullTokens: options.null_tokens?.join(', ') ?? '',
    jsonPath: options.json_path ?? '',
    sheet: options.sheet ?? '',
    cellRange: options.cell_range ?? '',
  };
}

/** Only what differs from what is read without a word. */
export function optionsOf(draft: ReadingDraft): ReadOptions {
  const tokens = draft.nullTokens
    .split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '');
  return {
    ...(draft.delimiter !== '' && { delimiter: draft.delimiter }),
    ...(draft.header !== 'found' && { header: draft.header === 'names' }),
    ...(draft.quote === 'single' && { quote: "'" }),
    ...(draft.quote === 'none' && { quote: 'none' }),
    ...(draft.escape === 'backslash' && draft.quote !== 'none' && { escape: '\\' }),
    ...(draft.comment !== '' && { comment: draft.comment }),
    ...(draft.short === 'fill' && { ragged_rows: draft.short }),
    ...(draft.encoding !== 'found' && { encoding: draft.encoding }),
    ...(tokens.length > 0 && { null_tokens: tokens }),
    ...(draft.jsonPath.trim() !== '' && { json_path: draft.jsonPath.trim() }),
    ...(draft.sheet !== '' && { sheet: draft.sheet }),
    ...(draft.cellRange.trim() !== '' && { cell_range: draft.cellRange.trim() }),
  };
}

export const isDelimited = ({ format }: Inference): boolean => format === 'csv' || format === 'tsv';

export const isJson = ({ format }: Inference): boolean => format === 'ndjson' || format === 'json';

/** Whether there are texts in the file that may mean "no value". */
export const hasTexts = (inference: Inference): boolean =>
  isDelimited(inference) || isJson(inference) || inference.format === 'xlsx';

/** Whether something is said that the file was not read by, so that what is shown of it is not what would be loaded. */
export const isUnread = (
  inference: Inference,
  draft: ReadingDraft,
  options: ReadOptions,
): boolean =>
  hasTexts(inference) &&
  JSON.stringify(optionsOf(draft)) !== JSON.stringify(optionsOf(draftOf(options)));
