// The file on its way to the server.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import LinearProgress from '@mui/material/LinearProgress';
import type { SendProgress } from '@/api/send-file';
import { formatNumber } from '@/lib/format';
import { Icon } from '@/theme/icons';

export function SendStep({
  file,
  progress,
  onCancel,
}: {
  file: File;
  progress: SendProgress;
  onCancel: () => void;
}) {
  const share = progress.totalBytes === 0 ? 0 : progress.sentBytes / progress.totalBytes;
  const sent = share >= 1;
  return (
    <Box
      sx={{ p: 5, border: 1, borderColor: 'divider', borderRadius: 1, bgcolor: 'background.paper' }}
    >
      <Box sx={{ display: 'flex', alignItems: 'center', gap: 3, mb: 3 }}>
        <Box sx={{ color: 'primary.main', display: 'flex' }}>
          <Icon name="file" size={24} />
        </Box>
        <Box sx={{ flex: 1, minWidth: 0 }}>
          <Box sx={{ fontWeight: 600, overflowWrap: 'anywhere' }}>{file.name}</Box>
          <Box sx={{ color: 'text.secondary', fontVariantNumeric: 'tabular-nums' }}>
            {sent
              ? 'Reading the first rows to find columns and types'
              : `${formatNumber(progress.sentBytes, 'bytes')} of ${formatNumber(progress.totalBytes, 'bytes')}`}
          </Box>
        </Box>
        <Button onClick={onCancel}>Cancel</Button>
      </Box>
      <LinearProgress
        aria-label="Sending the file"
        variant={sent ? 'indeterminate' : 'determinate'}
        value={Math.min(100, share * 100)}
        sx={{ height: 6 }}
      />
    </Box>
  );
}
