// Correcting a rejected row in place and loading it: every column with what the file said, the fault first. The same
// correction can be given to all rows at hand that have the same value at fault, unless it is in doubt which value is whose:
// then each of them has to be looked at. A row that is rejected again is a rejected row of the load that brought it, and is
// corrected here as that.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Checkbox from '@mui/material/Checkbox';
import FormControlLabel from '@mui/material/FormControlLabel';
import TextField from '@mui/material/TextField';
import { useMemo, useState } from 'react';
import type { ColumnField, RejectedRow, RowHeader } from '@/api/types';
import { Dialog } from '@/components/dialog';
import { useToasts } from '@/components/toast-slice';
import { formatCount, formatNumber } from '@/lib/format';
import { Icon } from '@/theme/icons';
import { typeWords } from '@/components/type-sign';
import { cellProblem, hasProblem, rowText } from './correct-row';
import { faultText } from './reject-words';
import { refusalInWords, replayInWords } from './replay-words';
import { splitRow } from './split-row';
import { isTaken, useReplay } from './use-replay';
import type { Correction } from './use-replay';

export interface CorrectDialogProps {
  dataset: string;
  /** Those that a row has before the first step. */
  columns: readonly ColumnField[];
  /** Whether the dataset has steps. */
  steps: boolean;
  /** As it is listed now. */
  reject: RejectedRow;
  /** How rows of its load are written, where that was kept. */
  header: RowHeader | undefined;
  /** Other rows at hand with the same value at fault for the same reason. */
  alike: readonly RejectedRow[];
  onClose: () => void;
}

