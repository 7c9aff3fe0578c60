// One view, as a form and as text, and what can be done with it.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { Suspense, useEffect, useMemo } from 'react';
import { Link, useNavigate } from 'react-router';
import { useSession } from '@/api/session-slice';
import type { Model, View, ViewDetail } from '@/api/types';
import { chunkComponent } from '@/components/chunk-component';
import { PageFrame, PageHeader } from '@/components/page-header';
import { LoadingState } from '@/components/states';
import { WarningList } from '@/components/warning-list';
import { exploring } from '@/lib/explore-link';
import { EditorFrame } from '../editor-frame';
import { DeleteView } from './delete-view';
import { saidElsewhereOfView } from './state/missing';
import { previewQuery } from './state/preview-query';
import { wordsOfPath } from './state/paths';
import { useViewDraft } from './state/use-view-draft';
import type { ViewTextTabProps } from './text/view-text-tab';
import { ViewForm } from './view-form';
import type { ViewPreviewProps } from './view-preview';

// With the editor, and everything that reads text.
const TextTab = chunkComponent<ViewTextTabProps>(() => import('./text/view-text-tab'));
const Preview = chunkComponent<ViewPreviewProps>(() => import('./view-preview'));

export interface ViewScreenProps {
  saved: View;
  models: readonly Model[];
  /** What it shows as it is saved; null for a new one. */
  detail: ViewDetail | null;
}

export function ViewScreen({ saved, models, detail }: ViewScreenProps) {
  const readOnly = !useSession().isAtLeast('editor');
  const navigate = useNavigate();
  const draft = useViewDraft(saved, models);
  const { base, value: view, problem, missing, changed } = draft;
  const problems = useMemo(
    () => [...(changed ? missing : []), ...(problem?.errors ?? [])],
    [changed, missing, problem],
  );
  const asked = useMemo(() => (detail === null ? null : previewQuery(detail)), [detail]);
  const isNew = (base.version ?? 0) === 0;
  // What was made has an address of its own. By then nothing is unsaved, so that nobody is asked.
  const made = (saved.version ?? 0) === 0 && !isNew ? base.name : null;
  useEffect(() => {
    if (made !== null)
      void navigate(`/views/${encodeURIComponent(made)}`, { replace: true, state: { base } });
  }, [made, base, navigate]);
  const about = base.include
    .map(({ path }) => wordsOfPath(path.split('.').at(-1) ?? '', models))
    .join(', ');
  return (
    <PageFrame>
      <PageHeader
        title={isNew ? 'New view' : base.label}
        parent={{ label: 'Views', to: '/views' }}
        summary={
          isNew
            ? 'Members of one or several models, under the names that people know'
            : `View of ${about} \u00b7 version ${base.version}${readOnly ? ' \u00b7 read only' : ''}`
        }
        actions={
          !isNew && (
            <>
              <Button component={Link} to={exploring(base.name)}>
                Explore
              </Button>
              {!readOnly && <DeleteView view={base} />}
            </>
          )
        }
      />
      {detail !== null && detail.problems.length > 0 && (
        <WarningList
          role="note"
          label="What is broken"
          title="Its models have changed since, and a part of it is gone"
          items={detail.problems}
          below={4}
        />
      )}
      <EditorFrame
        what="view"
        draft={draft}
        other={saidElsewhereOfView(problem)}
        readOnly={readOnly}
        form={
          <Box sx={{ display: 'grid', gap: 4, gridTemplateColumns: 'minmax(0, 1fr)' }}>
            <ViewForm {...{ view, models, problems, readOnly }} onEdit={draft.edit} />
            {asked !== null && (
              <Suspense fallback={<LoadingState rows={3} label="Loading rows" />}>
                <Preview label={base.label} query={asked} outdated={changed} />
              </Suspense>
            )}
          </Box>
        }
        text={<TextTab draft={draft} models={models} readOnly={readOnly} />}
      />
    </PageFrame>
  );
}
