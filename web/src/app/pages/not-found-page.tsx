// For addresses that lead nowhere.
import Button from '@mui/material/Button';
import { Link } from 'react-router';
import { PageFrame, PageHeader } from '@/components/page-header';
import { EmptyState } from '@/components/states';

export default function NotFoundPage() {
  return (
    <PageFrame>
      <PageHeader title="Page not found" />
      <EmptyState
        icon="search"
        title="There is nothing at this address"
        action={
          <Button component={Link} to="/" variant="contained" color="primary">
            Go to dashboards
          </Button>
        }
      >
        It may have been deleted, or the link is not complete.
      </EmptyState>
    </PageFrame>
  );
}
