// All dashboards: cards to open, to find, to duplicate and to delete, and the two ways to make a new one.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Menu from '@mui/material/Menu';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import {
  useCreateDashboardMutation,
  useDeleteDashboardMutation,
  useGenerateDashboardMutation,
  useLazyGetDashboardQuery,
  useListDashboardsQuery,
} from '@/api/dashboards-api';
import { useListModelsQuery } from '@/api/models-api';
import { toProblem } from '@/api/problem';
import { useSession } from '@/api/session-slice';
import type { DashboardSummary } from '@/api/types';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { PageFrame, PageHeader } from '@/components/page-header';
import { EmptyState, ErrorState, LoadingState } from '@/components/states';
import { useToasts } from '@/components/toast-slice';
import { formatAge, formatCount } from '@/lib/format';
import { offered } from '@/lib/offered';
import { Icon } from '@/theme/icons';
import { CardMenu } from './card/card-menu';
import { emptyDefinition } from './edit/new-dashboard';

/** As many are seen at a glance; more can be found by typing. */
const AT_A_GLANCE = 8;

/** The longest title that the server takes, in characters. */
const LONGEST_TITLE = 200;

function titleOfCopy(title: string): string {
  const mark = ' (copy)';
  return [...title].slice(0, LONGEST_TITLE - mark.length).join('') + mark;
}

/** Every word that is typed stands somewhere in the title, the description or the name of who changed it. */
const isMeant = (
  { title, description, updated_by }: DashboardSummary,
  words: readonly string[],
): boolean => {
  const text = `${title} ${description ?? ''} ${updated_by ?? ''}`.toLowerCase();
  return words.every((word) => text.includes(word));
};

