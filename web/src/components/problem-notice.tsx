// A failure in words: what happened, which fields, the request id for whoever helps, and a way on.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import { useState } from 'react';
import { describeCode } from '@/api/problem';
import type { Problem } from '@/api/types';
import { Icon } from '@/theme/icons';
import { announce } from './announcer';
import { copyText } from '@/lib/copy-text';

export interface ProblemNoticeProps {
  problem: Problem;
  onRetry?: () => void;
  // For cards and other small places: one line and the buttons.
  dense?: boolean;
}

function detailsText(problem: Problem): string {
  return [
    `${problem.title} (${problem.code}, status ${problem.status || 'none'})`,
    problem.detail,
    ...(problem.errors ?? []).map((error) => `${error.field}: ${error.detail}`),
    ...(problem.suggestions ?? []).map((suggestion) => `Instead: ${suggestion}`),
    problem.request_id && `Request ${problem.request_id}`,
    `Page ${window.location.pathname}`,
    `Time ${new Date().toISOString()}`,
  ]
    .filter(Boolean)
    .join('\n');
}

export function CopyDetails({ problem }: { problem: Problem }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    const done = await copyText(detailsText(problem));
    setCopied(done);
    announce(done ? 'Details copied' : 'This page cannot copy');
  };
  return (
    <Button
      size="small"
      variant="text"
      onClick={() => void copy()}
      startIcon={<Icon name={copied ? 'check' : 'copy'} size={16} />}
    >
      {copied ? 'Copied' : 'Copy details'}
    </Button>
  );
}

export function ProblemNotice({ problem, onRetry, dense = false }: ProblemNoticeProps) {
  // Where a single field is at fault, the server says the same of it as of the whole.
  const faults = (problem.errors ?? []).filter(({ detail }) => detail !== problem.detail);
  return (
    <Box
      role="alert"
      sx={{
        display: 'flex',
        gap: 3,
        p: dense ? 3 : 4,
        border: 1,
        borderColor: 'divider',
        borderLeft: '3px solid',
        borderLeftColor: 'error.main',
        borderRadius: 1,
        bgcolor: 'background.paper',
        textAlign: 'left',
      }}
    >
      <Box sx={{ color: 'error.main', pt: '1px' }}>
        <Icon name="error" />
      </Box>
      <Box sx={{ minWidth: 0, flex: 1 }}>
        <Typography sx={{ fontWeight: 600 }}>
          {problem.title || describeCode(problem.code)}
        </Typography>
        {problem.detail && (
          <Typography color="textSecondary" sx={{ overflowWrap: 'anywhere', mt: 0.5 }}>
            {problem.detail}
          </Typography>
        )}
        {faults.length > 0 && (
          <Box component="ul" sx={{ my: 1, pl: 4, color: 'text.secondary' }}>
            {faults.map((error) => (
              <li key={`${error.field} ${error.detail}`}>
                <strong>{error.field}</strong>: {error.detail}
              </li>
            ))}
          </Box>
        )}
        {problem.suggestions && problem.suggestions.length > 0 && (
          <>
            <Typography color="textSecondary" sx={{ mt: 1 }}>
              Instead:
            </Typography>
            <Box component="ul" sx={{ my: 0.5, pl: 4, color: 'text.secondary' }}>
              {problem.suggestions.map((suggestion) => (
                <li key={suggestion}>{suggestion}</li>
              ))}
            </Box>
          </>
        )}
        <Box
          sx={{
            display: 'flex',
            flexWrap: 'wrap',
            alignItems: 'center',
            gap: 1,
            mt: 2,
            ml: onRetry ? 0 : -2.5,
          }}
        >
          {onRetry && (
            <Button size="small" onClick={onRetry} startIcon={<Icon name="refresh" size={16} />}>
              Try again
            </Button>
          )}
          <CopyDetails problem={problem} />
          {problem.request_id && (
            <Typography
              variant="caption"
              color="textSecondary"
              sx={{ fontFamily: 'ui-monospace, monospace', overflowWrap: 'anywhere' }}
            >
              Request {problem.request_id}
            </Typography>
          )}
        </Box>
      </Box>
    </Box>
  );
}
