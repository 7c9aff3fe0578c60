// All views of the organisation.
import Button from '@mui/material/Button';
import { Link } from 'react-router';
import { useSession } from '@/api/session-slice';
import { PageFrame, PageHeader } from '@/components/page-header';
import { ViewList } from '@/features/models/views/view-list';
import { Icon } from '@/theme/icons';

export default function ViewsPage() {
  const mayEdit = useSession().isAtLeast('editor');
  return (
    <PageFrame>
      <PageHeader
        title="Views"
        summary="What people see of one or several models, under names of its own."
        actions={
          mayEdit && (
            <Button
              component={Link}
              to="/views/new"
              variant="contained"
              color="primary"
              startIcon={<Icon name="add" />}
            >
              New view
            </Button>
          )
        }
      />
      <ViewList mayEdit={mayEdit} />
    </PageFrame>
  );
}
