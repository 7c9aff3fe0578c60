// The columns that were found: type (to be changed), examples, what counts as missing.
import Box from '@mui/material/Box';
import type { ColumnType, InferredColumn, Upload } from '@/api/types';
import { visuallyHidden } from '@/components/announcer';
import { ListHead } from '@/components/list-head';
import { SectionCard } from '@/components/section-card';
import { typeWords } from '@/components/type-sign';
import { columnTypes } from '../type-mark';
import { useFoundColumns } from '../use-found-columns';
import { typeOf } from './wizard-state';
import type { ReviewChoices } from './wizard-state';

interface Props {
  upload: Upload;
  choices: ReviewChoices;
  onChange: (change: Partial<ReviewChoices>) => void;
}

const grid = {
  display: 'grid',
  alignItems: 'center',
  columnGap: 4,
  rowGap: 1,
  px: 4,
  gridTemplateColumns: {
    xs: 'minmax(0, 1fr) 150px',
    md: 'minmax(120px, 1fr) 170px minmax(160px, 1.6fr) 120px',
  },
};

export function ColumnTypes({ upload, choices, onChange }: Props) {
  const { columns } = upload.inference;
  const { shown, field } = useFoundColumns(columns);
  const changed = columns.filter(
    (column) => typeOf(upload, choices, column.name) !== column.type,
  ).length;
  const change = (name: string, type: ColumnType) =>
    onChange({ types: { ...choices.types, [name]: type } });
  return (
    <SectionCard
      title="Columns"
      lead={
        changed > 0
          ? `${changed} changed. Values that do not fit the type are rejected and listed after the load.`
          : 'Check the types. Values that do not fit are rejected and listed after the load.'
      }
      flush
    >
      {field && <Box sx={{ px: 4 }}>{field}</Box>}
      <ListHead grid={grid} names={['Column', 'Type', 'Examples', 'Read as missing']} />
      <Box
        component="ul"
        aria-label="Columns"
        sx={{
          listStyle: 'none',
          m: 0,
          p: 0,
          maxHeight: 440,
          overflow: 'auto',
          // What only readers of the screen see is placed in it, and would make the page longer otherwise.
          position: 'relative',
        }}
        tabIndex={0}
      >
        {shown.map((column) => (
          <ColumnItem
            key={column.name}
            column={column}
            type={typeOf(upload, choices, column.name)}
            onChange={(type) => change(column.name, type)}
          />
        ))}
      </Box>
    </SectionCard>
  );
}

interface ColumnItemProps {
  column: InferredColumn;
  type: ColumnType;
  onChange: (type: ColumnType) => void;
}

function ColumnItem({ column, type, onChange }: ColumnItemProps) {
  const quiet = {
    color: 'text.secondary',
    fontSize: '0.75rem',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
  };
  const examples = column.examples.slice(0, 4).join(', ');
  // What is nested stays as it was found, or is kept as the text of its JSON.
  const options: ColumnType[] = columnTypes.includes(column.type)
    ? columnTypes
    : [column.type, 'string'];
  return (
    <Box component="li" sx={{ ...grid, py: 1.5, borderTop: 1, borderColor: 'divider' }}>
      <Box sx={{ minWidth: 0 }}>
        <Box sx={{ fontWeight: 500, overflowWrap: 'anywhere' }}>{column.name}</Box>
        <Box sx={{ ...quiet, display: { md: 'none' } }}>{examples}</Box>
      </Box>
      {/* A native select: quick with hundreds of columns, and the best there is on a phone. */}
      <Box
        component="select"
        aria-label={`Type of ${column.name}`}
        value={type}
        onChange={(event: React.ChangeEvent<HTMLSelectElement>) =>
          onChange(event.target.value as ColumnType)
        }
        sx={{
          font: 'inherit',
          height: { xs: 44, md: 32 },
          width: '100%',
          px: 2,
          borderRadius: 1,
          border: 1,
          borderColor: type === column.type ? 'surface.border' : 'primary.main',
          bgcolor: type === column.type ? 'background.paper' : 'surface.accentSoft',
          color: 'text.primary',
        }}
      >
        {options.map((option) => (
          <option key={option} value={option}>
            {typeWords[option].label}
            {option === column.type && type !== column.type ? ' (found)' : ''}
          </option>
        ))}
      </Box>
      <Box sx={{ ...quiet, display: { xs: 'none', md: 'block' } }} title={examples}>
        <Box component="span" sx={visuallyHidden}>
          Examples:{' '}
        </Box>
        {examples}
      </Box>
      <Box sx={{ ...quiet, display: { xs: 'none', md: 'block' } }}>
        {column.null_tokens.length > 0
          ? column.null_tokens.map((token) => (token === '' ? 'empty' : token)).join(', ')
          : '\u2013'}
      </Box>
    </Box>
  );
}
