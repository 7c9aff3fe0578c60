// One model, as a form and as text, and the bar that saves it.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Tab from '@mui/material/Tab';
import Tabs from '@mui/material/Tabs';
import { Suspense, useMemo, useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useSession } from '@/api/session-slice';
import type { DatasetColumn, Model } from '@/api/types';
import { chunkComponent } from '@/components/chunk-component';
import { LeaveDialog } from '@/components/leave-dialog';
import { Meanwhile } from '@/components/meanwhile';
import { PageFrame, PageHeader } from '@/components/page-header';
import { ProblemNotice } from '@/components/problem-notice';
import { LoadingState } from '@/components/states';
import { ModelForm } from './form/model-form';
import { placeName, saidElsewhere } from './state/places';
import { useModelDraft } from './state/use-model-draft';
import type { Words } from './text/shape';
import type { TextTabProps } from './text/text-tab';

// With the editor, and everything that reads text.
const TextTab = chunkComponent<TextTabProps>(() => import('./text/text-tab'));

export interface ModelScreenProps {
  saved: Model;
  models: readonly Model[];
  columns: readonly DatasetColumn[];
}

export function ModelScreen({ saved, models, columns }: ModelScreenProps) {
  const readOnly = !useSession().isAtLeast('editor');
  const [params] = useSearchParams();
  // Not in the address: another address is asked about while there is something that is not saved.
  const [asText, setAsText] = useState(params.get('as') === 'text');
  const draft = useModelDraft(saved);
  const { base, model, problem, missing, unread, changed, busy, theirs } = draft;
  const words = useMemo((): Words => ({ models, columns }), [models, columns]);
  const problems = useMemo(() => [...missing, ...(problem?.errors ?? [])], [missing, problem]);
  const other = saidElsewhere(problem);
  const [first] = missing;
  return (
    <PageFrame>
      <PageHeader
        title={base.label}
        parent={{ label: base.dataset, to: `/datasets/${base.dataset}` }}
        summary={`Model of ${base.dataset} \u00b7 version ${base.version}${readOnly ? ' \u00b7 read only' : ''}`}
        actions={
          <Button component={Link} to={`/explore?model=${encodeURIComponent(base.name)}`}>
            Explore
          </Button>
        }
      />
      <Tabs
        value={asText ? 'text' : 'form'}
        onChange={(_event, value: 'form' | 'text') => setAsText(value === 'text')}
        aria-label="How the model is shown"
        sx={{ borderBottom: 1, borderColor: 'divider', mb: 4 }}
      >
        <Tab value="form" label="Form" id="tab-form" aria-controls="panel-model" />
        <Tab value="text" label="Text" id="tab-text" aria-controls="panel-model" />
      </Tabs>
      <Box
        role="tabpanel"
        id="panel-model"
        aria-labelledby={asText ? 'tab-text' : 'tab-form'}
        inert={busy}
      >
        {asText ? (
          <Suspense fallback={<LoadingState rows={12} label="Loading the editor" />}>
            <TextTab draft={draft} words={words} readOnly={readOnly} />
          </Suspense>
        ) : unread ? (
          <Box role="alert" sx={{ color: 'text.secondary' }}>
            The text cannot be read yet, so there is no form of it. What is wrong stands below the
            text.
          </Box>
        ) : (
          <ModelForm
            {...{ model, base, models, columns, problems, readOnly }}
            onEdit={draft.edit}
          />
        )}
      </Box>
      {!readOnly && (
        <Box
          sx={{
            position: 'sticky',
            // Above the places of the app, which stand at the bottom of phones.
            bottom: { xs: 'calc(60px + env(safe-area-inset-bottom))', sm: 0 },
            zIndex: 2,
            display: 'grid',
            gap: 3,
            py: 3,
            mt: 4,
            bgcolor: 'background.default',
            borderTop: 1,
            borderColor: 'divider',
          }}
        >
          {other && <ProblemNotice problem={other} dense />}
          {theirs !== null && !busy && (
            <Meanwhile what="model" onTheirs={draft.reset} onMine={draft.keepMine} />
          )}
          <Box sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 2 }}>
            <Button
              variant="contained"
              color="primary"
              loading={busy}
              disabled={!changed || unread || missing.length > 0 || theirs !== null}
              onClick={() => void draft.submit()}
            >
              Save model
            </Button>
            {changed && (
              <Button variant="text" disabled={busy} onClick={draft.reset}>
                Reset
              </Button>
            )}
            <Box role="status" sx={{ color: 'text.secondary' }}>
              {unread
                ? 'The text cannot be read yet.'
                : first
                  ? `${placeName(first.field)}: ${first.detail}`
                  : changed
                    ? 'Not saved yet'
                    : ''}
            </Box>
          </Box>
        </Box>
      )}
      <LeaveDialog changed={changed && !readOnly} what="the model" />
    </PageFrame>
  );
}
