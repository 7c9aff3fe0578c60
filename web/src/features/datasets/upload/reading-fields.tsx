// How the file is written, where the server should not take what it finds or what is usual. The file is looked at once more
// then; nothing is loaded by what is said here before that.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import TextField from '@mui/material/TextField';
import { useInferUploadMutation } from '@/api/loads-api';
import { toProblem } from '@/api/problem';
import type { ReadOptions, Upload } from '@/api/types';
import { announce } from '@/components/announcer';
import { ChoiceField } from '@/components/choice-field';
import { ProblemNotice } from '@/components/problem-notice';
import { SectionCard } from '@/components/section-card';
import { twoColumns } from '@/components/two-columns';
import { hasTexts, isDelimited, isJson, optionsOf } from './reading';
import type { ReadingDraft } from './reading';

interface Props {
  upload: Upload;
  draft: ReadingDraft;
  /** Whether it says something that the file was not read by. */
  unread: boolean;
  onChange: (draft: ReadingDraft) => void;
  onReread: (upload: Upload, options: ReadOptions) => void;
}

type Choices<Value extends string> = readonly (readonly [value: Value, words: string])[];

const delimiters: Choices<string> = [
  ['', 'As found'],
  [',', 'Commas'],
  [';', 'Semicolons'],
  ['\t', 'Tabs'],
  ['|', 'Bars'],
];
const headers: Choices<ReadingDraft['header']> = [
  ['found', 'As found'],
  ['names', 'Names the columns'],
  ['row', 'Is a row like the others'],
];
const quotes: Choices<ReadingDraft['quote']> = [
  ['double', 'Double quotes'],
  ['single', 'Single quotes'],
  ['none', 'None, every quote is text'],
];
const escapes: Choices<ReadingDraft['escape']> = [
  ['none', 'Doubled quotes alone'],
  ['backslash', 'Backslash, and doubled quotes'],
];
const shorts: Choices<ReadingDraft['short']> = [
  ['reject', 'Are rejected'],
  ['fill', 'End with missing values'],
];
const encodings: Choices<ReadingDraft['encoding']> = [
  ['found', 'As found'],
  ['utf-8', 'UTF-8'],
  ['windows-1252', 'Windows-1252'],
  ['latin-1', 'Latin-1 (ISO 8859-1)'],
  ['utf-16le', 'UTF-16, low byte first'],
  ['utf-16be', 'UTF-16, high byte first'],
];

const shrunk = { inputLabel: { shrink: true }, input: { notched: true } };

export function ReadingFields({ upload, draft, unread, onChange, onReread }: Props) {
  const [infer, inferring] = useInferUploadMutation();
  const { inference } = upload;
  if (!hasTexts(inference)) return null;
  const change = (part: Partial<ReadingDraft>) => onChange({ ...draft, ...part });
  const reread = async () => {
    const said = optionsOf(draft);
    const result = await infer({ id: upload.upload_id, options: said });
    if (result.error) return;
    onReread(result.data, said);
    announce('The file was read again');
  };
  const delimited = isDelimited(inference);
  const sheets = inference.sheets ?? [];
  const found = inference.sheet ?? '';
  return (
    <SectionCard title="How the file is written" lead="Change it where the first rows look wrong">
      <Box sx={{ ...twoColumns, pt: 1 }}>
        {delimited && (
          <ChoiceField
            label="Between values"
            value={draft.delimiter}
            choices={delimiters}
            onChange={(delimiter) => change({ delimiter })}
          />
        )}
        {sheets.length > 0 && (
          <ChoiceField
            label="Sheet"
            value={draft.sheet === '' ? found : draft.sheet}
            choices={sheets.map((name) => [name, name] as const)}
            // The one that is read without a word is not said.
            onChange={(sheet) =>
              change({ sheet: sheet === found && draft.sheet === '' ? '' : sheet })
            }
          />
        )}
        {inference.format === 'xlsx' && (
          <TextField
            label="Cells"
            value={draft.cellRange}
            onChange={(event) => change({ cellRange: event.target.value })}
            helperText="Such as B2:F100, B:F or 2:100. Empty for the whole sheet."
            slotProps={shrunk}
          />
        )}
        {(delimited || inference.format === 'xlsx') && (
          <ChoiceField
            label="First row"
            value={draft.header}
            choices={headers}
            onChange={(header) => change({ header })}
          />
        )}
        {isJson(inference) && (
          <TextField
            label="Path to the rows"
            value={draft.jsonPath}
            onChange={(event) => change({ jsonPath: event.target.value })}
            helperText="Such as /data/items. Empty where the file is the list of rows itself."
            slotProps={shrunk}
          />
        )}
        {delimited && (
          <>
            <ChoiceField
              label="Quotes around values"
              value={draft.quote}
              choices={quotes}
              onChange={(quote) => change({ quote })}
            />
            <ChoiceField
              label="Escape within quotes"
              value={draft.quote === 'none' ? 'none' : draft.escape}
              choices={escapes}
              disabled={draft.quote === 'none'}
              onChange={(escape) => change({ escape })}
            />
            <TextField
              label="Comments begin with"
              value={draft.comment}
              onChange={(event) => change({ comment: event.target.value.trim().slice(0, 1) })}
              helperText="Lines that begin so are no rows. Empty for none."
              slotProps={shrunk}
            />
            <ChoiceField
              label="Rows with too few values"
              value={draft.short}
              choices={shorts}
              onChange={(short) => change({ short })}
            />
          </>
        )}
        {inference.format !== 'xlsx' && (
          <ChoiceField
            label="Encoding"
            value={draft.encoding}
            choices={encodings}
            onChange={(encoding) => change({ encoding })}
          />
        )}
        <TextField
          label="Read as missing"
          value={draft.nullTokens}
          onChange={(event) => change({ nullTokens: event.target.value })}
          helperText="Separated by commas, in the place of the usual ones, such as NA and NULL"
          slotProps={shrunk}
        />
      </Box>
      {inferring.error && <ProblemNotice problem={toProblem(inferring.error)} />}
      <Box sx={{ display: 'flex', justifyContent: 'flex-end', pt: 3 }}>
        <Button onClick={() => void reread()} loading={inferring.isLoading} disabled={!unread}>
          Read again
        </Button>
      </Box>
    </SectionCard>
  );
}
