// The datasets and, once opened, their columns; a click writes a name into the statement.
import Box from '@mui/material/Box';
import ButtonBase from '@mui/material/ButtonBase';
import IconButton from '@mui/material/IconButton';
import { TypeSign } from '@/components/type-sign';
import { formatCount } from '@/lib/format';
import { Icon } from '@/theme/icons';
import type { Schema } from './use-schema';

export interface SchemaListProps {
  schema: Schema;
  opened: readonly string[];
  onToggle: (dataset: string) => void;
  onName: (name: string) => void;
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

export function SchemaList({ schema, opened, onToggle, onName }: SchemaListProps) {
  const { datasets, columns } = schema;
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
              <ButtonBase onClick={() => onName(dataset.name)} title={dataset.label} sx={name}>
                <Box component="span" sx={{ ...cut, fontWeight: 600 }}>
                  {dataset.name}
                </Box>
                <Box component="span" sx={{ typography: 'caption', color: 'text.secondary' }}>
                  {formatCount(dataset.rows, 'row')}
                </Box>
              </ButtonBase>
            </Box>
            {isOpen && (
              <Box
                component="ul"
                aria-label={`Columns of ${dataset.name}`}
                sx={{ listStyle: 'none', m: 0, p: 0, pl: 6 }}
              >
                {(columns[dataset.name] ?? []).map((column) => (
                  <Box component="li" key={column.name} sx={{ display: 'flex' }}>
                    <ButtonBase onClick={() => onName(column.name)} sx={name}>
                      <TypeSign type={column.type} />
                      <Box component="span" sx={cut}>
                        {column.name}
                      </Box>
                    </ButtonBase>
                  </Box>
                ))}
                {columns[dataset.name] === undefined && (
                  <Box component="li" sx={{ color: 'text.secondary', p: 1 }}>
                    Loading…
                  </Box>
                )}
              </Box>
            )}
          </li>
        );
      })}
    </Box>
  );
}
