// The states of an upload and what moves it from one to the next. Pure, so that it can be tested.
import type { SendProgress } from '@/api/send-file';
import type { ColumnType, Load, NewLoad, Problem, ReadOptions, Upload } from '@/api/types';

// What becomes of the rows of a dataset that exists.
export type ExistingRows = 'append' | 'upsert' | 'replace_range' | 'replace';

export interface ReviewChoices {
  mode: 'create' | ExistingRows;
  dataset: string;
  label: string;
  // Columns that tell a row from every other, for rows that replace those with the same key.
  key: string[];
  // Days, for rows that replace a range: the first, and the one after the last.
  from: string;
  to: string;
  // Only the types that differ from what was inferred are sent.
  types: Record<string, ColumnType>;
  timeColumn: string | null;
  // What was said of how the file is written; the inference at hand goes by it.
  options?: ReadOptions;
}

// A dataset that exists, to which rows are added unless the viewer chooses otherwise.
export type Target = Pick<ReviewChoices, 'dataset' | 'label'>;

// What was confirmed before the load began.
export interface Reviewed {
  upload: Upload;
  choices: ReviewChoices;
}

// Of a load that the address names nothing was reviewed on this page; an upload that it names was sent before.
export type WizardState =
  | { step: 'file'; problem: Problem | null }
  | { step: 'sending'; file: File; progress: SendProgress }
  | { step: 'opening'; uploadId: string }
  | ({ step: 'review'; problem: Problem | null } & Reviewed)
  | { step: 'loading'; reviewed: Reviewed | null; loadId: string }
  | { step: 'result'; reviewed: Reviewed | null; load: Load };

export type WizardEvent =
  | { type: 'filePicked'; file: File }
  | { type: 'progressed'; progress: SendProgress }
  | { type: 'sendFailed'; problem: Problem }
  | { type: 'sent'; upload: Upload; into?: Target | null }
  | { type: 'choicesChanged'; change: Partial<ReviewChoices> }
  | { type: 'reread'; upload: Upload; options: ReadOptions }
  | { type: 'loadRefused'; problem: Problem }
  | { type: 'loadStarted'; load: Load }
  | { type: 'loadEnded'; load: Load }
  | { type: 'reviewReopened' }
  | { type: 'restarted' };

export const start: WizardState = { step: 'file', problem: null };

/** Where the page begins: with a file, or with the load or else the upload that its address names. */
export function begin(address: URLSearchParams): WizardState {
  const [loadId, uploadId] = [address.get('load'), address.get('upload')];
  if (loadId !== null) return { step: 'loading', reviewed: null, loadId };
  return uploadId === null ? start : { step: 'opening', uploadId };
}

/** What the address names, so that who leaves the page or loads it anew comes back to it. */
export function named(state: WizardState): Record<'upload' | 'load', string | null> {
  switch (state.step) {
    case 'opening':
      return { upload: state.uploadId, load: null };
    case 'review':
      return { upload: state.upload.upload_id, load: null };
    case 'loading':
      return { upload: null, load: state.loadId };
    case 'result':
      return { upload: null, load: state.load.id };
    default:
      return { upload: null, load: null };
  }
}

const timeTypes: ReadonlySet<ColumnType> = new Set(['timestamp', 'date']);

// The type a column will have: the viewer's choice, else the inferred one.
export function typeOf(upload: Upload, choices: ReviewChoices, name: string): ColumnType {
  const inferred = upload.inference.columns.find((column) => column.name === name)?.type;
  return choices.types[name] ?? inferred ?? 'string';
}

export function timeColumns(upload: Upload, choices: ReviewChoices): string[] {
  return upload.inference.columns
    .map((column) => column.name)
    .filter((name) => timeTypes.has(typeOf(upload, choices, name)));
}

