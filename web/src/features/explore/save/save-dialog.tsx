// Saves what is explored as a widget of a dashboard that is there, or of a new one.
import Button from '@mui/material/Button';
import FormControlLabel from '@mui/material/FormControlLabel';
import MenuItem from '@mui/material/MenuItem';
import Radio from '@mui/material/Radio';
import RadioGroup from '@mui/material/RadioGroup';
import TextField from '@mui/material/TextField';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import {
  useCreateDashboardMutation,
  useLazyGetDashboardQuery,
  useListDashboardsQuery,
} from '@/api/dashboards-api';
import { toProblem } from '@/api/problem';
import type { Dashboard, Model, Problem, WidgetKind } from '@/api/types';
import { useAskable } from '@/api/use-askable';
import { useCreateWidgetMutation } from '@/api/widgets-api';
import { Dialog } from '@/components/dialog';
import { ProblemNotice } from '@/components/problem-notice';
import { useToasts } from '@/components/toast-slice';
import { rangeName } from '@/lib/time-ranges';
import { timeOf } from '../state/fit';
import type { ExploreState } from '../state/explore-state';
import { titleOf } from '../state/title';
import { bottomOf, controlsTime, newDefinition, newWidgetId, toWidget } from './to-widget';

export interface SaveDialogProps {
  state: ExploreState;
  model: Model;
  kind: WidgetKind;
  onClose: () => void;
}

const NEW = 'new';
const noModels: readonly Model[] = [];

export function SaveDialog({ state, model, kind, onClose }: SaveDialogProps) {
  const navigate = useNavigate();
  const toasts = useToasts();
  const list = useListDashboardsQuery();
  const { data: models = noModels } = useAskable();
  const [read] = useLazyGetDashboardQuery();
  const [createWidget] = useCreateWidgetMutation();
  const [createDashboard] = useCreateDashboardMutation();
  const [title, setTitle] = useState(() => titleOf(state, model));
  const [chosen, setChosen] = useState<string | null>(null);
  const [name, setName] = useState(model.label);
  const [follows, setFollows] = useState(true);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const target = chosen ?? list.data?.[0]?.id ?? NEW;
  const hasTime = timeOf(state, model) !== null;
  const ready = title.trim() !== '' && (target !== NEW || name.trim() !== '') && !list.isLoading;

  const saveInto = async (dashboard: Dashboard): Promise<void> => {
    const { widgets } = dashboard.definition;
    // A control that does not reach this question would leave it without any range.
    const followsTime = follows && controlsTime(dashboard, state, model, models);
    const id = newWidgetId(widgets.map((widget) => widget.id));
    const widget = toWidget(
      state,
      model,
      { id, title: title.trim(), kind, followsTime },
      bottomOf(widgets),
    );
    if (widget === null) return;
    await createWidget({ id: dashboard.id, version: dashboard.version, widget }).unwrap();
  };
  const save = async (): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      const dashboard =
        target === NEW
          ? await createDashboard({
              title: name.trim(),
              definition: newDefinition(state, model),
            }).unwrap()
          : await read(target).unwrap();
      // What exists now is added to, not made again, should the second step fail.
      setChosen(dashboard.id);
      await saveInto(dashboard);
      onClose();
      toasts.show({
        message: `Saved to ${dashboard.title}`,
        tone: 'success',
        action: {
          label: 'Open dashboard',
          run: () => void navigate(`/dashboards/${dashboard.id}`),
        },
      });
    } catch (error) {
      setProblem(toProblem(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <Dialog
      title="Save as widget"
      busy={busy}
      onSubmit={() => {
        if (ready) void save();
      }}
      onClose={onClose}
      problem={problem && <ProblemNotice dense problem={problem} />}
      actions={
        <Button type="submit" variant="contained" color="primary" loading={busy} disabled={!ready}>
          Save
        </Button>
      }
    >
      <TextField label="Title" value={title} onChange={(event) => setTitle(event.target.value)} />
      <TextField
        select
        label="Dashboard"
        value={list.isLoading ? '' : target}
        onChange={(event) => setChosen(event.target.value)}
      >
        {(list.data ?? []).map((dashboard) => (
          <MenuItem key={dashboard.id} value={dashboard.id}>
            {dashboard.title}
          </MenuItem>
        ))}
        <MenuItem value={NEW}>A new dashboard</MenuItem>
      </TextField>
      {target === NEW && !list.isLoading && (
        <TextField
          label="Name of the dashboard"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      )}
      {hasTime && state.range !== 'all' && (
        <RadioGroup
          aria-label="Time"
          value={follows ? 'follows' : 'stays'}
          onChange={(event) => setFollows(event.target.value === 'follows')}
        >
          <FormControlLabel
            value="follows"
            control={<Radio size="small" />}
            label="Follows the time of the dashboard"
          />
          <FormControlLabel
            value="stays"
            control={<Radio size="small" />}
            label={`Stays at ${rangeName(state.range).toLowerCase()}`}
          />
        </RadioGroup>
      )}
    </Dialog>
  );
}
