// Why a form was not accepted, above its fields. Simple causes get a sentence of the form's own.
import Box from '@mui/material/Box';
import { toProblem } from '@/api/problem';
import type { ProblemCode } from '@/api/types';
import { Icon } from '@/theme/icons';
import { ProblemNotice } from './problem-notice';

export function FormProblem({
  error,
  words = {},
}: {
  error: unknown;
  words?: Partial<Record<ProblemCode, string>>;
}) {
  const problem = toProblem(error);
  const own = words[problem.code];
  if (own === undefined) return <ProblemNotice problem={problem} dense />;
  return (
    <Box
      role="alert"
      sx={{ display: 'flex', gap: 2, alignItems: 'center', color: 'error.main', fontWeight: 500 }}
    >
      <Icon name="error" />
      {own}
    </Box>
  );
}