export function CorrectDialog(props: CorrectDialogProps) {
  const { dataset, columns, steps, reject, header, alike, onClose } = props;
  const toasts = useToasts();
  const split = useMemo(() => splitRow(reject, columns, header), [reject, columns, header]);
  const [values, setValues] = useState(split.values);
  const [forAlike, setForAlike] = useState(false);
  const [warning, setWarning] = useState<string | null>(null);
  // What it is now, after it was rejected again.
  const [again, setAgain] = useState<RejectedRow | null>(null);
  const [send, busy] = useReplay(dataset);
  const taken = again === null && reject.replayed_by !== null;
  const faulty = columns.find((column) => column.name === reject.column) ?? null;
  const bulk = faulty !== null && alike.length > 0 && split.doubt === null && again === null;
  const ordered = faulty
    ? [faulty, ...columns.filter((column) => column !== faulty)]
    : [...columns];

  // What can be told apart without doubt, with the same new value in the same column.
  const others = useMemo<Correction[]>(() => {
    if (!forAlike || !bulk || !faulty) return [];
    return alike.flatMap((other) => {
      const { values: own, doubt } = splitRow(other, columns, header);
      const changed = { ...own, [faulty.name]: values[faulty.name] ?? '' };
      if (doubt !== null || hasProblem(columns, changed)) return [];
      return [{ reject: other, json: rowText(columns, changed) }];
    });
  }, [forAlike, bulk, faulty, alike, columns, header, values]);
  const left = forAlike && bulk ? alike.length - others.length : 0;
  const count = 1 + others.length;
  const empty = columns.every(({ name }) => (values[name] ?? '').trim() === '');
  const blocked = empty || taken || hasProblem(columns, values);

  const submit = async (): Promise<void> => {
    const own = { reject: again ?? reject, json: rowText(columns, values) };
    const answer = await send([own, ...others]);
    if ('problem' in answer) {
      const { problem } = answer;
      setWarning(
        isTaken(problem)
          ? 'Nothing was loaded, because somebody has loaded some of these rows meanwhile.'
          : refusalInWords(problem),
      );
      return;
    }
    const words = replayInWords(answer.report);
    if (answer.again !== null) {
      setAgain(answer.again);
      setForAlike(false);
      setWarning(`${words}. Of this one: ${faultText(answer.again)}.`);
      return;
    }
    const whole = answer.report.rejected === 0 && answer.report.left_out === 0;
    toasts.show({ tone: whole ? 'success' : 'info', message: words });
    onClose();
  };

  return (
    <Dialog
      title={`Correct line ${formatNumber(reject.line, 'integer')}`}
      size="md"
      // Closed on its way, it would close the next dialog when the answer comes.
      busy={busy}
      onSubmit={() => {
        if (!blocked) void submit();
      }}
      onClose={onClose}
      problem={warning && <Warning>{warning}</Warning>}
      actions={
        <Button type="submit" variant="contained" color="primary" loading={busy} disabled={blocked}>
          {count === 1 ? 'Load this row' : `Load ${formatCount(count, 'row')}`}
        </Button>
      }
    >
      <div>
        <Box sx={{ color: 'error.main', overflowWrap: 'anywhere' }}>{faultText(reject)}</Box>
        <Box
          component="pre"
          tabIndex={0}
          aria-label="The row as it came"
          sx={{
            m: 0,
            mt: 2,
            p: 3,
            borderRadius: 1,
            bgcolor: 'surface.sunken',
            fontFamily: 'ui-monospace, monospace',
            fontSize: '0.75rem',
            whiteSpace: 'pre-wrap',
            overflowWrap: 'anywhere',
            overflow: 'auto',
            maxHeight: 120,
          }}
        >
          {reject.raw || '(no text was kept)'}
        </Box>
      </div>
      {split.note && <Box sx={{ color: 'text.secondary' }}>{split.note}</Box>}
      {split.doubt && <Warning>{split.doubt} Look at every value before you load it.</Warning>}
      {steps && (
        <Box sx={{ color: 'text.secondary' }}>
          The dataset has steps: these are the values as they are before the first of them.
        </Box>
      )}
      {taken && <Warning>Somebody has loaded this row meanwhile.</Warning>}
      <Box
        sx={{
          display: 'grid',
          gap: 3,
          gridTemplateColumns: {
            xs: 'minmax(0, 1fr)',
            sm: 'repeat(2, minmax(0, 1fr))',
            md: 'repeat(3, minmax(0, 1fr))',
          },
        }}
      >
        {ordered.map((column) => (
          <ColumnField
            key={column.name}
            column={column}
            value={values[column.name] ?? ''}
            wide={column === faulty}
            onChange={(value) => {
              setValues((old) => ({ ...old, [column.name]: value }));
              setWarning(null);
            }}
          />
        ))}
      </Box>
      {bulk && (
        <Box sx={{ pt: 3, borderTop: 1, borderColor: 'divider' }}>
          <FormControlLabel
            control={
              <Checkbox
                size="small"
                checked={forAlike}
                onChange={(event) => setForAlike(event.target.checked)}
              />
            }
            label={`The same ${faulty.name} for ${formatCount(alike.length, 'other row')} with \u201c${reject.value ?? ''}\u201d`}
          />
          {left > 0 && (
            <Box sx={{ color: 'text.secondary', fontSize: '0.75rem' }}>
              {formatCount(left, 'of them needs', 'of them need')} a look of their own and{' '}
              {left === 1 ? 'is' : 'are'} left out.
            </Box>
          )}
        </Box>
      )}
    </Dialog>
  );
}

function Warning({ children }: { children: React.ReactNode }) {
  return (
    <Box role="alert" sx={{ display: 'flex', gap: 2, color: 'warning.main' }}>
      <Icon name="warning" />
      <Box sx={{ minWidth: 0, overflowWrap: 'anywhere' }}>{children}</Box>
    </Box>
  );
}

function ColumnField(props: {
  column: ColumnField;
  value: string;
  wide: boolean;
  onChange: (value: string) => void;
}) {
  const { column, value } = props;
  const problem = cellProblem(column.type, value);
  const hint = typeWords[column.type].label;
  return (
    <TextField
      label={column.name}
      value={value}
      onChange={(event) => props.onChange(event.target.value)}
      error={problem !== null}
      helperText={problem ?? (value.trim() === '' ? `${hint}, missing` : hint)}
      slotProps={{
        inputLabel: { shrink: true },
        htmlInput: { spellCheck: false, autoComplete: 'off' },
      }}
      sx={props.wide ? { gridColumn: { sm: '1 / -1' }, maxWidth: { sm: 420 } } : {}}
    />
  );
}
