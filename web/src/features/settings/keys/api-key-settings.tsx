// API keys of the organisation: list, make, change, revoke.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import IconButton from '@mui/material/IconButton';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useListApiKeysQuery, useRevokeApiKeyMutation } from '@/api/api-keys-api';
import type { ApiKey } from '@/api/types';
import { toProblem } from '@/api/problem';
import { useListUsersQuery } from '@/api/users-api';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { DialogPending } from '@/components/dialog-pending';
import { SectionCard } from '@/components/section-card';
import { ErrorState, LoadingState } from '@/components/states';
import { useToasts } from '@/components/toast-slice';
import { Icon } from '@/theme/icons';
import { AttributeChips } from '../attributes/attribute-chips';
import { namesIn } from '../attributes/attribute-rows';
import { roleWords } from '../roles';
import { budgetWords, expiryWords, hasExpired, usedWords } from './key-words';

const KeyDialog = lazy(() => import('./key-dialog'));

export default function ApiKeySettings() {
  const keys = useListApiKeysQuery();
  const users = useListUsersQuery();
  const offers = useMemo(
    () => namesIn([...(users.data ?? []), ...(keys.data ?? [])]),
    [users.data, keys.data],
  );
  const [making, setMaking] = useState(false);
  const [now] = useState(() => Date.now());
  return (
    <SectionCard
      title="API keys"
      lead="Programs ask with a key of their own. It has a role, attributes and a budget, and it manages neither people nor keys."
      flush
      actions={
        <Button
          size="small"
          startIcon={<Icon name="add" size={16} />}
          onClick={() => setMaking(true)}
        >
          Make a key
        </Button>
      }
    >
      {keys.isError && (
        <Box sx={{ p: 4 }}>
          <ErrorState problem={toProblem(keys.error)} onRetry={() => void keys.refetch()} />
        </Box>
      )}
      {keys.isLoading && (
        <Box sx={{ p: 4 }}>
          <LoadingState rows={2} />
        </Box>
      )}
      {keys.data?.length === 0 && (
        <Box sx={{ px: 4, py: 3, borderTop: 1, borderColor: 'divider', color: 'text.secondary' }}>
          There are no keys.
        </Box>
      )}
      {keys.data && keys.data.length > 0 && (
        <Box component="ul" aria-label="API keys" sx={{ listStyle: 'none', m: 0, p: 0 }}>
          {keys.data.map((key) => (
            <KeyItem key={key.id} of={key} offers={offers} now={now} />
          ))}
        </Box>
      )}
      {making && (
        <Suspense fallback={<DialogPending />}>
          <KeyDialog offers={offers} onClose={() => setMaking(false)} />
        </Suspense>
      )}
    </SectionCard>
  );
}

interface KeyItemProps {
  of: ApiKey;
  offers: readonly string[];
  now: number;
}

function KeyItem({ of: key, offers, now }: KeyItemProps) {
  const toasts = useToasts();
  const [revoke, revoking] = useRevokeApiKeyMutation();
  const [changing, setChanging] = useState(false);
  const [confirming, setConfirming] = useState(false);
  const bounds = budgetWords(key.budget);

  const end = async (): Promise<void> => {
    const result = await revoke(key.id);
    setConfirming(false);
    if (result.error)
      toasts.show({
        tone: 'error',
        message: toProblem(result.error).detail ?? 'The key was not revoked',
      });
    else toasts.show({ tone: 'success', message: `${key.name} was revoked` });
  };

  return (
    <Box
      component="li"
      sx={{
        display: 'flex',
        alignItems: 'center',
        gap: { xs: 1, sm: 3 },
        px: 4,
        py: 2.5,
        borderTop: 1,
        borderColor: 'divider',
      }}
    >
      <Box sx={{ flex: 1, minWidth: 0 }}>
        <Box sx={{ fontWeight: 500, overflowWrap: 'anywhere' }}>
          {key.name}
          <Box component="span" sx={{ color: 'text.secondary', fontWeight: 400 }}>
            {' · '}
            {roleWords[key.role].label}
          </Box>
        </Box>
        <Box sx={{ color: 'text.secondary', fontSize: '0.75rem', overflowWrap: 'anywhere' }}>
          <Box component="code" sx={{ fontFamily: 'monospace' }}>
            {key.prefix}…
          </Box>
          {` · ${usedWords(key, now)} · `}
          <Box component="span" sx={hasExpired(key, now) ? { color: 'error.main' } : {}}>
            {expiryWords(key, now)}
          </Box>
          {` · made by ${key.created_by}`}
          {bounds && ` · ${bounds}`}
        </Box>
        <AttributeChips name={key.name} attributes={key.attributes} />
      </Box>
      <IconButton
        aria-label={`Change ${key.name}`}
        aria-haspopup="dialog"
        onClick={() => setChanging(true)}
      >
        <Icon name="edit" />
      </IconButton>
      <IconButton aria-label={`Revoke ${key.name}`} onClick={() => setConfirming(true)}>
        <Icon name="trash" />
      </IconButton>
      {changing && (
        <Suspense fallback={<DialogPending />}>
          <KeyDialog given={key} offers={offers} onClose={() => setChanging(false)} />
        </Suspense>
      )}
      <ConfirmDialog
        open={confirming}
        title={`Revoke ${key.name}?`}
        confirmLabel="Revoke"
        busy={revoking.isLoading}
        onConfirm={() => void end()}
        onClose={() => setConfirming(false)}
      >
        Whatever asks with {key.prefix}… is refused at once, and for good.
      </ConfirmDialog>
    </Box>
  );
}
