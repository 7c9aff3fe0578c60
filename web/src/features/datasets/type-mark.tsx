// The type of a column: a short sign and its word.
import Box from '@mui/material/Box';
import type { ColumnType } from '@/api/types';
import { SignOf, typeWords } from '@/components/type-sign';

// What a person can choose for a column; the nested types are kept as they are found, or read as text.
export const columnTypes: ColumnType[] = (Object.keys(typeWords) as ColumnType[]).filter(
  (type) => type !== 'struct' && type !== 'list',
);

export function TypeMark({ type }: { type: ColumnType }) {
  const { label, sign } = typeWords[type];
  return (
    <Box component="span" sx={{ display: 'inline-flex', alignItems: 'center', gap: 2 }}>
      <Box
        component="span"
        aria-hidden="true"
        sx={{
          minWidth: 30,
          px: 1,
          borderRadius: 0.5,
          textAlign: 'center',
          fontSize: '0.6875rem',
          fontWeight: 600,
          lineHeight: '18px',
          bgcolor: 'surface.sunken',
          color: 'text.secondary',
        }}
      >
        <SignOf sign={sign} />
      </Box>
      {label}
    </Box>
  );
}
