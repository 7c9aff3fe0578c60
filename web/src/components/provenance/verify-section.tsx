// Computing an answer once more from its rows, with nothing that is kept: on demand, because it reads all of them.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import LinearProgress from '@mui/material/LinearProgress';
import { useEffect, useRef, useState } from 'react';
import type { Explainable } from '@/api/explain-api';
import { toProblem } from '@/api/problem';
import { useVerifyQueryMutation } from '@/api/trust-api';
import type { Problem, ResultColumn, Verification } from '@/api/types';
import { copyText } from '@/lib/copy-text';
import { formatCount } from '@/lib/format';
import { Icon } from '@/theme/icons';
import { announce } from '../announcer';
import { RunningLine } from '../running-line';
import { ErrorState } from '../states';
import { PanelPart } from './fold';
import { muted } from './panel-styles';
import { differenceLine, reportText, verdictOf, whatToDo } from './verify-words';

type Outcome =
  | { is: 'nothing' | 'running' | 'cancelled' }
  | { is: 'done'; verification: Verification }
  | { is: 'failed'; problem: Problem };

const cancelledText = 'Cancelled; nothing was compared.';

export interface VerifySectionProps {
  /** A query of a model, or a statement. */
  query: Explainable;
  columns: readonly ResultColumn[];
}

export function VerifySection({ query, columns }: VerifySectionProps) {
  const [verify] = useVerifyQueryMutation();
  const [outcome, setOutcome] = useState<Outcome>({ is: 'nothing' });
  const running = useRef<{ abort: () => void } | null>(null);
  // Who closes the panel does not wait for it any more, and the server need not work for nobody.
  useEffect(() => () => running.current?.abort(), []);

  const run = async (): Promise<void> => {
    const request = verify(query);
    running.current = request;
    setOutcome({ is: 'running' });
    const answer = await request;
    if (running.current !== request) return;
    running.current = null;
    if (answer.data !== undefined) {
      setOutcome({ is: 'done', verification: answer.data });
      // What is wrong is an alert.
      if (answer.data.equal) announce(verdictOf(answer.data).title);
    } else {
      setOutcome({ is: 'failed', problem: toProblem(answer.error) });
    }
  };
  const cancel = (): void => {
    const request = running.current;
    running.current = null;
    request?.abort();
    setOutcome({ is: 'cancelled' });
    announce(cancelledText);
  };

  const isRunning = outcome.is === 'running';
  return (
    <PanelPart title="Is it what the rows say?">
      <Box sx={muted}>
        Computes the same once more from all rows of the same version, without anything that is
        kept, and compares every number.
      </Box>
      <Box
        sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 2, mt: 2 }}
        aria-busy={isRunning}
      >
        {!isRunning && (
          <Button
            size="small"
            onClick={() => void run()}
            startIcon={<Icon name="refresh" size={16} />}
          >
            Compute again from rows
          </Button>
        )}
        <RunningLine running={isRunning} onCancel={cancel} />
        {outcome.is === 'cancelled' && <Box sx={muted}>{cancelledText}</Box>}
      </Box>
      {isRunning && (
        <LinearProgress
          aria-label="Computing again from rows"
          sx={{ height: 2, borderRadius: 0, mt: 2 }}
        />
      )}
      {outcome.is === 'failed' && (
        <Box sx={{ mt: 3 }}>
          <ErrorState dense problem={outcome.problem} onRetry={() => void run()} />
          <Box sx={{ ...muted, mt: 2 }}>{whatToDo(outcome.problem, 'sql' in query)}</Box>
        </Box>
      )}
      {outcome.is === 'done' && (
        <Verdict verification={outcome.verification} columns={columns} query={query} />
      )}
    </PanelPart>
  );
}

interface VerdictProps extends VerifySectionProps {
  verification: Verification;
}

function Verdict({ verification, columns, query }: VerdictProps) {
  const { equal } = verification;
  const { title, details } = verdictOf(verification);
  const tone = equal ? 'success.main' : 'error.main';
  return (
    <Box
      role={equal ? undefined : 'alert'}
      sx={{
        display: 'flex',
        gap: 3,
        mt: 3,
        p: 3,
        border: 1,
        borderColor: 'divider',
        borderLeft: '3px solid',
        borderLeftColor: tone,
        borderRadius: 1,
      }}
    >
      <Box sx={{ color: tone, pt: '1px', display: { xs: 'none', sm: 'block' } }}>
        <Icon name={equal ? 'check' : 'warning'} />
      </Box>
      <Box sx={{ minWidth: 0, flex: 1 }}>
        <Box sx={{ fontWeight: 600 }}>{title}</Box>
        {details.map((line) => (
          <Box key={line} sx={{ ...muted, mt: 0.5 }}>
            {line}
          </Box>
        ))}
        {!equal && <Differences verification={verification} columns={columns} query={query} />}
      </Box>
    </Box>
  );
}

const cell = {
  textAlign: 'left',
  verticalAlign: 'top',
  fontWeight: 'inherit',
  py: 1,
  pr: 3,
  borderTop: 1,
  borderColor: 'divider',
  overflowWrap: 'anywhere',
} as const;

function Differences({ verification, columns, query }: VerdictProps) {
  const { differences, difference_count: all } = verification;
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    const done = await copyText(reportText(verification, columns, query));
    setCopied(done);
    announce(done ? 'Details copied' : 'This page cannot copy');
  };
  return (
    <>
      <Box
        component="table"
        aria-label="Differences"
        sx={{
          width: '100%',
          borderCollapse: 'collapse',
          mt: 2,
          fontVariantNumeric: 'tabular-nums',
        }}
      >
        <thead>
          <tr>
            {['Where', 'Answered', 'From the rows'].map((head) => (
              <Box component="th" key={head} scope="col" sx={{ ...cell, color: 'text.secondary' }}>
                {head}
              </Box>
            ))}
          </tr>
        </thead>
        <tbody>
          {differences.map((difference, place) => {
            const line = differenceLine(difference, columns, verification.answered.timezone);
            return (
              <tr key={place}>
                <Box component="th" scope="row" sx={cell}>
                  {line.place}
                </Box>
                <Box component="td" sx={cell}>
                  {line.answered}
                </Box>
                <Box component="td" sx={cell}>
                  {line.recomputed}
                </Box>
              </tr>
            );
          })}
        </tbody>
      </Box>
      {all > differences.length && (
        <Box sx={{ ...muted, mt: 1 }}>and {formatCount(all - differences.length, 'other')}</Box>
      )}
      <Box sx={{ ...muted, mt: 2 }}>
        The question is fine, and so may be the rows: this is a fault of the server, which has
        written it to its log. Believe the numbers from the rows, and tell whoever runs the server.
      </Box>
      <Button
        size="small"
        onClick={() => void copy()}
        startIcon={<Icon name={copied ? 'check' : 'copy'} size={16} />}
        sx={{ mt: 2 }}
      >
        {copied ? 'Copied' : 'Copy details'}
      </Button>
    </>
  );
}
