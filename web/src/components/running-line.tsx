// How long an answer has been awaited, and the way to stop waiting. Quick answers show nothing of it.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useEffect, useState } from 'react';
import { formatElapsed } from '@/lib/format';
import { announce } from './announcer';
import { useDelayed } from './states';
import { useWayBack } from './way-back';

export interface RunningLineProps {
  running: boolean;
  /** What goes on. */
  label?: string;
  onCancel: () => void;
}

export function RunningLine({ running, label = 'Running', onCancel }: RunningLineProps) {
  const show = useDelayed(running, 300);
  if (!show) return null;
  return <Elapsed label={label} onCancel={onCancel} />;
}

function Elapsed({ label, onCancel }: { label: string; onCancel: () => void }) {
  const [started] = useState(() => Date.now() - 300);
  const [now, setNow] = useState(started);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 200);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => announce(label), [label]);
  // Whoever cancels stands at a button that is gone then.
  useWayBack();
  return (
    <Box sx={{ display: 'flex', alignItems: 'center', gap: 2, color: 'text.secondary' }}>
      <span>{label}</span>
      <Box component="span" aria-hidden="true" sx={{ fontVariantNumeric: 'tabular-nums' }}>
        {formatElapsed(Math.max(0, now - started))}
      </Box>
      <Button size="small" onClick={onCancel}>
        Cancel
      </Button>
    </Box>
  );
}