export function DashboardList() {
  const dashboards = useListDashboardsQuery();
  const models = useListModelsQuery();
  const choices = offered(models.data ?? []);
  const mayEdit = useSession().isAtLeast('editor');
  const navigate = useNavigate();
  const toasts = useToasts();
  const [create, creating] = useCreateDashboardMutation();
  const [generate, generating] = useGenerateDashboardMutation();
  const [remove, removing] = useDeleteDashboardMutation();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const [doomed, setDoomed] = useState<DashboardSummary | null>(null);
  const [read] = useLazyGetDashboardQuery();
  const [search, setSearch] = useState('');

  const open = async (
    request: Promise<{ data?: { id: string }; error?: unknown }>,
  ): Promise<void> => {
    const answer = await request;
    if (answer.data) void navigate(`/dashboards/${answer.data.id}`);
    else
      toasts.show({
        message: toProblem(answer.error).detail ?? toProblem(answer.error).title,
        tone: 'error',
      });
  };
  const createEmpty = (): Promise<void> =>
    open(
      create({
        title: 'New dashboard',
        description: null,
        definition: emptyDefinition(choices),
      }),
    );
  const duplicate = async ({ id }: DashboardSummary): Promise<void> => {
    const answer = await read(id);
    if (!answer.data) return open(Promise.resolve({ error: answer.error }));
    const { title, description, definition } = answer.data;
    return open(create({ title: titleOfCopy(title), description, definition }));
  };
  const choose = (element: HTMLElement): void => {
    const only = choices.length === 1 ? choices[0] : undefined;
    if (only) void open(generate(only.dataset));
    else setAnchor(element);
  };
  const items = dashboards.data ?? [];
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = items.filter((item) => isMeant(item, words));
  const hasData = choices.length > 0;
  const actions = mayEdit && (
    <>
      {hasData && (
        <Button
          loading={generating.isLoading}
          loadingPosition="start"
          startIcon={<Icon name="sparkle" size={16} />}
          onClick={(event) => choose(event.currentTarget)}
        >
          Generate from dataset
        </Button>
      )}
      <Button
        variant="contained"
        color="primary"
        loading={creating.isLoading}
        loadingPosition="start"
        startIcon={<Icon name="add" size={16} />}
        onClick={() => void createEmpty()}
      >
        New dashboard
      </Button>
    </>
  );

  return (
    <PageFrame>
      <PageHeader
        title="Dashboards"
        summary="Live views of your data."
        actions={items.length > 0 && actions}
      />
      <Menu anchorEl={anchor} open={anchor !== null} onClose={() => setAnchor(null)}>
        {choices.map((model) => (
          <MenuItem
            key={model.name}
            onClick={() => {
              setAnchor(null);
              void open(generate(model.dataset));
            }}
          >
            {model.label}
          </MenuItem>
        ))}
      </Menu>
      {dashboards.isError && !dashboards.data ? (
        <ErrorState
          problem={toProblem(dashboards.error)}
          onRetry={() => void dashboards.refetch()}
        />
      ) : !dashboards.data ? (
        <LoadingState rows={4} label="Loading dashboards" />
      ) : items.length === 0 ? (
        <EmptyState
          icon="dashboard"
          title="No dashboards yet"
          action={
            hasData
              ? actions
              : mayEdit && (
                  <Button
                    component={Link}
                    to="/datasets/upload"
                    variant="contained"
                    color="primary"
                    startIcon={<Icon name="upload" size={16} />}
                  >
                    Upload data
                  </Button>
                )
          }
        >
          {hasData
            ? 'Let one be made from a dataset, or begin with an empty one.'
            : 'Upload a file first. A dashboard can then be made from it in one step.'}
        </EmptyState>
      ) : (
        <>
          {items.length > AT_A_GLANCE && (
            <TextField
              label="Find a dashboard"
              value={search}
              onChange={(event) => setSearch(event.target.value)}
              slotProps={{ htmlInput: { autoComplete: 'off' } }}
              sx={{ maxWidth: 360, mb: 4 }}
            />
          )}
          {shown.length === 0 && (
            <Box sx={{ color: 'text.secondary' }}>No dashboard is called “{search.trim()}”.</Box>
          )}
          <Box
            component="ul"
            aria-label="Dashboards"
            sx={{
              listStyle: 'none',
              m: 0,
              p: 0,
              display: 'grid',
              gap: 3,
              gridTemplateColumns: 'repeat(auto-fill, minmax(min(100%, 280px), 1fr))',
            }}
          >
            {shown.map((item) => (
              <Box
                key={item.id}
                component="li"
                sx={{
                  position: 'relative',
                  p: 4,
                  minHeight: 112,
                  display: 'flex',
                  flexDirection: 'column',
                  bgcolor: 'background.paper',
                  border: 1,
                  borderColor: 'divider',
                  borderRadius: 1,
                  '&:hover': { borderColor: 'surface.border' },
                }}
              >
                <Box sx={{ display: 'flex', gap: 2 }}>
                  <Box component="h2" sx={{ m: 0, flex: 1, minWidth: 0, typography: 'h2' }}>
                    <Box
                      component={Link}
                      to={`/dashboards/${item.id}`}
                      sx={{
                        color: 'inherit',
                        textDecoration: 'none',
                        overflowWrap: 'anywhere',
                        '&::after': {
                          content: '""',
                          position: 'absolute',
                          inset: 0,
                          borderRadius: 1,
                        },
                      }}
                    >
                      {item.title}
                    </Box>
                  </Box>
                  {mayEdit && (
                    <Box sx={{ position: 'relative', zIndex: 1 }}>
                      <CardMenu
                        title={item.title}
                        items={[
                          { label: 'Duplicate', icon: 'copy', run: () => void duplicate(item) },
                          {
                            label: 'Delete',
                            icon: 'trash',
                            run: () => setDoomed(item),
                            divided: true,
                          },
                        ]}
                      />
                    </Box>
                  )}
                </Box>
                {item.description && (
                  <Box
                    sx={{
                      color: 'text.secondary',
                      mt: 0.5,
                      overflow: 'hidden',
                      display: '-webkit-box',
                      WebkitLineClamp: 2,
                      WebkitBoxOrient: 'vertical',
                    }}
                  >
                    {item.description}
                  </Box>
                )}
                <Box sx={{ flex: 1 }} />
                <Box sx={{ typography: 'body2', color: 'text.secondary', mt: 3 }}>
                  {formatCount(item.widgets, 'card')} · changed {formatAge(item.updated_at)}
                  {item.updated_by ? ` by ${item.updated_by}` : ''}
                </Box>
              </Box>
            ))}
          </Box>
        </>
      )}
      <ConfirmDialog
        open={doomed !== null}
        title={`Delete ${doomed?.title ?? 'dashboard'}?`}
        confirmLabel="Delete"
        busy={removing.isLoading}
        onClose={() => setDoomed(null)}
        onConfirm={() => {
          if (!doomed) return;
          void remove(doomed.id).then((answer) => {
            if (answer.error)
              toasts.show({ message: toProblem(answer.error).title, tone: 'error' });
            setDoomed(null);
          });
        }}
      >
        The dashboard and its {formatCount(doomed?.widgets ?? 0, 'card')} are removed for everybody.
        The data stays.
      </ConfirmDialog>
    </PageFrame>
  );
}
