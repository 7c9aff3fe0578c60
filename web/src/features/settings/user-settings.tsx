// The people of the organisation: list, add, change the role, the attributes and the budget, remove.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import IconButton from '@mui/material/IconButton';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { lazy, Suspense, useMemo, useState } from 'react';
import { toProblem } from '@/api/problem';
import { useSession } from '@/api/session-slice';
import type { Role, UserRow } from '@/api/types';
import { useDeleteUserMutation, useListUsersQuery, useUpdateUserMutation } from '@/api/users-api';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { DialogPending } from '@/components/dialog-pending';
import { SectionCard } from '@/components/section-card';
import { ErrorState, LoadingState } from '@/components/states';
import { useToasts } from '@/components/toast-slice';
import { formatAge, formatCount } from '@/lib/format';
import { Icon } from '@/theme/icons';
import { AddUserDialog } from './add-user-dialog';
import { AttributeChips } from './attributes/attribute-chips';
import { namesIn } from './attributes/attribute-rows';
import { budgetWords } from './keys/key-words';
import { KeysLeft } from './keys/keys-left';
import { grantableRoles, roleWords } from './roles';

const PersonDialog = lazy(() => import('./attributes/person-dialog'));

export function UserSettings() {
  const users = useListUsersQuery();
  const offers = useMemo(() => namesIn(users.data ?? []), [users.data]);
  const [adding, setAdding] = useState(false);
  return (
    <SectionCard
      title="People"
      lead={users.data && formatCount(users.data.length, 'person', 'people')}
      flush
      actions={
        <Button
          size="small"
          startIcon={<Icon name="add" size={16} />}
          onClick={() => setAdding(true)}
        >
          Add a person
        </Button>
      }
    >
      {users.isError && (
        <Box sx={{ p: 4 }}>
          <ErrorState problem={toProblem(users.error)} onRetry={() => void users.refetch()} />
        </Box>
      )}
      {users.isLoading && (
        <Box sx={{ p: 4 }}>
          <LoadingState rows={3} />
        </Box>
      )}
      {users.data && (
        <Box component="ul" sx={{ listStyle: 'none', m: 0, p: 0 }}>
          {users.data.map((user) => (
            <UserItem key={user.id} user={user} offers={offers} />
          ))}
        </Box>
      )}
      {adding && <AddUserDialog offers={offers} onClose={() => setAdding(false)} />}
    </SectionCard>
  );
}

function UserItem({ user, offers }: { user: UserRow; offers: readonly string[] }) {
  const session = useSession();
  const toasts = useToasts();
  const [updateUser, updating] = useUpdateUserMutation();
  const [deleteUser, deleting] = useDeleteUserMutation();
  const [confirming, setConfirming] = useState(false);
  const [describing, setDescribing] = useState(false);
  const isSelf = session.user?.id === user.id;
  const bounds = budgetWords(user.budget);
  const roles = grantableRoles(session.user?.role ?? 'viewer');
  const fixed = isSelf || !roles.includes(user.role);

  const change = async (role: Role, offerUndo = true) => {
    const before = user.role;
    const result = await updateUser({ id: user.id, name: user.name, role });
    if (result.error) {
      toasts.show({
        tone: 'error',
        message: toProblem(result.error).detail ?? 'The role was not changed',
      });
    } else {
      toasts.show({
        tone: 'success',
        message: `${user.name} is now ${role}`,
        action: offerUndo ? { label: 'Undo', run: () => void change(before, false) } : undefined,
      });
    }
  };

  const remove = async () => {
    const result = await deleteUser(user.id);
    setConfirming(false);
    if (result.error) {
      toasts.show({
        tone: 'error',
        message: toProblem(result.error).detail ?? 'The account was not removed',
      });
    } else toasts.show({ tone: 'success', message: `${user.name} was removed` });
  };

  return (
    <Box
      component="li"
      sx={{
        display: 'flex',
        flexWrap: 'wrap',
        alignItems: 'center',
        gap: 3,
        px: 4,
        py: 2.5,
        borderTop: 1,
        borderColor: 'divider',
      }}
    >
      <Box sx={{ flex: 1, minWidth: 200 }}>
        <Box sx={{ fontWeight: 500, overflowWrap: 'anywhere' }}>
          {user.name}
          {isSelf && (
            <Box component="span" sx={{ color: 'text.secondary', fontWeight: 400 }}>
              {' '}
              (you)
            </Box>
          )}
        </Box>
        <Box sx={{ color: 'text.secondary', fontSize: '0.75rem', overflowWrap: 'anywhere' }}>
          {user.email} · added {formatAge(user.created_at)}
          {bounds && ` · ${bounds}`}
        </Box>
        <AttributeChips name={user.name} attributes={user.attributes} />
      </Box>
      {fixed ? (
        <Box sx={{ width: 130, pl: { xs: 0, sm: 3.5 } }}>{roleWords[user.role].label}</Box>
      ) : (
        <TextField
          select
          value={user.role}
          disabled={updating.isLoading}
          onChange={(event) => void change(event.target.value as Role)}
          slotProps={{ select: { 'aria-label': `Role of ${user.name}` } as object }}
          sx={{ width: 130 }}
        >
          {roles.map((role) => (
            <MenuItem key={role} value={role}>
              {roleWords[role].label}
            </MenuItem>
          ))}
        </TextField>
      )}
      <IconButton
        aria-label={`Change ${user.name}`}
        aria-haspopup="dialog"
        disabled={fixed}
        onClick={() => setDescribing(true)}
        sx={{ visibility: fixed ? 'hidden' : 'visible' }}
      >
        <Icon name="edit" />
      </IconButton>
      <IconButton
        aria-label={`Remove ${user.name}`}
        disabled={fixed}
        onClick={() => setConfirming(true)}
        sx={{ visibility: fixed ? 'hidden' : 'visible' }}
      >
        <Icon name="trash" />
      </IconButton>
      {describing && (
        <Suspense fallback={<DialogPending />}>
          <PersonDialog user={user} offers={offers} onClose={() => setDescribing(false)} />
        </Suspense>
      )}
      <ConfirmDialog
        open={confirming}
        title={`Remove ${user.name}?`}
        confirmLabel="Remove"
        busy={deleting.isLoading}
        onConfirm={() => void remove()}
        onClose={() => setConfirming(false)}
      >
        {user.email} can then no longer sign in. Dashboards stay.
        <KeysLeft maker={user} />
      </ConfirmDialog>
    </Box>
  );
}
