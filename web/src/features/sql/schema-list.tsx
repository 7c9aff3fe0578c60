// The datasets and, once opened, what a statement may say of them: columns, and the measures and dimensions of their models. A
// click writes it into the statement.
import Box from '@mui/material/Box';
import ButtonBase from '@mui/material/ButtonBase';
import IconButton from '@mui/material/IconButton';
import type { ColumnType } from '@/api/types';
import { TypeSign } from '@/components/type-sign';
import { formatCount } from '@/lib/format';
import { Icon } from '@/theme/icons';
import { measureCall } from './model-names';
import { quotedName } from './quoted-name';
import type { Schema } from './use-schema';

export interface SchemaListProps {
  schema: Schema;
  opened: readonly string[];
  onToggle: (dataset: string) => void;
  /** Writes this into the statement, as it is. */
  onWrite: (text: string) => void;
}

const name = {
  display: 'flex',
  flex: 1,
  minWidth: 0,
  justifyContent: 'flex-start',
  gap: 2,
  minHeight: 28,
  px: 1,
  borderRadius: 1,
  textAlign: 'left',
  fontSize: '0.8125rem',
  '&:hover': { bgcolor: 'surface.sunken' },
  '&.Mui-focusVisible': { outlineOffset: -2 },
  '@media (pointer: coarse)': { minHeight: 44 },
} as const;

const cut = { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' } as const;

export function SchemaList({ schema, opened, onToggle, onWrite }: SchemaListProps) {
  const { datasets } = schema;
  if (datasets.length === 0)
    return <Box sx={{ color: 'text.secondary', p: 2 }}>There are no datasets yet.</Box>;
  return (
    <Box component="ul" aria-label="Datasets" sx={{ listStyle: 'none', m: 0, p: 0 }}>
      {datasets.map((dataset) => {
        const isOpen = opened.includes(dataset.name);
        return (
          <li key={dataset.name}>
            <Box sx={{ display: 'flex', alignItems: 'center' }}>
              <IconButton
                size="small"
                aria-expanded={isOpen}
                aria-label={`Columns of ${dataset.name}`}
                onClick={() => onToggle(dataset.name)}
              >
                <Icon name={isOpen ? 'down' : 'forward'} size={14} />
              </IconButton>
              <ButtonBase
                onClick={() => onWrite(quotedName(dataset.name))}
                title={dataset.label}
                sx={name}
              >
                <Box component="span" sx={{ ...cut, fontWeight: 600 }}>
                  {dataset.name}
                </Box>
                <Box component="span" sx={{ typography: 'caption', color: 'text.secondary' }}>
                  {formatCount(dataset.rows, 'row')}
                </Box>
              </ButtonBase>
            </Box>
            {isOpen && <Contents dataset={dataset.name} schema={schema} onWrite={onWrite} />}
          </li>
        );
      })}
    </Box>
  );
}

interface Entry {
  name: string;
  sign: ColumnType | 'measure';
  title?: string;
  text: string;
}

function Contents(props: { dataset: string; schema: Schema; onWrite: SchemaListProps['onWrite'] }) {
  const { dataset, schema, onWrite } = props;
  const columns = schema.columns[dataset];
  const { measures = [], dimensions = [] } = schema.models[dataset] ?? {};
  const parts: { title: string; entries: Entry[] }[] = [
    {
      title: 'Columns',
      entries: (columns ?? []).map(({ name, type }) => ({
        name,
        sign: type,
        text: quotedName(name),
      })),
    },
    {
      title: 'Dimensions',
      entries: dimensions.map(({ name, label, type }) => ({
        name,
        sign: type,
        title: label,
        text: quotedName(name),
      })),
    },
    {
      title: 'Measures',
      entries: measures.map(({ name, label }) => ({
        name,
        sign: 'measure',
        title: label,
        text: measureCall(name),
      })),
    },
  ];
  return (
    <Box sx={{ pl: 6 }}>
      {columns === undefined && <Box sx={{ color: 'text.secondary', p: 1 }}>Loading…</Box>}
      {parts
        .filter(({ entries }) => entries.length > 0)
        .map(({ title, entries }) => (
          <div key={title}>
            {title !== 'Columns' && (
              <Box aria-hidden="true" sx={{ typography: 'caption', color: 'text.secondary', p: 1 }}>
                {title}
              </Box>
            )}
            <Box
              component="ul"
              aria-label={`${title} of ${dataset}`}
              sx={{ listStyle: 'none', m: 0, p: 0 }}
            >
              {entries.map((entry) => (
                <Box component="li" key={entry.name} sx={{ display: 'flex' }}>
                  <ButtonBase onClick={() => onWrite(entry.text)} title={entry.title} sx={name}>
                    <TypeSign type={entry.sign} />
                    <Box component="span" sx={cut}>
                      {entry.name}
                    </Box>
                  </ButtonBase>
                </Box>
              ))}
            </Box>
          </div>
        ))}
    </Box>
  );
}
