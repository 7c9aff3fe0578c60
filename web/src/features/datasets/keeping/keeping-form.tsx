// The two settings with what they mean. What takes something away is asked about once more, with numbers.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import FormControlLabel from '@mui/material/FormControlLabel';
import InputAdornment from '@mui/material/InputAdornment';
import Radio from '@mui/material/Radio';
import RadioGroup from '@mui/material/RadioGroup';
import TextField from '@mui/material/TextField';
import { useId, useState } from 'react';
import type { ReactNode } from 'react';
import type { DatasetDetail, DatasetSettings } from '@/api/types';
import { useUpdateSettingsMutation } from '@/api/versions-api';
import { toProblem } from '@/api/problem';
import { ProblemNotice } from '@/components/problem-notice';
import { SectionCard } from '@/components/section-card';
import { useToasts } from '@/components/toast-slice';
import { formatDate } from '@/lib/format';
import { ConfirmKeeping } from './confirm-keeping';
import {
  daysProblem,
  firstDayKept,
  formOf,
  sameSettings,
  settingsOf,
  takesRows,
  takesVersions,
} from './keeping-words';
import type { KeepingForm as Form } from './keeping-words';

export interface KeepingFormProps {
  dataset: DatasetDetail;
  settings: DatasetSettings;
  mayChange: boolean;
}

export function KeepingForm({ dataset, settings, mayChange }: KeepingFormProps) {
  // The rest is what is saved, also by somebody else meanwhile.
  const [typed, setTyped] = useState<Partial<Form>>({});
  const [asking, setAsking] = useState(false);
  const [now] = useState(() => Date.now());
  const [update, answer] = useUpdateSettingsMutation();
  const toasts = useToasts();
  const form = { ...formOf(settings), ...typed };
  const wanted = settingsOf(form, settings);
  const rowProblem = daysProblem('rowDays', form.rowDays, settings.keep_days);
  const changed = wanted !== null && !sameSettings(wanted, settings);
  const takes = wanted !== null && (takesRows(settings, wanted) || takesVersions(settings, wanted));
  const touched = Object.keys(typed).length > 0;
  // What is saved now is nobody's typing any more.
  if (touched && wanted !== null && !changed) setTyped({});
  const timeColumn = dataset.time_column;
  const set = (change: Partial<Form>): void => setTyped((old) => ({ ...old, ...change }));

  const save = async (next: DatasetSettings): Promise<void> => {
    const result = await update({ name: dataset.name, settings: next });
    setAsking(false);
    if (result.error) return;
    toasts.show({ tone: 'success', message: 'Saved' });
  };
  const submit = (): void => {
    if (wanted === null || !changed) return;
    if (takes) setAsking(true);
    else void save(wanted);
  };

  return (
    <SectionCard
      title="What is kept"
      lead={
        mayChange
          ? 'The server removes older rows and versions by itself.'
          : 'An admin can change this.'
      }
    >
      <Box
        component="form"
        noValidate
        onSubmit={(event: React.FormEvent) => {
          event.preventDefault();
          submit();
        }}
        sx={{ display: 'grid', gap: 5, mt: 1 }}
      >
        {answer.error && <ProblemNotice problem={toProblem(answer.error)} dense />}
        <Choice
          title="Rows"
          value={form.rows}
          disabled={!mayChange || timeColumn === null}
          onChange={(rows) => set({ rows })}
          ways={[
            { value: 'all', label: 'Keep all rows' },
            { value: 'days', label: 'Keep rows for a number of days' },
          ]}
          explanation={
            timeColumn === null
              ? 'No column says when a row is from, so none is too old.'
              : form.rows === 'all'
                ? 'Nothing is deleted because of its age.'
                : rowProblem === null
                  ? `Rows whose ${timeColumn} lies before ${formatDate(firstDayKept(Number(form.rowDays), now))} are deleted, and tomorrow those of one more day. They go in whole stretches of time, so some stay a little longer.`
                  : 'Rows that are older are deleted.'
          }
        >
          {form.rows === 'days' && (
            <Days
              label="Keep rows for"
              value={form.rowDays}
              problem={rowProblem}
              disabled={!mayChange}
              onChange={(rowDays) => set({ rowDays })}
            />
          )}
        </Choice>
        <Choice
          title="Versions"
          value={form.versions}
          disabled={!mayChange}
          onChange={(versions) => set({ versions })}
          ways={[
            { value: 'server', label: 'As long as the server says, a week unless it was changed' },
            { value: 'days', label: 'Keep versions for a number of days' },
          ]}
          explanation="A version can be looked at for this long after the next one came, and deleted rows be found in it. Then its data is removed for good."
        >
          {form.versions === 'days' && (
            <Days
              label="Keep versions for"
              value={form.versionDays}
              problem={daysProblem('versionDays', form.versionDays, settings.versions_kept_days)}
              disabled={!mayChange}
              onChange={(versionDays) => set({ versionDays })}
            />
          )}
        </Choice>
        {mayChange && (
          <Box sx={{ display: 'flex', gap: 2 }}>
            <Button
              type="submit"
              variant="contained"
              color="primary"
              disabled={!changed}
              loading={answer.isLoading}
            >
              Save
            </Button>
            {touched && (
              <Button variant="text" onClick={() => setTyped({})}>
                Reset
              </Button>
            )}
          </Box>
        )}
      </Box>
      {asking && takes && (
        <ConfirmKeeping
          dataset={dataset}
          before={settings}
          after={wanted}
          now={now}
          busy={answer.isLoading}
          onConfirm={() => void save(wanted)}
          onClose={() => setAsking(false)}
        />
      )}
    </SectionCard>
  );
}

function Choice<Value extends string>(props: {
  title: string;
  value: Value;
  disabled: boolean;
  onChange: (value: Value) => void;
  ways: { value: Value; label: string }[];
  explanation: string;
  children: ReactNode;
}) {
  const titleId = useId();
  return (
    <div>
      <Box id={titleId} component="h3" sx={{ typography: 'h3', m: 0, mb: 1 }}>
        {props.title}
      </Box>
      <RadioGroup
        aria-labelledby={titleId}
        value={props.value}
        onChange={(_event, value) => props.onChange(value as Value)}
      >
        {props.ways.map(({ value, label }) => (
          <FormControlLabel
            key={value}
            value={value}
            disabled={props.disabled}
            control={<Radio size="small" />}
            label={label}
          />
        ))}
      </RadioGroup>
      {props.children}
      <Box sx={{ color: 'text.secondary', fontSize: '0.75rem', mt: 1.5, maxWidth: '70ch' }}>
        {props.explanation}
      </Box>
    </div>
  );
}

function Days(props: {
  label: string;
  value: string;
  problem: string | null;
  disabled: boolean;
  onChange: (value: string) => void;
}) {
  const empty = props.value.trim() === '';
  return (
    <TextField
      label={props.label}
      value={props.value}
      disabled={props.disabled}
      onChange={(event) => props.onChange(event.target.value)}
      error={props.problem !== null && !empty}
      helperText={empty ? 'Enter a number of days' : (props.problem ?? undefined)}
      slotProps={{
        inputLabel: { shrink: true },
        htmlInput: { inputMode: 'numeric', autoComplete: 'off' },
        input: { endAdornment: <InputAdornment position="end">days</InputAdornment> },
      }}
      sx={{ maxWidth: 280, mt: 2, display: 'flex' }}
    />
  );
}
