// The steps of a dataset: a list to add to, order and change, what they do to a sample beside it, and saving. What the server
// has against one of them stands at that step, whether it was tried or saved.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Checkbox from '@mui/material/Checkbox';
import FormControlLabel from '@mui/material/FormControlLabel';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { useMemo, useReducer, useState } from 'react';
import { toProblem } from '@/api/problem';
import { usePreviewStepsQuery, useUpdateStepsMutation } from '@/api/steps-api';
import type { ColumnField, DatasetDetail, DatasetSteps, Step, StepRows, Upload } from '@/api/types';
import { announce } from '@/components/announcer';
import { ProblemNotice } from '@/components/problem-notice';
import { SectionCard } from '@/components/section-card';
import { useToasts } from '@/components/toast-slice';
import type { DraftEvent } from '../drafts/draft';
import { DraftItem } from '../drafts/draft-item';
import { refusalsOf } from '../drafts/refusals';
import { LeaveDialog } from '../drafts/leave-dialog';
import { SamplePanel } from './sample-panel';
import { columnsAt, stepDrafts } from './step-draft';
import { kindOf, labelOf, ops, stepKinds } from './step-kinds';
import type { Op } from './step-kinds';
import { rowsInWords, stepSummary } from './step-words';
import { useSettled } from './use-settled';

const { read, reduce, toItem, problemsOf } = stepDrafts;
const shownRows = 100;
const settledAfterMs = 400;

export interface StepsEditorProps {
  dataset: DatasetDetail;
  saved: DatasetSteps;
  sample: Upload | null;
  onSample: (sample: Upload | null) => void;
}

const namesAndTypes = (columns: readonly ColumnField[]): string =>
  JSON.stringify(columns.map(({ name, type }) => [name, type]));

