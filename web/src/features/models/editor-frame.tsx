// What is around the editor of a model or a view: form and text as tabs, and the bar that saves.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Tab from '@mui/material/Tab';
import Tabs from '@mui/material/Tabs';
import { Suspense, useState } from 'react';
import type { ReactNode } from 'react';
import { useSearchParams } from 'react-router';
import type { Problem } from '@/api/types';
import { LeaveDialog } from '@/components/leave-dialog';
import { Meanwhile } from '@/components/meanwhile';
import { ProblemNotice } from '@/components/problem-notice';
import { LoadingState } from '@/components/states';
import { placeName } from './state/places';
import type { Draft } from './state/use-draft';

export interface EditorFrameProps {
  /** "model", after "the" and "Save". */
  what: string;
  draft: Omit<
    Draft<{ name: string; version?: number }>,
    'base' | 'value' | 'edit' | 'type' | 'theirs'
  > & {
    theirs: unknown;
  };
  /** What the server said of no place of the form. */
  other: Problem | null;
  readOnly: boolean;
  form: ReactNode;
  text: ReactNode;
}

export function EditorFrame({ what, draft, other, readOnly, form, text }: EditorFrameProps) {
  const [params] = useSearchParams();
  // Not in the address: another address is asked about while there is something that is not saved.
  const [asText, setAsText] = useState(params.get('as') === 'text');
  const { missing, unread, changed, busy, theirs } = draft;
  const [first] = missing;
  return (
    <>
      <Tabs
        value={asText ? 'text' : 'form'}
        onChange={(_event, value: 'form' | 'text') => setAsText(value === 'text')}
        aria-label={`How the ${what} is shown`}
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
            {text}
          </Suspense>
        ) : unread ? (
          <Box role="alert" sx={{ color: 'text.secondary' }}>
            The text cannot be read yet, so there is no form of it. What is wrong stands below the
            text.
          </Box>
        ) : (
          form
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
            <Meanwhile what={what} onTheirs={draft.reset} onMine={draft.keepMine} />
          )}
          <Box sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 2 }}>
            <Button
              variant="contained"
              color="primary"
              loading={busy}
              disabled={!changed || unread || missing.length > 0 || theirs !== null}
              onClick={() => void draft.submit()}
            >
              Save {what}
            </Button>
            {changed && (
              <Button variant="text" disabled={busy} onClick={draft.reset}>
                Reset
              </Button>
            )}
            <Box role="status" sx={{ color: 'text.secondary' }}>
              {unread
                ? 'The text cannot be read yet.'
                : first && changed
                  ? `${placeName(first.field)}: ${first.detail}`
                  : changed
                    ? 'Not saved yet'
                    : ''}
            </Box>
          </Box>
        </Box>
      )}
      <LeaveDialog changed={changed && !readOnly} what={`the ${what}`} />
    </>
  );
}
