// All views of the organisation, one of them, or a new one. The editor is a chunk of this page and not of the router, which
// everybody downloads who signs in.
import { Suspense } from 'react';
import { useParams } from 'react-router';
import { useSession } from '@/api/session-slice';
import { chunkComponent } from '@/components/chunk-component';
import { LinkButton } from '@/components/link-button';
import { PageFrame, PageHeader } from '@/components/page-header';
import { PagePending } from '@/components/states';
import { ModelFiles } from '@/features/models/files/model-files';
import { ViewList } from '@/features/models/views/view-list';

const ViewPage = chunkComponent(() => import('@/features/models/views/view-page'));

export default function ViewsPage() {
  const mayEdit = useSession().isAtLeast('editor');
  if (useParams().name !== undefined)
    return (
      <Suspense fallback={<PagePending />}>
        <ViewPage />
      </Suspense>
    );
  return (
    <PageFrame>
      <PageHeader
        title="Views"
        summary="Members of one or several models, under the names that people know."
        actions={
          <>
            <ModelFiles mayEdit={mayEdit} />
            {mayEdit && (
              <LinkButton to="/views/new" icon="add">
                New view
              </LinkButton>
            )}
          </>
        }
      />
      <ViewList mayEdit={mayEdit} />
    </PageFrame>
  );
}