function labelOf(name: string): string {
  const words = name.replaceAll('_', ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function firstChoices(upload: Upload): ReviewChoices {
  const name = upload.inference.suggested_name;
  const choices: ReviewChoices = {
    mode: 'create',
    dataset: name,
    label: labelOf(name),
    key: [],
    from: '',
    to: '',
    types: {},
    timeColumn: null,
  };
  const candidates = timeColumns(upload, choices);
  // An instant says more than a day.
  const instant = candidates.find((column) => typeOf(upload, choices, column) === 'timestamp');
  return { ...choices, timeColumn: instant ?? candidates[0] ?? null };
}

/** Nothing of the rows that are there goes. */
const kept: Pick<ReviewChoices, 'mode' | 'key' | 'from' | 'to'> = {
  mode: 'append',
  key: [],
  from: '',
  to: '',
};

export function reduce(state: WizardState, event: WizardEvent): WizardState {
  switch (event.type) {
    case 'filePicked': {
      const progress = { sentBytes: 0, totalBytes: event.file.size };
      return { step: 'sending', file: event.file, progress };
    }
    case 'progressed':
      return state.step === 'sending' ? { ...state, progress: event.progress } : state;
    case 'sendFailed':
      // Cancelling is not a failure.
      return { step: 'file', problem: event.problem.code === 'aborted' ? null : event.problem };
    case 'sent': {
      const { upload, into } = event;
      const choices = { ...firstChoices(upload), ...(into && { ...kept, ...into }) };
      return { step: 'review', upload, choices, problem: null };
    }
    case 'choicesChanged': {
      if (state.step !== 'review') return state;
      const { dataset } = state.choices;
      const choices = { ...state.choices, ...event.change };
      // What was to be replaced in one dataset is not meant for another.
      if (choices.mode !== 'create' && choices.dataset !== dataset) Object.assign(choices, kept);
      const stillTime = timeColumns(state.upload, choices);
      if (choices.timeColumn !== null && !stillTime.includes(choices.timeColumn)) {
        choices.timeColumn = stillTime[0] ?? null;
      }
      return { ...state, choices, problem: null };
    }
    case 'reread': {
      const { upload, options } = event;
      // What comes late may be of a file that was given up for another one.
      if (state.step !== 'review' || state.upload.upload_id !== upload.upload_id) return state;
      const { types, key, timeColumn } = firstChoices(upload);
      // Columns may have other names and types now; where the rows go stays.
      const choices = { ...state.choices, types, key, timeColumn, options };
      return { ...state, upload, choices, problem: null };
    }
    case 'loadRefused':
      return state.step === 'review' ? { ...state, problem: event.problem } : state;
    case 'loadStarted': {
      if (state.step !== 'review') return state;
      const { upload, choices } = state;
      return { step: 'loading', reviewed: { upload, choices }, loadId: event.load.id };
    }
    case 'loadEnded': {
      if (state.step !== 'loading') return state;
      return { step: 'result', reviewed: state.reviewed, load: event.load };
    }
    case 'reviewReopened':
      return state.step === 'result' && state.load.state !== 'done' && state.reviewed !== null
        ? { step: 'review', ...state.reviewed, problem: null }
        : state;
    case 'restarted':
      return start;
  }
}

export function nameProblem(name: string): string | null {
  if (name === '') return 'Enter a name';
  if (!/^[a-z]/.test(name)) return 'Begin with a lower-case letter';
  if (!/^[a-z0-9_]+$/.test(name)) return 'Use lower-case letters, digits and _';
  return name.length > 63 ? 'Use at most 63 characters' : null;
}

// What is missing before rows that exist can be replaced.
export function replacementProblem(choices: ReviewChoices): string | null {
  if (choices.mode === 'upsert' && choices.key.length === 0) return 'Choose at least one column';
  if (choices.mode !== 'replace_range') return null;
  if (choices.from === '' || choices.to === '') return 'Choose both days';
  return choices.from < choices.to ? null : 'The second day must come after the first';
}

/** Whether rows go that nobody named one by one, so that it is asked once more. */
export const isAsked = ({ mode }: ReviewChoices): boolean =>
  mode === 'replace' || mode === 'replace_range';

export function loadRequest(upload: Upload, choices: ReviewChoices): NewLoad {
  const changed = Object.entries(choices.types).filter(
    ([name, type]) =>
      upload.inference.columns.find((column) => column.name === name)?.type !== type,
  );
  return {
    upload_id: upload.upload_id,
    dataset: choices.dataset,
    label: choices.label.trim() || labelOf(choices.dataset),
    mode: choices.mode,
    types: Object.fromEntries(changed),
    time_column: choices.timeColumn,
    idempotency_key: null,
    ...(Object.keys(choices.options ?? {}).length > 0 && { options: choices.options }),
    ...(choices.mode === 'upsert' && { key: choices.key }),
    ...(choices.mode === 'replace_range' && {
      from: `${choices.from}T00:00:00Z`,
      to: `${choices.to}T00:00:00Z`,
    }),
  };
}
