// Loads a view and the models that it may take members from, then the screen; or begins a new one.
import { useParams } from 'react-router';
import { useListModelsQuery } from '@/api/models-api';
import { toProblem } from '@/api/problem';
import type { Model } from '@/api/types';
import { useGetViewQuery } from '@/api/views-api';
import { PageFrame, PageHeader } from '@/components/page-header';
import { ErrorState, LoadingState } from '@/components/states';
import { newName, newView } from './state/written-view';
import { ViewScreen } from './view-screen';

const none: readonly Model[] = [];

export default function ViewPage() {
  const { name = '' } = useParams();
  return name === newName ? <NewView /> : <SavedView key={name} name={name} />;
}

function NewView() {
  const models = useListModelsQuery();
  if (models.data === undefined)
    return (
      <Pending
        title="New view"
        error={models.isError ? models.error : null}
        onRetry={() => void models.refetch()}
      />
    );
  return <ViewScreen saved={newView} models={models.data} detail={null} />;
}

function SavedView({ name }: { name: string }) {
  const view = useGetViewQuery(name);
  const models = useListModelsQuery();
  const detail = view.currentData;
  if (detail === undefined || (models.data === undefined && !models.isError))
    return (
      <Pending
        title={name}
        error={view.isError ? view.error : null}
        onRetry={() => void view.refetch()}
      />
    );
  return <ViewScreen saved={detail.definition} models={models.data ?? none} detail={detail} />;
}

interface PendingProps {
  title: string;
  error: unknown;
  onRetry: () => void;
}

function Pending({ title, error, onRetry }: PendingProps) {
  return (
    <PageFrame>
      <PageHeader title={title} parent={{ label: 'Views', to: '/views' }} />
      {error ? (
        <ErrorState problem={toProblem(error)} onRetry={onRetry} />
      ) : (
        <LoadingState rows={8} label="Loading the view" />
      )}
    </PageFrame>
  );
}
