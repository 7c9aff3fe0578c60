// What the chip of a dimension opens: how many of its values are told apart.
import Box from '@mui/material/Box';
import { TopFields } from '@/components/top-fields';
import type { TopFieldsProps } from '@/components/top-fields';

export default function TopPanel(props: TopFieldsProps) {
  return (
    <Box sx={{ p: 4, width: { sm: 300 } }}>
      <TopFields {...props} />
    </Box>
  );
}
