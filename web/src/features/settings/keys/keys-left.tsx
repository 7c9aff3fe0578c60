// Which API keys go on when the person who made them is removed.
import Box from '@mui/material/Box';
import { useState } from 'react';
import { useListApiKeysQuery } from '@/api/api-keys-api';
import type { User } from '@/api/types';
import { hasExpired } from './key-words';

const NAMES_SHOWN = 5;

export interface KeysLeftProps {
  maker: User;
}

export function KeysLeft({ maker }: KeysLeftProps) {
  const keys = useListApiKeysQuery();
  const [now] = useState(() => Date.now());
  if (keys.isError)
    return (
      <Box sx={{ mt: 3 }}>
        API keys that they made go on until they are revoked. Which those are could not be read.
      </Box>
    );
  const left = (keys.data ?? []).filter(
    (key) => key.created_by_id === maker.id && !hasExpired(key, now),
  );
  if (left.length === 0) return null;
  const more = left.length - NAMES_SHOWN;
  const names = left.slice(0, NAMES_SHOWN).map(({ name }) => name);
  const listed = [...names, ...(more > 0 ? [`${more} more`] : [])].join(', ');
  return (
    <Box sx={{ mt: 3, overflowWrap: 'anywhere' }}>
      {left.length === 1
        ? `An API key that ${maker.name} made goes on until it is revoked: ${listed}.`
        : `${left.length} API keys that ${maker.name} made go on until they are revoked: ${listed}.`}
    </Box>
  );
}
