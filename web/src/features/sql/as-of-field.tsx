// Which state of the datasets a statement asks: a version, a time, or the latest when it is left empty.
import TextField from '@mui/material/TextField';
import { useState } from 'react';
import type { AsOf } from '@/api/types';
import { readAsOf } from '@/lib/asked-state';

export interface AsOfFieldProps {
  asOf: AsOf | null;
  /** What the server said of it. */
  problem: string | undefined;
  onAsOf: (asOf: AsOf | null) => void;
}

/** Days and times without a zone are of UTC, as everything in a statement is. */
export function parseAsOf(text: string): { asOf: AsOf | null } | { problem: string } {
  const typed = text.trim();
  if (typed === '') return { asOf: null };
  const known = readAsOf(typed);
  if (known !== null) return { asOf: known };
  const plain = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?Z?$/.exec(typed);
  const time = plain && `${plain[1]}T${plain[2] ?? '00:00'}Z`;
  if (time && !Number.isNaN(Date.parse(time))) return { asOf: new Date(time).toISOString() };
  return { problem: 'A version such as 3, or a time such as 2026-11-26 10:00 (UTC)' };
}

export function AsOfField({ asOf, problem, onAsOf }: AsOfFieldProps) {
  const shown = asOf === null ? '' : String(asOf);
  const [typed, setTyped] = useState(shown);
  const [known, setKnown] = useState(shown);
  if (known !== shown) {
    setKnown(shown);
    setTyped(shown);
  }
  const parsed = parseAsOf(typed);
  const settle = (): void => {
    if ('asOf' in parsed && String(parsed.asOf ?? '') !== shown) onAsOf(parsed.asOf);
  };
  const wrong = 'problem' in parsed ? parsed.problem : problem;
  return (
    <TextField
      label="As of"
      value={typed}
      placeholder="latest"
      onChange={(event) => setTyped(event.target.value)}
      onBlur={settle}
      onKeyDown={(event) => {
        if (event.key === 'Enter') settle();
      }}
      error={wrong !== undefined}
      helperText={wrong}
      sx={{ width: 200 }}
      slotProps={{
        inputLabel: { shrink: true },
        htmlInput: { autoComplete: 'off', spellCheck: false },
      }}
    />
  );
}
