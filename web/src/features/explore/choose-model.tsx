// What a link asks is not there: which views and models are.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import type { Model } from '@/api/types';
import { isView } from '@/lib/views';

export interface ChooseModelProps {
  models: readonly Model[];
  onChoose: (name: string) => void;
}

export default function ChooseModel({ models, onChoose }: ChooseModelProps) {
  return (
    <>
      <Box component="h2" sx={{ typography: 'h2', mt: 4 }}>
        {models.some(isView) ? 'Choose a view or a model' : 'Choose a model'}
      </Box>
      <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 2 }}>
        {models.map((model) => (
          <Button key={model.name} onClick={() => onChoose(model.name)}>
            {model.label}
          </Button>
        ))}
      </Box>
    </>
  );
}
