// The steps of a dataset: a list to add to, order and change, what they do to a sample beside it, and saving. What the server
// has against one of them stands at that step, whether it was tried or saved.
import Box from '@mui/material/Box';
import Checkbox from '@mui/material/Checkbox';
import FormControlLabel from '@mui/material/FormControlLabel';
import { useMemo, useState } from 'react';
import { useDispatch } from 'react-redux';
import { toProblem } from '@/api/problem';
import { stepsApi, usePreviewStepsQuery, useUpdateStepsMutation } from '@/api/steps-api';
import type { ColumnField, DatasetDetail, DatasetSteps, Step, StepRows, Upload } from '@/api/types';
import type { AppDispatch } from '@/app/store';
import { SectionCard } from '@/components/section-card';
import { AddItem } from '../drafts/add-item';
import { DraftItem } from '../drafts/draft-item';
import { belowList, plainFieldset, plainList, sideBySide } from '../drafts/layout';
import { LeaveDialog } from '@/components/leave-dialog';
import { refusalsOf } from '../drafts/refusals';
import { SaveBar } from '../drafts/save-bar';
import { useDraftList } from '../drafts/use-draft-list';
import { SamplePanel } from './sample-panel';
import { columnsAt, stepDrafts } from './step-draft';
import { kindOf, labelOf, stepKinds } from './step-kinds';
import { rowsInWords, stepSummary } from './step-words';
import { useSettled } from './use-settled';

const shownRows = 100;
const settledAfterMs = 400;

export interface StepsEditorProps {
  dataset: DatasetDetail;
  saved: DatasetSteps;
}

const stepsOf = ({ steps }: DatasetSteps): readonly Step[] => steps;
/** Without steps it is the columns of the dataset, which loads add to. */
const sourceOf = ({ steps, source }: DatasetSteps): unknown => (steps.length > 0 ? source : null);

const namesAndTypes = (columns: readonly ColumnField[]): string =>
  JSON.stringify(columns.map(({ name, type }) => [name, type]));

export function StepsEditor({ dataset: { name }, saved }: StepsEditorProps) {
  const [sample, setSample] = useState<Upload | null>(null);
  const [takesColumns, setTakesColumns] = useState(true);
  const [update] = useUpdateStepsMutation();
  const send = useDispatch<AppDispatch>();
  const { listRef, addRef, ...list } = useDraftList({
    noun: 'step',
    drafts: stepDrafts,
    labelOf,
    saved,
    itemsOf: stepsOf,
    restOf: sourceOf,
    reread: () =>
      send(stepsApi.endpoints.getSteps.initiate(name, { forceRefetch: true, subscribe: false })),
  });
  const { items: steps, incomplete } = list;

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

  // A file may have other columns than the loads before it: then the steps are made for those.
  const savedSource = list.base.source ?? [];
  // Without steps it has those of the dataset again.
  const differs =
    steps.length > 0 &&
    current !== undefined &&
    namesAndTypes(current.source) !== namesAndTypes(savedSource);
  const source = takesColumns && differs ? current.source : undefined;
  const known =
    sample && takesColumns ? (current?.source ?? sample.inference.columns) : savedSource;
  // Its columns are only known when the steps can be tried.
  const waits = tried && takesColumns && steps.length > 0 && current === undefined;

  const save = (): Promise<void> =>
    list.save(
      (made) => update({ name, steps: { steps: [...made], ...(source && { source }) } }),
      'Saved; later loads go through them',
    );

  return (
    <Box sx={sideBySide}>
      <SectionCard
        title="Steps"
        lead="Done to the rows of every load and push from then on, one after the other. Rows that are stored stay as they are."
        flush
      >
        {/* A select is no form control, so it takes both. */}
        <Box component="fieldset" disabled={list.busy} inert={list.busy} sx={plainFieldset}>
          <Box component="ol" ref={listRef} aria-label="Steps" sx={plainList}>
            {list.draftItems.map((step, place) => {
              const props = list.itemProps(step, place);
              return (
                <DraftItem
                  key={step.id}
                  {...props}
                  kind={kindOf(step.kind)}
                  summary={stepSummary(stepDrafts.toItem(step))}
                  columns={columnsAt(known, list.draftItems, place)}
                  gone="does not come to this step"
                  refusal={props.refusal ?? trial.items.get(place) ?? null}
                >
                  <SampleRows rows={current?.steps.find(({ step: of }) => of === place + 1)} />
                </DraftItem>
              );
            })}
          </Box>
          <Box sx={belowList}>
            {steps.length === 0 && (
              <Box sx={{ color: 'text.secondary' }}>
                No steps: rows are stored as they stand in the file.
              </Box>
            )}
            <AddItem
              label="Add a step"
              prompt="Choose what it does"
              kinds={stepKinds}
              focusRef={addRef}
              onAdd={list.add}
            />
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
          </Box>
        </Box>
        <SaveBar
          list={list}
          what="steps"
          ready={!waits && (list.changed || source !== undefined)}
          onSave={() => void save()}
        />
      </SectionCard>
      <SamplePanel
        sample={sample}
        preview={current ?? null}
        problem={trial.other}
        waitingFor={
          incomplete < 0 ? null : `Complete step ${incomplete + 1} to see what the steps do.`
        }
        loading={refused === null}
        onSample={setSample}
      />
      <LeaveDialog changed={list.changed} what="the steps" />
    </Box>
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
