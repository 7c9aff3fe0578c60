// What running the statement would cost, above its answer. A chunk of its own: most statements are just run.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { ExplanationFacts } from '@/components/provenance/explanation';
import type { ToldOfStatement } from '../use-sql-explanation';
import { SqlProblem } from './sql-problem';

export interface StatementExplanationProps {
  told: ToldOfStatement;
  onRetry: () => void;
  onClose: () => void;
}

export default function StatementExplanation(props: StatementExplanationProps) {
  const { told, onRetry, onClose } = props;
  return (
    <Box
      sx={{
        p: 4,
        border: 1,
        borderColor: 'divider',
        borderRadius: 1,
        bgcolor: 'background.paper',
      }}
    >
      <Box sx={{ display: 'flex', alignItems: 'center', gap: 2, mb: 2 }}>
        <Box component="h2" sx={{ m: 0, flex: 1, typography: 'h2' }}>
          What running it would read
        </Box>
        <Button size="small" variant="text" onClick={onClose}>
          Close
        </Button>
      </Box>
      {told.problem === null ? (
        <ExplanationFacts explanation={told.explanation} />
      ) : (
        <SqlProblem problem={told.problem} sql={told.sql} onRetry={onRetry} />
      )}
    </Box>
  );
}
