// The files that were sent and wait to be checked, whoever sent them: the way on with each, and to give it up.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { Link } from 'react-router';
import { useListUploadsQuery } from '@/api/loads-api';
import { SectionCard } from '@/components/section-card';
import { formatAge, formatNumber } from '@/lib/format';
import { DiscardUpload } from './discard-upload';

export function WaitingUploads() {
  const { data: uploads = [] } = useListUploadsQuery();
  if (uploads.length === 0) return null;
  return (
    <Box sx={{ mb: 4 }}>
      <SectionCard
        title="Waiting to be checked"
        lead="Sent, and in no dataset yet. Each is kept for an hour."
        flush
      >
        <Box
          component="ul"
          aria-label="Waiting to be checked"
          // Many do not push the datasets off the page.
          sx={{ listStyle: 'none', m: 0, p: 0, maxHeight: 280, overflowY: 'auto' }}
        >
          {uploads.map((upload) => (
            <Box
              component="li"
              key={upload.upload_id}
              sx={{
                display: 'flex',
                flexWrap: 'wrap',
                alignItems: 'center',
                columnGap: 8,
                rowGap: 2,
                px: 4,
                py: 2,
                borderTop: 1,
                borderColor: 'divider',
              }}
            >
              <Box sx={{ flex: 1, minWidth: 180, fontWeight: 500, overflowWrap: 'anywhere' }}>
                {upload.file_name}
              </Box>
              <Box sx={{ color: 'text.secondary', fontVariantNumeric: 'tabular-nums' }}>
                {formatNumber(upload.size_bytes, 'bytes')}, {formatAge(upload.created_at)}
              </Box>
              <Box sx={{ display: 'flex', gap: 2 }}>
                <Button
                  component={Link}
                  to={`/datasets/upload?upload=${encodeURIComponent(upload.upload_id)}`}
                  aria-label={`Go on with ${upload.file_name}`}
                >
                  Go on
                </Button>
                <DiscardUpload upload={upload} named />
              </Box>
            </Box>
          ))}
        </Box>
      </SectionCard>
    </Box>
  );
}