export function StepsEditor({ dataset, saved, sample, onSample }: StepsEditorProps) {
  const [draft, dispatch] = useReducer(reduce, saved.steps, read);
  const [openId, setOpenId] = useState<number | null>(null);
  const [takesColumns, setTakesColumns] = useState(true);
  const [update, answer] = useUpdateStepsMutation();
  const toasts = useToasts();

  const steps = useMemo(() => draft.items.map(toItem), [draft.items]);
  const missing = draft.items.map(problemsOf);
  const incomplete = missing.findIndex((problems) => Object.keys(problems).length > 0);
  const text = JSON.stringify(steps);
  const settled = useSettled(text, settledAfterMs);
  const tried = sample !== null && incomplete < 0;
  const order = useMemo(() => ({ steps: JSON.parse(settled), limit: shownRows }), [settled]);
  const preview = usePreviewStepsQuery(
    { uploadId: sample?.upload_id ?? '', order },
    { skip: !tried || settled !== text },
  );
  const current = tried && settled === text ? preview.currentData : undefined;
  const refused = tried && settled === text && preview.isError ? toProblem(preview.error) : null;
  const trial = refusalsOf(refused, 'step');
  const saving = refusalsOf(answer.error ? toProblem(answer.error) : null, 'step');

  // A file may have other columns than the loads before it: then the steps are made for those.
  const savedSource = saved.source ?? [];
  // Without steps it has those of the dataset again.
  const differs =
    steps.length > 0 &&
    current !== undefined &&
    namesAndTypes(current.source) !== namesAndTypes(savedSource);
  const source = takesColumns && differs ? current.source : undefined;
  const known =
    sample && takesColumns ? (current?.source ?? sample.inference.columns) : savedSource;
  const changed = text !== JSON.stringify(read(saved.steps).items.map(toItem));
  // Its columns are only known when the steps can be tried.
  const waits = tried && takesColumns && steps.length > 0 && current === undefined;

  const change = (event: DraftEvent<Step>): void => {
    // What was said of the steps before may not hold any more.
    answer.reset();
    dispatch(event);
  };
  const add = (op: Op): void => {
    change({ type: 'added', kind: op });
    setOpenId(draft.nextId);
  };
  const save = async (): Promise<void> => {
    const result = await update({
      name: dataset.name,
      steps: { steps, ...(source && { source }) },
    });
    if (!result.error)
      toasts.show({ tone: 'success', message: 'Saved; later loads go through them' });
  };

  return (
    <Box
      sx={{
        display: 'grid',
        gap: 5,
        alignItems: 'start',
        gridTemplateColumns: {
          xs: 'minmax(0, 1fr)',
          lg: 'minmax(360px, 5fr) minmax(0, 6fr)',
        },
      }}
    >
      <SectionCard
        title="Steps"
        lead="Done to the rows of every load and push from then on, one after the other. Rows that are stored stay as they are."
        flush
      >
        <Box component="ol" aria-label="Steps" sx={{ listStyle: 'none', m: 0, p: 0 }}>
          {draft.items.map((step, place) => (
            <DraftItem
              key={step.id}
              noun="step"
              draft={step}
              kind={kindOf(step.kind)}
              summary={stepSummary(toItem(step))}
              place={place}
              last={place === draft.items.length - 1}
              open={openId === step.id}
              columns={columnsAt(known, draft.items, place)}
              gone="does not come to this step"
              problems={missing[place] ?? {}}
              refusal={saving.items.get(place) ?? trial.items.get(place) ?? null}
              onToggle={() => setOpenId(openId === step.id ? null : step.id)}
              onMove={(by) => {
                change({ type: 'moved', id: step.id, by });
                announce(`${labelOf(step.kind)} is step ${place + 1 + by} now`);
              }}
              onRemove={() => {
                change({ type: 'removed', id: step.id });
                announce(`${labelOf(step.kind)} was removed`);
              }}
              onChange={(parameter, value) =>
                change({ type: 'changed', id: step.id, parameter, value })
              }
            >
              <SampleRows rows={current?.steps.find(({ step: of }) => of === place + 1)} />
            </DraftItem>
          ))}
        </Box>
        <Box
          sx={{
            display: 'grid',
            gap: 4,
            p: 4,
            borderTop: 1,
            borderColor: 'divider',
            gridTemplateColumns: 'minmax(0, 1fr)',
          }}
        >
          {draft.items.length === 0 && (
            <Box sx={{ color: 'text.secondary' }}>
              No steps: rows are stored as they stand in the file.
            </Box>
          )}
          <AddStep onAdd={add} />
          {differs && (
            <FormControlLabel
              control={
                <Checkbox
                  size="small"
                  checked={takesColumns}
                  onChange={(event) => setTakesColumns(event.target.checked)}
                />
              }
              label={`From now on files have the columns of ${sample?.file_name ?? 'the sample'}`}
            />
          )}
          {saving.other && <ProblemNotice problem={saving.other} dense />}
          <Box sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 2 }}>
            <Button
              variant="contained"
              color="primary"
              disabled={incomplete >= 0 || waits || !(changed || source)}
              loading={answer.isLoading}
              onClick={() => void save()}
            >
              Save steps
            </Button>
            {changed && (
              <Button
                variant="text"
                disabled={answer.isLoading}
                onClick={() => change({ type: 'read', items: saved.steps })}
              >
                Reset
              </Button>
            )}
            {incomplete >= 0 && (
              <Box sx={{ color: 'text.secondary' }}>Step {incomplete + 1} is not complete yet.</Box>
            )}
          </Box>
        </Box>
      </SectionCard>
      <SamplePanel
        sample={sample}
        preview={current ?? null}
        problem={trial.other}
        waitingFor={
          incomplete < 0 ? null : `Complete step ${incomplete + 1} to see what the steps do.`
        }
        loading={refused === null}
        onSample={onSample}
      />
      <LeaveDialog changed={changed} what="the steps" />
    </Box>
  );
}

function AddStep({ onAdd }: { onAdd: (op: Op) => void }) {
  return (
    <TextField
      select
      label="Add a step"
      value=""
      onChange={(event) => onAdd(event.target.value as Op)}
      slotProps={{
        inputLabel: { shrink: true },
        select: { displayEmpty: true, renderValue: () => 'Choose what it does' },
        input: { notched: true },
      }}
    >
      {ops.map((op) => (
        <MenuItem key={op} value={op} sx={{ whiteSpace: 'normal' }}>
          <div>
            <div>{stepKinds[op].label}</div>
            <Box sx={{ color: 'text.secondary', fontSize: '0.75rem' }}>{stepKinds[op].does}</Box>
          </div>
        </MenuItem>
      ))}
    </TextField>
  );
}

/** What became of the rows of the sample at one step. */
function SampleRows({ rows }: { rows: StepRows | undefined }) {
  if (rows === undefined) return null;
  return (
    <Box
      sx={{
        color: rows.rejected > 0 ? 'warning.main' : 'text.secondary',
        fontSize: '0.75rem',
        fontVariantNumeric: 'tabular-nums',
      }}
    >
      {rowsInWords(rows)}
    </Box>
  );
}
