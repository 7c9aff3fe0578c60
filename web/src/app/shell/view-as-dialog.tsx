// Chooses through whose eyes to look.
import Box from '@mui/material/Box';
import ButtonBase from '@mui/material/ButtonBase';
import TextField from '@mui/material/TextField';
import { useState } from 'react';
import { toProblem } from '@/api/problem';
import { useSession } from '@/api/session-slice';
import type { Attributes, UserRow } from '@/api/types';
import { useListUsersQuery } from '@/api/users-api';
import { viewAs } from '@/api/view-as';
import { announce } from '@/components/announcer';
import { Dialog } from '@/components/dialog';
import { ErrorState, LoadingState } from '@/components/states';
import { hasUnsaved } from '@/components/use-guard';

const SHOWN_VALUES = 2;

function attributeLine(attributes: Attributes): string {
  return Object.entries(attributes)
    .map(([name, values]) => {
      const more = values.length > SHOWN_VALUES ? ` +${values.length - SHOWN_VALUES}` : '';
      return `${name} ${values.slice(0, SHOWN_VALUES).join(', ')}${more}`;
    })
    .join(' \u00b7 ');
}

export default function ViewAsDialog({ onClose }: { onClose: () => void }) {
  const { user: oneself, viewed } = useSession();
  const users = useListUsersQuery();
  const [search, setSearch] = useState('');
  const [unsaved] = useState(hasUnsaved);
  const wanted = search.trim().toLowerCase();
  const others = (users.data ?? []).filter(({ id }) => id !== oneself?.id);
  const shown = others.filter(({ name, email }) =>
    `${name} ${email}`.toLowerCase().includes(wanted),
  );
  const choose = ({ id, name, calendar }: UserRow): void => {
    onClose();
    viewAs({ id, name, calendar: calendar ?? null });
    announce(`You see what ${name} sees`);
  };
  return (
    <Dialog title="View as" closing="Cancel" onClose={onClose}>
      <Box sx={{ color: 'text.secondary' }}>
        You see what somebody else sees, on every page, until you stop. Nothing can be changed
        meanwhile.
      </Box>
      {unsaved && (
        <Box role="alert" sx={{ color: 'warning.main', fontWeight: 500 }}>
          This page has changes that are not saved; they would be gone.
        </Box>
      )}
      {users.isError && (
        <ErrorState dense problem={toProblem(users.error)} onRetry={() => void users.refetch()} />
      )}
      {users.isLoading && <LoadingState rows={4} label="Loading people" />}
      {users.data && (
        <>
          <TextField
            autoFocus
            label="Find a person"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
            slotProps={{ htmlInput: { autoComplete: 'off' } }}
          />
          <Box
            component="ul"
            aria-label="People"
            sx={{
              listStyle: 'none',
              m: 0,
              p: 0,
              maxHeight: 320,
              overflow: 'auto',
              border: 1,
              borderColor: 'divider',
              borderRadius: 1,
            }}
          >
            {shown.map((user) => (
              <li key={user.id}>
                <ButtonBase
                  aria-current={viewed?.id === user.id ? 'true' : undefined}
                  onClick={() => choose(user)}
                  sx={{
                    display: 'block',
                    width: '100%',
                    px: 3,
                    py: 2,
                    textAlign: 'left',
                    '&:hover': { bgcolor: 'surface.sunken' },
                    '&.Mui-focusVisible': { outlineOffset: -2 },
                    '&[aria-current]': { bgcolor: 'surface.accentSoft' },
                  }}
                >
                  <Box component="span" sx={{ display: 'block', fontWeight: 500 }}>
                    {user.name}
                  </Box>
                  <Box
                    component="span"
                    sx={{
                      display: 'block',
                      color: 'text.secondary',
                      fontSize: '0.75rem',
                      overflowWrap: 'anywhere',
                    }}
                  >
                    {[user.email, user.role, attributeLine(user.attributes)]
                      .filter(Boolean)
                      .join(' \u00b7 ')}
                  </Box>
                </ButtonBase>
              </li>
            ))}
            {shown.length === 0 && (
              <Box component="li" sx={{ px: 3, py: 2, color: 'text.secondary' }}>
                {others.length === 0
                  ? 'There is nobody else yet.'
                  : `Nobody is called \u201c${search.trim()}\u201d.`}
              </Box>
            )}
          </Box>
        </>
      )}
    </Dialog>
  );
}
