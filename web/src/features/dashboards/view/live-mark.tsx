// The state of the live channel in words and a dot; the dot alone would say nothing to many readers.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useEffect, useRef } from 'react';
import { useLiveClient, useLiveState } from '@/api/live-client';
import type { LiveStatus } from '@/api/live-client';
import { announce } from '@/components/announcer';
import { Icon } from '@/theme/icons';

const words: Record<LiveStatus, { label: string; hint: string; colour: string } | null> = {
  off: null,
  connecting: { label: 'Connecting', hint: 'Opening the live connection', colour: 'text.disabled' },
  live: { label: 'Live', hint: 'New data appears by itself', colour: 'success.main' },
  reconnecting: {
    label: 'Reconnecting',
    hint: 'The live connection was lost; what you see stays',
    colour: 'text.disabled',
  },
  polling: {
    label: 'Checking every 10 s',
    hint: 'No live connection; asking again instead',
    colour: 'warning.main',
  },
  disconnected: { label: 'Disconnected', hint: 'The server does not answer', colour: 'error.main' },
};

const ANNOUNCE_EVERY_MS = 10_000;

export function LiveMark() {
  const { status } = useLiveState();
  const said = useRef({ status, at: 0 });
  useEffect(() => {
    const last = said.current;
    if (last.status === status || Date.now() - last.at < ANNOUNCE_EVERY_MS) return;
    said.current = { status, at: Date.now() };
    const word = words[status];
    if (word && status !== 'connecting') announce(word.label);
  }, [status]);
  const word = words[status];
  if (!word) return null;
  return (
    <Box
      data-testid="live-mark"
      data-live={status}
      title={word.hint}
      sx={{
        display: 'inline-flex',
        alignItems: 'center',
        gap: 1.5,
        typography: 'body2',
        color: 'text.secondary',
        whiteSpace: 'nowrap',
      }}
    >
      <Box
        component="span"
        sx={{ width: 8, height: 8, borderRadius: 999, bgcolor: word.colour, flex: 'none' }}
      />
      {word.label}
    </Box>
  );
}

/** Shown while nothing answers; drawings below it stay as they are. */
export function DisconnectedBanner() {
  const { status } = useLiveState();
  const client = useLiveClient();
  if (status !== 'disconnected') return null;
  return (
    <Box
      role="status"
      sx={{
        display: 'flex',
        alignItems: 'center',
        gap: 3,
        px: 4,
        py: 2,
        mb: 3,
        border: 1,
        borderColor: 'warning.main',
        borderRadius: 1,
        bgcolor: 'background.paper',
      }}
    >
      <Box sx={{ color: 'warning.main', display: 'flex' }}>
        <Icon name="warning" />
      </Box>
      <Box sx={{ flex: 1 }}>
        The server does not answer. What you see is the last state we know.
      </Box>
      <Button size="small" onClick={() => client.retry()}>
        Retry now
      </Button>
    </Box>
  );
}
