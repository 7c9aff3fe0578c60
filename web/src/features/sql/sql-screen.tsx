// Asking in SQL: the editor, its answer below and before that what it would cost, datasets and history beside.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Tab from '@mui/material/Tab';
import Tabs from '@mui/material/Tabs';
import useMediaQuery from '@mui/material/useMediaQuery';
import { lazy, Suspense, useCallback, useEffect, useId, useMemo, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { sqlKey } from '@/api/sql-api';
import type { SqlQuery } from '@/api/types';
import { announce } from '@/components/announcer';
import { chunkComponent } from '@/components/chunk-component';
import { PageFrame, PageHeader } from '@/components/page-header';
import { RunningLine } from '@/components/running-line';
import { LoadingState } from '@/components/states';
import { formatCount } from '@/lib/format';
import { whenIdle } from '@/lib/when-idle';
import { Icon } from '@/theme/icons';
import { AsOfField } from './as-of-field';
import type { SqlEditorHandle } from './editor/sql-editor';
import { errorPlace } from './error-place';
import { firstStatements } from './first-statements';
import { HistoryList } from './history/history-list';
import { useHistory } from './history/use-history';
import { LimitField } from './limit-field';
import { preloadAnswer, SqlResult } from './result/sql-result';
import type { StatementExplanationProps } from './result/statement-explanation';
import { SchemaList } from './schema-list';
import { LONGEST_IN_ADDRESS, readSql, writeSql } from './sql-url';
import type { SqlState } from './sql-url';
import { useSchema } from './use-schema';
import { useSqlExplanation } from './use-sql-explanation';
import { useSqlRun } from './use-sql-run';
import type { FinishedRun } from './use-sql-run';
import { useText } from './use-text';

const SqlEditor = lazy(() => import('./editor/sql-editor'));
const StatementExplanation = chunkComponent<StatementExplanationProps>(
  () => import('./result/statement-explanation'),
);

const sides = [
  { key: 'datasets', label: 'Datasets' },
  { key: 'history', label: 'History' },
] as const;
type Side = (typeof sides)[number]['key'];

export function SqlScreen() {
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const { sql: linked, asOf, limit, complaints } = useMemo(() => readSql(params), [params]);
  const { history, add, clear } = useHistory();
  const [text, setText] = useText(linked);
  const [opened, setOpened] = useState<string[]>([]);
  const [side, setSide] = useState<Side>('datasets');
  const [sideOpen, setSideOpen] = useState(false);
  const sideId = useId();
  const wide = useMediaQuery('(min-width: 900px)');
  const editor = useRef<SqlEditorHandle>(null);
  const schema = useSchema(text, opened);

  const onEnd = useCallback(
    ({ statement, ms, problem }: FinishedRun, rows: number | null) => {
      add({ sql: statement.sql, at: Date.now(), rows, ms });
      // Other problems say themselves that they are there.
      if (problem?.code === 'aborted') announce('Cancelled');
      else if (rows !== null) announce(`Answered: ${formatCount(rows, 'row')}`);
    },
    [add],
  );
  const { running, finished, stored, run, cancel } = useSqlRun(onEnd);
  const explanation = useSqlExplanation(text, asOf);
  const { told } = explanation;
  // Behind the editor, which is waited for; nothing is answered before it is written.
  useEffect(() => whenIdle(preloadAnswer, 2_000), []);
  const state: SqlState = { sql: text, asOf, limit };
  const go = (next: SqlState): void => {
    const search = writeSql(next).toString();
    void navigate({ search: search === '' ? '' : `?${search}` }, { preventScrollReset: true });
  };
  const statement: SqlQuery = {
    sql: text,
    ...(limit === null ? {} : { limit }),
    ...(asOf === null ? {} : { asOf }),
  };
  const runNow = (): void => {
    if (text.trim() === '') return;
    preloadAnswer();
    // Its answer says what was read.
    explanation.close();
    go(state);
    run(statement);
  };
  // Where the explanation was asked for, to go back to from it.
  const asked = useRef<{ focus: () => void } | null>(null);
  const explainNow = (): void => {
    if (text.trim() === '') return;
    // What does not come is asked for again, and complained about, where it is drawn.
    void StatementExplanation.preload().catch(() => undefined);
    explanation.explain();
  };
  const same = finished?.statement.sql === text;
  const problem = told?.problem ?? (same ? finished.problem : null);
  const wrong = useMemo(
    () => (problem === null ? null : errorPlace(text, problem.detail ?? '')),
    [problem, text],
  );
  const fieldProblem = (field: string): string | undefined =>
    problem?.errors?.find((error) => error.field === field)?.detail;

  const sidePanels: Record<Side, () => ReactNode> = {
    datasets: () => (
      <SchemaList
        schema={schema}
        opened={opened}
        onToggle={(dataset) =>
          setOpened((old) =>
            old.includes(dataset) ? old.filter((name) => name !== dataset) : [...old, dataset],
          )
        }
        onWrite={(text) => editor.current?.insert(text)}
      />
    ),
    history: () => (
      <HistoryList
        history={history}
        onTake={(sql) => {
          setText(sql);
          editor.current?.focus();
        }}
        onClear={clear}
      />
    ),
  };
  const panel = (
    <>
      <Tabs
        value={side}
        onChange={(_event, value: Side) => setSide(value)}
        aria-label="Beside the statement"
        sx={{ minHeight: 36, mb: 2 }}
      >
        {sides.map(({ key, label }) => (
          <Tab
            key={key}
            value={key}
            label={label}
            id={`${sideId}-tab-${key}`}
            aria-controls={`${sideId}-panel-${key}`}
            sx={{ minHeight: 36 }}
          />
        ))}
      </Tabs>
      {sides.map(({ key }) => (
        <Box
          key={key}
          role="tabpanel"
          id={`${sideId}-panel-${key}`}
          aria-labelledby={`${sideId}-tab-${key}`}
          hidden={key !== side}
          sx={{ overflow: 'auto', minHeight: 0, p: '2px' }}
        >
          {key === side && sidePanels[key]()}
        </Box>
      ))}
    </>
  );
  const frame = {
    border: 1,
    borderColor: 'divider',
    borderRadius: 1,
    bgcolor: 'background.paper',
  } as const;

  return (
    <PageFrame width="full">
      <PageHeader
        title="SQL"
        summary="One read-only statement over your datasets. Times are in UTC."
        actions={
          !wide && (
            <Button
              aria-expanded={sideOpen}
              onClick={() => setSideOpen(!sideOpen)}
              startIcon={<Icon name="sidebar" size={16} />}
            >
              Datasets and history
            </Button>
          )
        }
      />
      {complaints.length > 0 && (
        <Box role="alert" sx={{ ...frame, borderColor: 'warning.main', p: 3, mb: 3 }}>
          Parts of this link could not be used: {complaints.join(' ')}
        </Box>
      )}
      <Box
        sx={{
          display: 'grid',
          gridTemplateColumns: { xs: 'minmax(0, 1fr)', md: '248px minmax(0, 1fr)' },
          gap: 5,
          alignItems: 'start',
        }}
      >
        {(wide || sideOpen) && (
          <Box
            component="aside"
            aria-label="Datasets and history"
            sx={{
              ...frame,
              p: 3,
              pt: 2,
              display: 'flex',
              flexDirection: 'column',
              position: { md: 'sticky' },
              top: 'calc(var(--tm-top, 0px) + 16px)',
              maxHeight: { xs: 320, md: 'calc(100dvh - 32px - var(--tm-top, 0px))' },
            }}
          >
            {panel}
          </Box>
        )}
        <Box sx={{ minWidth: 0, display: 'grid', gridTemplateColumns: 'minmax(0, 1fr)', gap: 3 }}>
          <Box
            component="section"
            aria-label="Statement"
            sx={{
              ...frame,
              overflow: 'hidden',
              '&:has(.cm-focused)': { outline: '2px solid', outlineColor: 'primary.main' },
            }}
          >
            <Box sx={{ height: { xs: 180, sm: 220 }, resize: 'vertical', overflow: 'hidden' }}>
              <Suspense fallback={<LoadingState height="100%" label="Loading the editor" />}>
                <SqlEditor
                  ref={editor}
                  value={text}
                  schema={schema}
                  wrong={wrong}
                  onChange={setText}
                  onRun={runNow}
                  onExplain={() => {
                    asked.current = editor.current;
                    explainNow();
                  }}
                />
              </Suspense>
            </Box>
            <Box
              sx={{
                display: 'flex',
                flexWrap: 'wrap',
                alignItems: 'flex-start',
                columnGap: 2,
                rowGap: 3,
                p: 3,
                borderTop: 1,
                borderColor: 'divider',
              }}
            >
              <Button
                variant="contained"
                color="primary"
                disabled={text.trim() === ''}
                onClick={runNow}
                title="Ctrl+Enter"
                aria-keyshortcuts="Control+Enter Meta+Enter"
              >
                Run
              </Button>
              <Button
                disabled={text.trim() === ''}
                onClick={(event) => {
                  asked.current = event.currentTarget;
                  explainNow();
                }}
                title="What running it would read: Ctrl+Shift+Enter"
                aria-keyshortcuts="Control+Shift+Enter Meta+Shift+Enter"
              >
                Explain
              </Button>
              <RunningLine running={running} onCancel={cancel} />
              <RunningLine
                running={explanation.running && !running}
                label="Explaining"
                onCancel={explanation.cancel}
              />
              <Box sx={{ flex: 1 }} />
              <AsOfField
                asOf={asOf}
                problem={fieldProblem('asOf')}
                onAsOf={(next) => go({ ...state, asOf: next })}
              />
              <LimitField limit={limit} onLimit={(next) => go({ ...state, limit: next })} />
              {text.length > LONGEST_IN_ADDRESS && (
                <Box sx={{ width: '100%', typography: 'caption', color: 'text.secondary' }}>
                  This statement is too long to be part of the link.
                </Box>
              )}
            </Box>
          </Box>
          {told !== null && (
            <Box component="section" aria-label="Explanation">
              <Suspense fallback={<LoadingState height={220} label="Loading the explanation" />}>
                <StatementExplanation
                  told={told}
                  onRetry={explainNow}
                  onClose={() => {
                    explanation.close();
                    asked.current?.focus();
                  }}
                />
              </Suspense>
            </Box>
          )}
          <Box component="section" aria-label="Answer" aria-busy={running}>
            <SqlResult
              finished={finished}
              stored={stored}
              running={running}
              outdated={finished?.key !== sqlKey(statement)}
              onRun={runNow}
              starts={text.trim() === '' ? firstStatements(schema) : []}
              onStart={(sql) => {
                setText(sql);
                editor.current?.focus();
              }}
            />
          </Box>
        </Box>
      </Box>
    </PageFrame>
  );
}
