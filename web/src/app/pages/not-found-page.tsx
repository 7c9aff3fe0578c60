// For addresses that lead nowhere.
import { LinkButton } from '@/components/link-button';
import { PageFrame, PageHeader } from '@/components/page-header';
import { EmptyState } from '@/components/states';

export default function NotFoundPage() {
  return (
    <PageFrame>
      <PageHeader title="Page not found" />
      <EmptyState
        icon="search"
        title="There is nothing at this address"
        action={<LinkButton to="/">Go to dashboards</LinkButton>}
      >
        It may have been deleted, or the link is not complete.
      </EmptyState>
    </PageFrame>
  );
}
