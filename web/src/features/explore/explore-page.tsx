// Loads the models and views, then the screen.
import { toProblem } from '@/api/problem';
import { useAskable } from '@/api/use-askable';
import { LinkButton } from '@/components/link-button';
import { PageFrame, PageHeader } from '@/components/page-header';
import { EmptyState, ErrorState, LoadingState } from '@/components/states';
import { ExploreScreen } from './explore-screen';

export default function ExplorePage() {
  const models = useAskable();
  if (models.data !== undefined && models.data.length > 0)
    return <ExploreScreen models={models.data} />;
  return (
    <PageFrame>
      <PageHeader title="Explore" />
      {models.error !== undefined ? (
        <ErrorState problem={toProblem(models.error)} onRetry={models.refetch} />
      ) : models.data === undefined ? (
        <LoadingState rows={6} label="Loading models" />
      ) : (
        <EmptyState
          icon="dataset"
          title="There is nothing to explore yet"
          action={<LinkButton to="/datasets">Go to datasets</LinkButton>}
        >
          Every dataset brings a model with it.
        </EmptyState>
      )}
    </PageFrame>
  );
}
