// Drop a file, anywhere on the page, or pick one. Says before sending when a file is larger than the server takes.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Link from '@mui/material/Link';
import Typography from '@mui/material/Typography';
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { Link as RouterLink } from 'react-router';
import { problemOf } from '@/api/problem';
import { useGetBootstrapQuery } from '@/api/session-api';
import type { Problem } from '@/api/types';
import { visuallyHidden } from '@/components/announcer';
import { ProblemNotice } from '@/components/problem-notice';
import { formatNumber } from '@/lib/format';
import { Icon } from '@/theme/icons';

const accepted =
  '.csv,.tsv,.tab,.txt,.json,.jsonl,.ndjson,.parquet,.arrow,.arrows,.feather,.ipc,.avro,.xlsx,.gz,.zst,.bz2,.xz';

export function FileStep({
  problem,
  onPick,
}: {
  problem: Problem | null;
  onPick: (file: File) => void;
}) {
  const { data } = useGetBootstrapQuery();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [refused, setRefused] = useState<Problem | null>(null);
  const limit = data?.max_upload_bytes;

  const take = (files: FileList | null) => {
    const file = files?.[0];
    if (file === undefined) return;
    if (files !== null && files.length > 1) {
      setRefused({
        ...problemOf(
          'invalid',
          'Drop the files one after the other; each becomes a dataset or adds to one.',
        ),
        title: 'One file at a time',
      });
    } else if (file.size === 0) {
      setRefused({
        ...problemOf('invalid', `${file.name} has no bytes.`),
        title: 'This file is empty',
      });
    } else if (limit !== undefined && file.size > limit) {
      const detail = `${file.name} is ${formatNumber(file.size, 'bytes')}; the server takes up to ${formatNumber(limit, 'bytes')}. A compressed file (.gz, .zst) is smaller.`;
      setRefused({ ...problemOf('too_large', detail), title: 'This file is too large' });
    } else onPick(file);
  };

  // A file that misses the field would be opened by the browser in the place of this page.
  const taken = useEffectEvent(take);
  useEffect(() => {
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    const dragged = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const left = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const dropped = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(false);
      taken(event.dataTransfer?.files ?? null);
    };
    window.addEventListener('dragover', dragged);
    window.addEventListener('dragleave', left);
    window.addEventListener('drop', dropped);
    return () => {
      window.removeEventListener('dragover', dragged);
      window.removeEventListener('dragleave', left);
      window.removeEventListener('drop', dropped);
    };
  }, []);

  const shown = refused ?? problem;
  return (
    <Box sx={{ display: 'grid', gap: 4 }}>
      <Box
        sx={{
          display: 'flex',
          flexDirection: 'column',
          alignItems: 'center',
          gap: 2,
          px: 4,
          py: { xs: 12, sm: 18 },
          textAlign: 'center',
          border: '2px dashed',
          borderColor: over ? 'primary.main' : 'surface.border',
          borderRadius: 1.5,
          bgcolor: over ? 'surface.accentSoft' : 'background.paper',
        }}
      >
        <Box
          sx={{
            display: 'grid',
            placeItems: 'center',
            width: 56,
            height: 56,
            mb: 1,
            borderRadius: 999,
            bgcolor: 'surface.accentSoft',
            color: 'primary.main',
          }}
        >
          <Icon name="upload" size={26} />
        </Box>
        <Typography component="h2" sx={{ fontSize: '0.9375rem', fontWeight: 600 }}>
          Drop a file here
        </Typography>
        <Typography color="textSecondary" sx={{ maxWidth: '48ch', mb: 2 }}>
          CSV, JSON, Excel (.xlsx), Parquet, Arrow or Avro; text also compressed (.gz, .zst, .bz2,
          .xz)
          {limit !== undefined && `, up to ${formatNumber(limit, 'bytes')}`}. You check columns and
          types before anything is stored.
        </Typography>
        <Button variant="contained" color="primary" onClick={() => input.current?.click()}>
          Choose a file
        </Button>
        <Box
          component="input"
          ref={input}
          type="file"
          accept={accepted}
          aria-label="File to upload"
          tabIndex={-1}
          onChange={(event: React.ChangeEvent<HTMLInputElement>) => {
            take(event.target.files);
            event.target.value = '';
          }}
          sx={visuallyHidden}
        />
      </Box>
      {shown && <ProblemNotice problem={shown} />}
      {shown?.code === 'exhausted' && (
        <Link component={RouterLink} to="/datasets" sx={{ justifySelf: 'start' }}>
          See the files that wait to be checked
        </Link>
      )}
    </Box>
  );
}
