// One model, as a form and as text, and the bar that saves it.
import Button from '@mui/material/Button';
import { useMemo } from 'react';
import { Link } from 'react-router';
import { useSession } from '@/api/session-slice';
import type { DatasetColumn, Model } from '@/api/types';
import { chunkComponent } from '@/components/chunk-component';
import { PageFrame, PageHeader } from '@/components/page-header';
import { exploring } from '@/lib/explore-link';
import { EditorFrame } from './editor-frame';
import { ModelForm } from './form/model-form';
import { saidElsewhere } from './state/places';
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
  const draft = useModelDraft(saved, columns);
  const { base, value: model, problem, missing } = draft;
  const words = useMemo((): Words => ({ models, columns }), [models, columns]);
  const problems = useMemo(() => [...missing, ...(problem?.errors ?? [])], [missing, problem]);
  return (
    <PageFrame>
      <PageHeader
        title={base.label}
        parent={{ label: base.dataset, to: `/datasets/${base.dataset}` }}
        summary={`Model of ${base.dataset} \u00b7 version ${base.version}${readOnly ? ' \u00b7 read only' : ''}`}
        actions={
          <Button component={Link} to={exploring(base.name)}>
            Explore
          </Button>
        }
      />
      <EditorFrame
        what="model"
        draft={draft}
        other={saidElsewhere(problem)}
        readOnly={readOnly}
        form={
          <ModelForm
            {...{ model, base, models, columns, problems, readOnly }}
            onEdit={draft.edit}
          />
        }
        text={<TextTab draft={draft} words={words} readOnly={readOnly} />}
      />
    </PageFrame>
  );
}
